"""An evaluation on the terminal, and its page."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.text import Text

from segweave.apps.cli.evaluate_json import evaluation_json
from segweave.apps.cli.evaluate_parts import print_boundary, print_comparison, print_errors, print_slices
from segweave.apps.cli.output import print_json, print_table, say
from segweave.evaluation import MeanQuality, PanopticScore
from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.significance import Interval
from segweave.files import replacing
from segweave.report.evaluation import Evaluation
from segweave.report.evaluation_page import evaluation_page
from segweave.report.comparison_pictures import WorstPicture

_MEANS = {"coco": "as the COCO script counts", "strict": "by the definition, from the pixels"}


def show(found: Evaluation, *, json: bool) -> None:
    """Print it as JSON or as tables, numbers in percent."""
    if json:
        print_json(evaluation_json(found))
        return
    print(f"{found.task}, {_count(found.images, 'image')}{_convention(found)}")
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
        say(f"note: {_count(len(found.skipped), 'image')} left out")


def write_page(path: Path, found: Evaluation, pictures: Sequence[WorstPicture]) -> None:
    """Write the HTML file, as a whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(evaluation_page(found, pictures), encoding="utf-8")
    say(f"{path}: written; open it in a browser")


def percent(value: float | None) -> str:
    """One number of 0..1 for people; a dash where it is not defined."""
    return "–" if value is None else f"{100 * value:.2f}"  # noqa: RUF001
