"""An evaluation on the terminal, and its page."""

import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from segweave.apps.cli.evaluate_json import evaluation_json
from segweave.apps.cli.evaluate_parts import (
    between,
    percent,
    print_boundary,
    print_comparison,
    print_errors,
    print_slices,
)
from segweave.apps.cli.output import print_json, print_table, say
from segweave.evaluation import PanopticScore
from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.significance import Interval
from segweave.files import replacing
from segweave.report.evaluation import Evaluation

_CONVENTIONS = {"coco": "coco (as the COCO script counts)", "strict": "strict (by the definition, from the pixels)"}
_SEMANTIC = {
    "miou": "mIoU, labels seen on either side",
    "miou_present": "mIoU, labels in the truth",
    "pixel_accuracy": "pixel accuracy",
    "mean_accuracy": "mean accuracy",
    "fw_iou": "frequency-weighted IoU",
}
_PRECISION = ("ap", "ap50", "ap75", "aps", "apm", "apl", "ar1", "ar10", "ar100", "ars", "arm", "arl")


def show(found: Evaluation, *, json: bool) -> None:
    """Print it as JSON or as tables, numbers in percent."""
    if json:
        print_json(evaluation_json(found))
        return
    plural = "image" if found.images == 1 else "images"
    convention = "" if found.task == "semantic" else f", convention {_CONVENTIONS[found.convention]}"
    print(f"{found.task}, {found.images:,} {plural}{convention}")
    print(f"truth {found.truth}\nprediction {found.prediction}\n")
    match found.score:
        case PanopticScore() as score:
            _print_panoptic(score, found.intervals)
        case SemanticScore() as score:
            _print_semantic(score, found.intervals)
        case PrecisionScore() as score:
            _print_precision(score, found)
    if found.errors is not None:
        print_errors(found.errors)
    if found.boundary is not None:
        print_boundary(found.boundary)
    if found.slices:
        print_slices(found.slices)
    if found.comparison is not None:
        print_comparison(found.comparison)
    if found.skipped:
        say(f"note: {len(found.skipped)} images left out, the first: {found.skipped[0]}")


def write_page(path: Path, text: str) -> None:
    """Write the HTML file, as a whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(f"{path}: written; open it in a browser")


def made_by() -> tuple[str, str]:
    """The command that was given, and the versions of what computes the numbers."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("segweave", "numpy", "hotcoco"))
    return f"segweave {shlex.join(sys.argv[1:])}", f"{versions}, Python {platform.python_version()}"


def _print_panoptic(score: PanopticScore, intervals: Mapping[str, Interval]) -> None:
    columns = ("", "PQ", "SQ", "RQ", "labels", *(("PQ, 95 %",) if intervals else ()))
    rows = []
    for name, mean in (("all", score.all), ("things", score.things), ("stuff", score.stuff)):
        prefix = "" if name == "all" else f"{name}."
        extra = (between(intervals.get(f"{prefix}pq")),) if intervals else ()
        rows.append((name, percent(mean.pq), percent(mean.sq), percent(mean.rq), str(mean.n), *extra))
    print_table(columns, rows, right=columns[1:])
    print()
    columns = ("label", "PQ", "SQ", "RQ", "TP", "FP", "FN", *(("PQ, 95 %",) if intervals else ()))
    rows = []
    for name, q in zip(score.labels.names, score.by_label, strict=True):
        if q is not None:
            extra = (between(intervals.get(f"label.{name}")),) if intervals else ()
            numbers = (percent(q.pq), percent(q.sq), percent(q.rq), f"{q.tp:,}", f"{q.fp:,}", f"{q.fn:,}")
            rows.append((name, *numbers, *extra))
    print_table(columns, rows, right=columns[1:])
    _say_unseen([name for name, q in zip(score.labels.names, score.by_label, strict=True) if q is None])


def _print_semantic(score: SemanticScore, intervals: Mapping[str, Interval]) -> None:
    numbers = {title: (getattr(score, name), intervals.get(name)) for name, title in _SEMANTIC.items()}
    _print_numbers(numbers)
    _print_by_label("IoU", dict(zip(score.labels.names, score.by_label, strict=True)), intervals)


def _print_precision(score: PrecisionScore, found: Evaluation) -> None:
    _print_numbers({name.upper(): (getattr(score, name), found.intervals.get(name)) for name in _PRECISION})
    if found.cityscapes is not None:
        print(f"\nCityscapes protocol: AP {percent(found.cityscapes.ap)}, AP50 {percent(found.cityscapes.ap50)}")
    _print_by_label("AP", dict(zip(score.labels.names, score.by_label, strict=True)), found.intervals)


def _print_numbers(numbers: Mapping[str, tuple[float | None, Interval | None]]) -> None:
    rows = [(title, percent(value), between(interval)) for title, (value, interval) in numbers.items()]
    print_table(("", "", ""), rows)


def _print_by_label(title: str, values: Mapping[str, float | None], intervals: Mapping[str, Interval]) -> None:
    print()
    columns = ("label", title, *(("95 %",) if intervals else ()))
    rows: list[Sequence[str]] = []
    for name, value in values.items():
        if value is not None:
            rows.append((name, percent(value), *((between(intervals.get(f"label.{name}")),) if intervals else ())))
    print_table(columns, rows, right=columns[1:])
    _say_unseen([name for name, value in values.items() if value is None])


def _say_unseen(names: Sequence[str]) -> None:
    if names:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        print(f"\nnot defined, in no mean: {shown}")
