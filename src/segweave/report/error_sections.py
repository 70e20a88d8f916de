"""Where PQ is lost, as parts of a page."""

from segweave.evaluation.error_analysis import ErrorAnalysis, Losses
from segweave.evaluation.error_types import ERROR_TYPES, ErrorType
from segweave.labels import Color
from segweave.report.bars import Part, legend, stacked, swatch
from segweave.report.evaluation_tables import label_cell
from segweave.report.html import Cell, Column, Html, escape, folded, join, paragraph, table, tag
from segweave.report.numbers import count_cell, plural, points, points_cell, text_cell, unbroken

ERROR_COLORS: dict[ErrorType, Color] = {
    "missed": (213, 94, 0),
    "ghost": (204, 121, 167),
    "wrong label": (230, 159, 0),
    "split": (86, 180, 233),
    "merged": (0, 114, 178),
    "ragged edge": (240, 228, 66),
    "background-caused": (0, 158, 115),
}
"""Colours that every kind of colour vision tells apart (Okabe and Ito 2008)."""

ERROR_MEANINGS: dict[ErrorType, str] = {
    "missed": "a truth that nothing found",
    "ghost": "a prediction where nothing is",
    "wrong label": "found, but as something else of its kind",
    "split": "one thing in several pieces",
    "merged": "several things in one piece",
    "ragged edge": "found, but the outline is off",
    "background-caused": "a thing taken for stuff, or stuff for a thing",
}

_MOST_IMAGES = 50


def losses_section(found: ErrorAnalysis) -> Html:
    """The answer about the background, points lost by type, what fixing each would give, and the same by label."""
    if found.all is None:
        return paragraph(escape("Neither truth nor prediction has a segment, so that there is nothing to lose."))
    bars = [
        tag("div", tag("h3", escape(f"{name}: {points(losses.total)} points lost")), _bar(losses, name))
        for name, losses in (("All", found.all), ("Things", found.things), ("Stuff", found.stuff))
        if losses is not None
    ]
    return join(
        (
            tag("h3", escape("Is the handling of the background our bottleneck?")),
            paragraph(escape(unbroken(found.stuff_caused.sentence)), kind="verdict"),
            *bars,
            error_legend(),
            _types_table(found),
            paragraph(
                escape(
                    "A match loses 1 − IoU, a miss or a ghost one half, over the label's TP + FP/2 + FN/2; the parts"
                    " add up to 100 − PQ."
                ),
                kind="note",
            ),
            folded(escape("Points lost by label"), _labels_table(found)),
        )
    )


def error_legend() -> Html:
    """The colours of the types of mistakes."""
    return legend([(ERROR_COLORS[kind], kind) for kind in ERROR_TYPES])


def images_table(found: ErrorAnalysis) -> Html:
    """The images that lose most, the worst first, with their mistakes by type."""
    columns = [
        Column(title="Image"),
        Column(title="Points lost", is_number=True, hint="of the PQ of all images"),
        *(Column(title=kind.capitalize(), is_number=True, hint=ERROR_MEANINGS[kind]) for kind in ERROR_TYPES),
    ]
    rows = []
    for loss in found.images[:_MOST_IMAGES]:
        name = text_cell(loss.image.name or str(loss.image.id), hint=loss.image.name)
        lost = Cell(shown=escape(f"{100 * loss.points:.2f}"), key=loss.points)
        rows.append([name, lost, *(count_cell(loss.mistakes[kind]) for kind in ERROR_TYPES)])
    caption = f"The worst {len(rows)} of {plural(len(found.images), 'image')} with mistakes, by segments"
    return table(columns, rows, caption=caption, kind="sortable")


def _types_table(found: ErrorAnalysis) -> Html:
    columns = [
        Column(title="Type"),
        Column(title="What it is"),
        *(Column(title=name, is_number=True, hint="points lost") for name in ("All", "Things", "Stuff")),
        Column(title="PQ if fixed", is_number=True, hint="PQ of all labels if every mistake of this type were fixed"),
    ]
    rows = []
    for kind in ERROR_TYPES:
        lost = [None if losses is None else losses.by_type[kind] for losses in (found.all, found.things, found.stuff)]
        name = Cell(shown=join((swatch(ERROR_COLORS[kind]), escape(kind))))
        cells = [points_cell(value, hint="no such label") for value in (*lost, found.fixed[kind].all)]
        rows.append([name, text_cell(ERROR_MEANINGS[kind]), *cells])
    return table(columns, rows, caption="Points lost by type of mistake", kind="sortable")


def _labels_table(found: ErrorAnalysis) -> Html:
    columns = [
        Column(title="Label"),
        Column(title="Points lost", is_number=True, hint="100 less the label's PQ"),
        Column(title="0 to 100", hint="the same as a bar, by type"),
        *(Column(title=kind.capitalize(), is_number=True, hint=ERROR_MEANINGS[kind]) for kind in ERROR_TYPES),
    ]
    rows = []
    for index, losses in enumerate(found.by_label):
        if losses is not None:
            bar = Cell(shown=_bar(losses, found.labels[index].name), key=losses.total)
            parts = [points_cell(losses.by_type[kind]) for kind in ERROR_TYPES]
            rows.append([label_cell(found.labels, index), points_cell(losses.total), bar, *parts])
    return table(columns, rows, caption="Points that each label loses, by type of mistake", kind="sortable")


def _bar(losses: Losses, name: str) -> Html:
    parts = [
        Part(
            share=losses.by_type[kind], color=ERROR_COLORS[kind], title=f"{kind}: {points(losses.by_type[kind])} points"
        )
        for kind in ERROR_TYPES
        if losses.by_type[kind]
    ]
    return stacked(parts, label=f"{name}: points of 100 lost by type of mistake")
