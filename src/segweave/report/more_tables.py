"""Tables of what was asked for beyond the main numbers: boundaries, slices, a second prediction."""

from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.cityscapes_precision import CityscapesScore
from segweave.evaluation.significance import Comparison, Difference
from segweave.evaluation.slices import SliceScore
from segweave.report.bars import difference
from segweave.report.evaluation import Score
from segweave.report.evaluation_tables import label_cell
from segweave.report.html import Cell, Column, Html, escape, join, paragraph, table
from segweave.report.measures import measures
from segweave.report.numbers import count_cell, points, points_cell, signed_cell, text_cell

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


def comparison_section(found: Comparison) -> Html:
    """Differences of two predictions on the same images."""
    intro = (
        f"A is {found.a}, B is {found.b}; both on the same {found.images:,} images. A difference above 0 means that A"
        f" is better. {_verdict(found)}"
    )
    return join(
        (
            paragraph(escape(intro)),
            _differences(found.scores, "Main numbers, in points"),
            _differences(found.labels, "Labels, in points"),
        )
    )


def _verdict(found: Comparison) -> str:
    main = found.scores[0]
    if main.p_value is None or main.difference.value is None:
        return "There are too few images to tell whether the difference is more than chance."
    better = "A" if main.difference.value > 0 else "B"
    if main.p_value < _SURE:
        return f"By {main.name.upper()}, {better} is better (p = {main.p_value:.3f})."
    return f"By {main.name.upper()}, the difference may be chance (p = {main.p_value:.3f})."


def _differences(rows: tuple[Difference, ...], caption: str) -> Html:
    columns = [
        Column(title="Score"),
        Column(title="A", is_number=True),
        Column(title="B", is_number=True),
        Column(title="A less B", is_number=True),
        Column(title="95 % interval", is_number=True),
        Column(title="", hint="the same as a bar"),
        Column(title="p", is_number=True, hint="how probable so large a difference is if both are equally good"),
    ]
    ends = [abs(x) for d in rows for x in (d.difference.value, d.difference.low, d.difference.high) if x is not None]
    reach = max(ends, default=0.0)
    made = []
    for d in rows:
        low, high = d.difference.low, d.difference.high
        between = "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
        bar = Cell(shown=difference(d.difference.value, reach=reach, low=low, high=high))
        p = text_cell("") if d.p_value is None else Cell(shown=escape(f"{d.p_value:.3f}"), key=d.p_value)
        name = text_cell(d.name.removeprefix("label."))
        made.append(
            [name, points_cell(d.a), points_cell(d.b), signed_cell(d.difference.value), text_cell(between), bar, p]
        )
    return table(columns, made, caption=caption, kind="sortable")
