"""Tables of what was asked for beyond the main numbers: boundaries, slices, a second prediction."""

from collections.abc import Sequence

from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.cityscapes_precision import CityscapesScore
from segweave.evaluation.significance import Comparison, Difference
from segweave.evaluation.slices import SliceScore
from segweave.report.bars import difference
from segweave.report.evaluation import Score
from segweave.report.evaluation_tables import label_cell
from segweave.report.html import Cell, Column, Html, escape, join, paragraph, table
from segweave.report.measures import label_measure, measures, score_name
from segweave.report.numbers import (
    count_cell,
    ends_of,
    plural,
    points,
    points_cell,
    signed_cell,
    signed_range_of,
    text_cell,
)

_SURE = 0.05


def boundary_section(found: BoundaryScore) -> Html:
    """Boundary IoU, PQ and F of each label."""
    means = (
        f"Boundary IoU {points(found.mean_iou)}, boundary PQ {points(found.pq.all.pq)} (things"
        f" {points(found.pq.things.pq)}, stuff {points(found.pq.stuff.pq)}), boundary F {points(found.mean_f)}."
    )
    columns = [
        Column(title="Label"),
        Column(
            title="Boundary IoU", is_number=True, hint="IoU of the band inside the contour, 2 % of the diagonal wide"
        ),
        Column(title="Boundary PQ", is_number=True, hint="PQ by the smaller of mask IoU and boundary IoU"),
        Column(title="Boundary F", is_number=True, hint="contour pixels found within 0.75 % of the diagonal, as F1"),
    ]
    rows = []
    for index, (iou, quality, f) in enumerate(
        zip(found.iou_by_label, found.pq.by_label, found.f_by_label, strict=True)
    ):
        cells = [points_cell(iou), points_cell(None if quality is None else quality.pq), points_cell(f)]
        rows.append([label_cell(found.labels, index), *cells])
    return join(
        (paragraph(escape(means)), table(columns, rows, caption="Contours of each label, in points", kind="sortable"))
    )


def cityscapes_section(found: CityscapesScore) -> Html:
    """AP by the protocol of the Cityscapes benchmark."""
    columns = [Column(title="Label"), Column(title="AP", is_number=True)]
    rows = [
        [label_cell(found.labels, index), points_cell(value)]
        for index, value in enumerate(found.by_label)
        if value is not None
    ]
    return join(
        (
            paragraph(escape(f"AP {points(found.ap)}, AP50 {points(found.ap50)}, by the Cityscapes protocol.")),
            table(columns, rows, caption="AP of each label, in points", kind="sortable"),
        )
    )


def slices_section(found: tuple[SliceScore[Score], ...]) -> Html:
    """The main numbers of each slice."""
    names = [measure.name for measure in measures(found[0].score)]
    columns = [
        Column(title="Attribute"),
        Column(title="Value"),
        Column(title="Images", is_number=True),
        *(Column(title=name, is_number=True) for name in names),
    ]
    rows = []
    for piece in found:
        cells = [points_cell(measure.value) for measure in measures(piece.score)]
        head = [text_cell(piece.attribute), text_cell(piece.value or "(empty)"), count_cell(piece.images)]
        rows.append([*head, *cells])
    return table(columns, rows, caption="Scores by attribute of the image, in points", kind="sortable")


def comparison_section(found: Comparison, score: Score, *, images: int) -> Html:
    """Differences of two predictions on the same images. score: of the first. images: how many that is of."""
    shared = f"the same {plural(found.images, 'image')}" + (f" of {images:,}" if images != found.images else "")
    intro = f"A is {found.a}, B is {found.b}; both on {shared}. A difference above 0 means that A is better."
    labels = score.labels
    main = [(text_cell(score_name(score, d.name)), d) for d in found.scores]
    by_label = [(label_cell(labels, labels.index(d.name.removeprefix("label."))), d) for d in found.labels]
    return join(
        (
            paragraph(escape(intro)),
            paragraph(escape(_verdict(found.scores[0], score_name(score, found.scores[0].name))), kind="verdict"),
            _differences(main, first="Score", caption="Main numbers, in points"),
            _differences(by_label, first="Label", caption=f"{label_measure(score)} of each label, in points"),
        )
    )


def _verdict(main: Difference, name: str) -> str:
    if main.difference.value == 0:
        return f"By {name}, the two are equal."
    if main.p_value is None or main.difference.value is None:
        return "There are too few images to tell whether the difference is more than chance."
    better = "A" if main.difference.value > 0 else "B"
    if main.p_value < _SURE:
        return f"By {name}, {better} is better (p = {main.p_value:.3f})."
    return f"By {name}, the difference may be chance (p = {main.p_value:.3f})."


def _differences(rows: Sequence[tuple[Cell, Difference]], *, first: str, caption: str) -> Html:
    columns = [
        Column(title=first),
        Column(title="A", is_number=True),
        Column(title="B", is_number=True),
        Column(title="A less B", is_number=True),
        Column(title="95 % interval", is_number=True, hint="where the difference lies for other images like these"),
        Column(title="As a bar", hint="to the left B is better, to the right A"),
        Column(title="p", is_number=True, hint="how probable so large a difference is if both are equally good"),
    ]
    ends = [abs(x) for _, d in rows for x in (d.difference.value, d.difference.low, d.difference.high) if x is not None]
    reach = max(ends, default=0.0)
    made = []
    for name, d in rows:
        low, high = ends_of(d.difference) or (None, None)
        bar = Cell(
            shown=difference(d.difference.value, reach=reach, low=low, high=high),
            key=float("nan") if d.difference.value is None else d.difference.value,
        )
        width = None if low is None or high is None else high - low
        between = Cell(shown=escape(signed_range_of(d.difference)), key=width)
        p = Cell(shown=escape("" if d.p_value is None else f"{d.p_value:.3f}"), key=d.p_value)
        made.append([name, points_cell(d.a), points_cell(d.b), signed_cell(d.difference.value), between, bar, p])
    return table(columns, made, caption=caption, kind="sortable")
