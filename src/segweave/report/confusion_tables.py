"""Which labels are taken for which, as tables."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from segweave.evaluation.confusion import Confusion
from segweave.labels import LabelSet
from segweave.report.evaluation_tables import label_cell
from segweave.report.html import EMPTY, Cell, Column, Html, escape, folded, join, paragraph, table
from segweave.report.numbers import count_cell, plural, text_cell, whole
from segweave.segmentation.overlap_table import Ints

Unit = Literal["segments", "pixels"]
"""What a confusion counts."""

_MOST_LABELS = 20
_MOST_PAIRS = 15
_NOBODY: dict[Unit, str] = {"segments": "nothing", "pixels": "void"}


def segment_confusions(confusion: Ints, labels: LabelSet) -> Html:
    """Confusions of segments. confusion: (n + 1, n + 1), row = truth, column = prediction, the last of each = nothing.

    First the pairs of labels, then a grid, for what is taken for nothing too.
    """
    pairs = _pairs(confusion)
    grid = _grid(confusion, labels, "segments")
    if not pairs:
        none = paragraph(escape("No segment was taken for another label."))
        return join((none, folded(escape("What was found, missed and invented"), grid)))
    return join((_pair_table(confusion, pairs, labels, "segments"), folded(escape("The same as a grid"), grid)))


def pixel_confusions(found: Confusion) -> Html:
    """Confusions of pixels: a grid, and the pairs of labels with most pixels."""
    pairs = _pairs(found.pixels)
    grid = _grid(found.pixels, found.labels, "pixels")
    if not pairs:
        return join((paragraph(escape("No pixel was taken for another label.")), grid))
    return join((_pair_table(found.pixels, pairs, found.labels, "pixels"), grid))


def _pair_table(confusion: Ints, pairs: Sequence[tuple[int, int]], labels: LabelSet, unit: Unit) -> Html:
    columns = [
        Column(title="Truth"),
        Column(title="Taken for"),
        Column(title=unit.capitalize(), is_number=True),
        Column(title="Of the truth's", is_number=True, hint=f"share of the {unit} that are this label in the truth"),
    ]
    rows = []
    for row, column in pairs[:_MOST_PAIRS]:
        number = int(confusion[row, column])
        share = number / int(confusion[row].sum())
        of_truth = Cell(shown=escape(_share(share)), key=share)
        rows.append([label_cell(labels, row), label_cell(labels, column), count_cell(number), of_truth])
    more = plural(len(pairs), "pair")
    note = f"The {_MOST_PAIRS} most frequent of {more}." if len(pairs) > _MOST_PAIRS else ""
    return join(
        (
            table(columns, rows, caption="Most frequent confusions", kind="sortable"),
            paragraph(escape(note), kind="note") if note else EMPTY,
        )
    )


def _grid(confusion: Ints, labels: LabelSet, unit: Unit) -> Html:
    """A grid of the labels with most mistakes."""
    n = len(labels)
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    mistakes = wrong.sum(axis=0) + wrong.sum(axis=1)
    seen = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
    most = np.argsort(-mistakes[:n], kind="stable")[:_MOST_LABELS]
    shown = [*sorted(int(k) for k in most if seen[k]), n]
    names = [*labels.names, _NOBODY[unit]]
    columns = [Column(title="Truth"), *(Column(title=names[k], is_number=True, hint=names[k]) for k in shown)]
    rows = []
    for row in shown:
        total = int(confusion[row].sum())
        cells = [_grid_cell(int(confusion[row, column]), total, unit) for column in shown]
        rows.append([label_cell(labels, row) if row < n else text_cell(_NOBODY[unit]), *cells])
    left_out = int(seen[:n].sum()) + 1 - len(shown)
    caption = {"segments": "Segments", "pixels": "Pixels, in percent of the row"}[unit]
    more = f" {plural(left_out, 'label')} with fewer mistakes left out." if left_out > 0 else ""
    void = " The row of void counts nowhere else." if unit == "pixels" else ""
    return join(
        (
            table(columns, rows, caption=f"{caption}: truth in rows, prediction in columns", kind="heat"),
            paragraph(escape(f"Shades are shares of the row.{void}{more}"), kind="note"),
        )
    )


def _grid_cell(number: int, total: int, unit: Unit) -> Cell:
    if not number:
        return Cell(shown=EMPTY)
    share = number / total
    shown = whole(number) if unit == "segments" else f"{100 * share:.1f}"
    return Cell(shown=escape(shown), heat=share, hint=f"{plural(number, unit[:-1])}, {_share(share)} of the row")


def _pairs(confusion: Ints) -> Sequence[tuple[int, int]]:
    """(truth, prediction) of two labels, the most frequent first."""
    n = len(confusion) - 1
    wrong = confusion[:n, :n].copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[: int((wrong > 0).sum())]
    return [(k // n, k % n) for k in order.tolist()]


def _share(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
