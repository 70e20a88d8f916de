"""The parts of an evaluation that are printed on request."""

import numpy as np

from segweave.apps.cli.output import print_table
from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.error_analysis import ErrorAnalysis
from segweave.evaluation.error_types import ERROR_TYPES
from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.evaluation.significance import Comparison, Interval
from segweave.evaluation.slices import SliceScore
from segweave.report.evaluation import Score

_WORST = 5
_CONFUSED = 10


def percent(value: float | None) -> str:
    """A number of 0..1 for people, a dash where it is not defined."""
    return "-" if value is None else f"{100 * value:.2f}"


def between(interval: Interval | None) -> str:
    """The ends of an interval, "" where there is none."""
    if interval is None or interval.low is None or interval.high is None:
        return ""
    return f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"


def print_errors(found: ErrorAnalysis) -> None:
    """Where PQ is lost, what is confused most, and the worst images."""
    print("\nWhere PQ is lost, in points of 100; fixing one type alone gives PQ:")
    groups = [(name, losses) for name, losses in (("all", found.all), ("things", found.things), ("stuff", found.stuff))]
    rows = []
    for kind in ERROR_TYPES:
        lost = [percent(None if losses is None else losses.by_type[kind]) for _, losses in groups]
        rows.append((kind, *lost, percent(found.fixed[kind].all)))
    rows.append(("sum", *[percent(None if losses is None else losses.total) for _, losses in groups], ""))
    columns = ("type", "all", "things", "stuff", "PQ if fixed")
    print_table(columns, rows, right=columns[1:])
    print(f"\n{found.stuff_caused.sentence}")
    _print_confusions(found)
    if found.images:
        print("\nImages that cost most:")
        worst = [(str(i.image.id), i.image.name, percent(i.points), i.main) for i in found.images[:_WORST]]
        print_table(("image", "name", "points", "mainly"), worst, right=("points",))


def _print_confusions(found: ErrorAnalysis) -> None:
    names = (*found.labels.names, "(nothing)")
    wrong = found.confusion.copy()
    np.fill_diagonal(wrong, 0)
    n = len(found.labels)
    wrong[n], wrong[:, n] = 0, 0
    order = np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSED]
    rows = [(names[k // (n + 1)], names[k % (n + 1)], f"{wrong.flat[k]:,}") for k in order.tolist() if wrong.flat[k]]
    if rows:
        print("\nSegments most often taken for another label:")
        print_table(("truth", "prediction", "segments"), rows, right=("segments",))


def print_boundary(found: BoundaryScore) -> None:
    """Boundary IoU, boundary PQ, boundary F."""
    print(
        f"\nboundary IoU {percent(found.mean_iou)}, boundary PQ {percent(found.pq.all.pq)} (things"
        f" {percent(found.pq.things.pq)}, stuff {percent(found.pq.stuff.pq)}), boundary F {percent(found.mean_f)}"
    )
    rows = []
    for name, iou, quality, f in zip(
        found.labels.names, found.iou_by_label, found.pq.by_label, found.f_by_label, strict=True
    ):
        if iou is not None or f is not None or quality is not None:
            rows.append((name, percent(iou), percent(None if quality is None else quality.pq), percent(f)))
    columns = ("label", "boundary IoU", "boundary PQ", "boundary F")
    print_table(columns, rows, right=columns[1:])


def print_slices(found: tuple[SliceScore[Score], ...]) -> None:
    """The main number of each slice."""
    print(f"\nBy attribute, {main_name(found[0].score)}:")
    rows = [(s.attribute, s.value or "(empty)", f"{s.images:,}", percent(main_number(s.score))) for s in found]
    print_table(("attribute", "value", "images", main_name(found[0].score)), rows, right=("images", "PQ", "mIoU", "AP"))


def print_comparison(found: Comparison) -> None:
    """The differences of two predictions, with their intervals."""
    print(f"\nA = {found.a}\nB = {found.b}\non {found.images:,} images; A less B, 95 % interval, p of no difference:")
    columns = ("score", "A", "B", "A - B", "interval", "p")
    chosen = [d for d in found.scores if d.a is not None and d.b is not None]
    by_size = sorted(found.labels, key=lambda d: -abs(d.difference.value or 0))[:_CONFUSED]
    rows = [
        (
            d.name.removeprefix("label."),
            percent(d.a),
            percent(d.b),
            f"{100 * (d.difference.value or 0):+.2f}",
            between(d.difference),
            "-" if d.p_value is None else f"{d.p_value:.3f}",
        )
        for d in (*chosen, *by_size)
    ]
    print_table(columns, rows, right=columns[1:])


def main_number(score: Score) -> float | None:
    """PQ, mIoU or AP."""
    if isinstance(score, PanopticScore):
        return score.all.pq
    return score.miou if isinstance(score, SemanticScore) else score.ap


def main_name(score: Score) -> str:
    """What `main_number` is called."""
    return "PQ" if isinstance(score, PanopticScore) else "mIoU" if isinstance(score, SemanticScore) else "AP"
