"""Where PQ is lost, as parts of a page."""

from collections.abc import Sequence

import numpy as np

from segweave.evaluation.error_analysis import ErrorAnalysis, Losses
from segweave.evaluation.error_types import ERROR_TYPES, ErrorType
from segweave.labels import Color, LabelSet
from segweave.report.bars import Part, legend, stacked, swatch
from segweave.report.evaluation_tables import label_cell
from segweave.report.html import EMPTY, Cell, Column, Html, escape, folded, join, paragraph, table, tag
from segweave.report.numbers import count_cell, plural, points, points_cell, text_cell, whole
from segweave.segmentation.overlap_table import Ints

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

_MOST_LABELS = 20
_MOST_PAIRS = 30


def losses_section(found: ErrorAnalysis) -> Html:
    """Points lost by type, and what fixing each would give."""
    bars = [
        tag("div", tag("h3", escape(f"{name}: {points(losses.total)} points lost")), _bar(losses, name))
        for name, losses in (("All", found.all), ("Things", found.things), ("Stuff", found.stuff))
        if losses is not None and losses.total
    ]
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
        cells = [points_cell(value) for value in (*lost, found.fixed[kind].all)]
        rows.append([name, text_cell(ERROR_MEANINGS[kind]), *cells])
    return join(
        (
            paragraph(escape(found.stuff_caused.sentence), kind="verdict"),
            *bars,
            legend([(ERROR_COLORS[kind], kind) for kind in ERROR_TYPES]),
            table(columns, rows, caption="Points lost by type of mistake", kind="sortable"),
            paragraph(
                escape(
                    "A match loses 1 - IoU, a miss or a ghost one half, over the label's TP + FP/2 + FN/2; the parts"
                    " add up to 100 - PQ."
                ),
                kind="note",
            ),
        )
    )


def confusion_section(found: ErrorAnalysis) -> Html:
    """Which labels are taken for which: pairs, and a grid of the labels with most mistakes."""
    pairs = _pairs(found.confusion)
    if not pairs:
        return paragraph(escape("No segment was taken for another label."))
    labels = found.labels
    columns = [Column(title="Truth"), Column(title="Taken for"), Column(title="Segments", is_number=True)]
    rows = [
        [_named(labels, row), _named(labels, column), count_cell(int(found.confusion[row, column]))]
        for row, column in pairs[:_MOST_PAIRS]
    ]
    note = f"The {_MOST_PAIRS} most frequent of {plural(len(pairs), 'pair')}." if len(pairs) > _MOST_PAIRS else ""
    return join(
        (
            table(columns, rows, caption="Most frequent confusions", kind="sortable"),
            paragraph(escape(note), kind="note") if note else EMPTY,
            folded(escape("The same as a grid"), confusion_grid(found.confusion, labels, "segments")),
        )
    )


def confusion_grid(confusion: Ints, labels: LabelSet, unit: str) -> Html:
    """A grid of the labels with most mistakes; (n + 1, n + 1), the last of each = nothing."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    mistakes = wrong.sum(axis=0) + wrong.sum(axis=1)
    most = np.argsort(-mistakes[: len(labels)], kind="stable")[:_MOST_LABELS]
    shown = [*sorted(int(k) for k in most if mistakes[k]), len(labels)]
    columns = [Column(title="Truth"), *(Column(title=_name(labels, k), is_number=True) for k in shown)]
    rows = []
    for row in shown:
        total = max(int(confusion[row].sum()), 1)
        cells = [_grid_cell(int(confusion[row, column]), total) for column in shown]
        rows.append([_named(labels, row), *cells])
    left_out = len(labels) + 1 - len(shown)
    note = f" {plural(left_out, 'label')} with fewer mistakes left out." if left_out > 0 else ""
    return join(
        (
            table(columns, rows, caption=f"{unit.capitalize()}: truth in rows, prediction in columns", kind="heat"),
            paragraph(escape(f"Shades are shares of the row.{note}"), kind="note"),
        )
    )


def _grid_cell(number: int, total: int) -> Cell:
    shown = escape(whole(number)) if number else EMPTY
    return Cell(shown=shown, heat=number / total if number else None, hint=f"{100 * number / total:.1f} % of the row")


def _bar(losses: Losses, name: str) -> Html:
    parts = [
        Part(
            share=losses.by_type[kind], color=ERROR_COLORS[kind], title=f"{kind}: {points(losses.by_type[kind])} points"
        )
        for kind in ERROR_TYPES
        if losses.by_type[kind]
    ]
    return stacked(parts, label=f"{name}: points of 100 lost by type of mistake")


def _pairs(confusion: Ints) -> Sequence[tuple[int, int]]:
    n = len(confusion) - 1
    wrong = confusion[:n, :n].copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[: int((wrong > 0).sum())]
    return [(k // n, k % n) for k in order.tolist()]


def _name(labels: LabelSet, index: int) -> str:
    return labels[index].name if index < len(labels) else "nothing"


def _named(labels: LabelSet, index: int) -> Cell:
    return label_cell(labels, index) if index < len(labels) else text_cell("nothing")
