"""The main numbers of an evaluation: tiles, means of groups of labels, and a row for each label."""

from collections.abc import Mapping

from segweave.draw import label_colors
from segweave.evaluation.panoptic_quality import LabelQuality, PanopticScore
from segweave.evaluation.significance import Interval
from segweave.labels import LabelSet
from segweave.report.bars import meter, swatch
from segweave.report.evaluation import Score
from segweave.report.html import Cell, Column, Html, escape, table, tag
from segweave.report.measures import GROUPS, by_label, label_measure, measures
from segweave.report.numbers import (
    count_cell,
    ends_of,
    meter_cell,
    plural,
    points,
    points_cell,
    range_cell,
    range_of,
    text_cell,
)

Intervals = Mapping[str, Interval]

_INTERVAL = Column(title="95 % interval", is_number=True, hint="where the number lies for other images like these")


def tiles(score: Score, intervals: Intervals) -> Html:
    """The main numbers, large, with their intervals."""
    shown = []
    for measure in measures(score):
        interval = intervals.get(measure.key)
        bounds = range_of(interval) if measure.value is not None else ""
        small = f"95\u00a0%: {bounds}" if bounds else "" if measure.value is not None else "not defined"
        low, high = ends_of(interval) or (None, None)
        shown.append(
            tag(
                "div",
                tag("div", escape(measure.name), class_="name"),
                tag("div", escape(points(measure.value)), class_="value"),
                tag("div", escape(small), class_="range"),
                meter(measure.value, low=low, high=high),
                class_="tile",
                title=measure.meaning,
            )
        )
    return tag("div", *shown, class_="tiles")


def groups_table(score: PanopticScore, intervals: Intervals) -> Html:
    """PQ, SQ and RQ over all labels, over things, over stuff."""
    columns = [Column(title="Labels")]
    for measure in measures(score):
        columns += [Column(title=measure.name, is_number=True, hint=measure.meaning), _INTERVAL]
    columns.append(Column(title="Mean of", is_number=True, hint="labels that truth or prediction has"))
    rows = []
    for name, prefix in GROUPS:
        mean = getattr(score, name)
        cells = [text_cell(name)]
        for key in ("pq", "sq", "rq"):
            cells += [points_cell(getattr(mean, key), hint="no such label"), range_cell(intervals.get(prefix + key))]
        rows.append([*cells, Cell(shown=escape(plural(mean.n, "label")), key=mean.n)])
    return table(columns, rows, caption="Means over labels, in points")


def label_table(score: Score, intervals: Intervals) -> Html:
    """A row a label, in the order of the label set."""
    name = label_measure(score)
    has_ranges = any(key.startswith("label.") for key in intervals)
    columns = [Column(title="Label"), Column(title="Kind"), Column(title=name, is_number=True)]
    columns += [_INTERVAL] if has_ranges else []
    columns.append(Column(title="0 to 100", hint="the same as a bar, with its interval"))
    columns += _QUALITY_COLUMNS if isinstance(score, PanopticScore) else []
    rows = []
    for index, (label, value) in enumerate(zip(score.labels, by_label(score), strict=True)):
        interval = intervals.get(f"label.{label.name}") if value is not None else None
        cells = [label_cell(score.labels, index), text_cell("thing" if label.is_thing else "stuff"), points_cell(value)]
        cells += [range_cell(interval)] if has_ranges else []
        cells.append(meter_cell(value, interval))
        cells += _quality_cells(score.by_label[index]) if isinstance(score, PanopticScore) else []
        rows.append(cells)
    return table(columns, rows, caption=f"{name} of each label, in points", kind="sortable")


_QUALITY_COLUMNS = [
    Column(title="SQ", is_number=True, hint="mean IoU of the matched segments"),
    Column(title="RQ", is_number=True, hint="F1 score of finding segments"),
    Column(title="TP", is_number=True, hint="segments of the truth that were found"),
    Column(title="FP", is_number=True, hint="predicted segments that match nothing"),
    Column(title="FN", is_number=True, hint="segments of the truth that nothing matches"),
]


def _quality_cells(quality: LabelQuality | None) -> list[Cell]:
    if quality is None:
        return [*[points_cell(None)] * 2, *[count_cell(None)] * 3]
    counts = (quality.tp, quality.fp, quality.fn)
    return [points_cell(quality.sq), points_cell(quality.rq), *map(count_cell, counts)]


def label_cell(labels: LabelSet, index: int) -> Cell:
    """A label's colour and name."""
    label = labels[index]
    red, green, blue = (int(c) for c in label_colors(labels)[index])
    names = ", ".join(name for name in (label.name, label.ja, label.ko) if name)
    shown = tag("span", swatch((red, green, blue)), escape(label.name), class_="label")
    return Cell(shown=shown, hint=names)
