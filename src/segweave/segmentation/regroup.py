"""An `OverlapTable` with the segments of a side grouped anew: in another label set, or by the rules of `Segmentation`.

What these functions do to a table, `edit.map_labels` and `assemble` do to pixels; the tests hold them together.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import LabelError
from segweave.labels import LabelMap, LabelSet
from segweave.segmentation.overlap_table import UNLISTED, VOID, Ints, OverlapTable, Side


def map_prediction(table: OverlapTable, label_map: LabelMap) -> OverlapTable:
    """The same table with the prediction said in another label set; no pixel is read.

    Segments of labels that map to nothing become void, stuff of one label becomes one segment. Raises `LabelError`
    when `label_map` starts from another label set than the prediction's.
    """
    side = table.prediction
    if label_map.source != side.labels:
        raise LabelError(f"the map starts from {label_map.source.name!r}; the prediction has {side.labels.name!r}")
    targets = np.array([*(VOID if t is None else t for t in label_map.targets), UNLISTED, VOID], np.int64)
    mapped = _relabelled(side, targets[side.label], label_map.target)
    return _grouped(table, mapped, _groups(mapped))


def tidied(table: OverlapTable) -> OverlapTable:
    """The table that the pixels alone give, by the rules of `Segmentation`, whatever the files listed.

    Segments without a pixel go, pixels that nothing lists become void, stuff of one label becomes one segment and is
    no crowd, and the areas are those counted. A table made by `overlap_table` stays as it is.
    """
    return _tidied_prediction(_tidied_prediction(table.swapped()).swapped())


def _tidied_prediction(table: OverlapTable) -> OverlapTable:
    side = table.prediction
    clean = _relabelled(side, np.where(side.label < 0, VOID, side.label), side.labels)
    clean = replace(clean, stated=clean.area.astype(np.float64))
    groups = _groups(clean)
    groups[(clean.area == 0) & clean.is_segment] = -1
    return _grouped(table, clean, groups)


def _relabelled(side: Side, label: Ints, labels: LabelSet) -> Side:
    new = replace(side, label=label, labels=labels)
    return replace(new, crowd=side.crowd & new.is_thing)


def _groups(side: Side) -> Ints:
    """(r,) the row that each row joins: the image's void for void, the first of its label for stuff, else itself."""
    rows = np.arange(len(side))
    joins = side.label == VOID
    joins |= side.is_segment & ~side.is_thing & (side.area > 0)
    key = side.image * (len(side.labels) + 1) + side.label + 1
    where = np.flatnonzero(joins)
    _, first, of_row = np.unique(key[where], return_index=True, return_inverse=True)
    rows[where] = where[first[of_row]]
    return rows


def _grouped(table: OverlapTable, side: Side, groups: Ints) -> OverlapTable:
    """The table with `side` as its prediction, rows put together.

    groups: (r,) the row that each row joins, -1 for rows that go (they have no pixels).
    """
    kept = groups == np.arange(len(groups))
    if kept.all():
        return replace(table, prediction=side)
    stays = groups >= 0
    to = np.where(stays, (np.cumsum(kept) - 1)[groups], -1)
    n = int(kept.sum())
    new = Side(
        labels=side.labels,
        image=side.image[kept],
        label=side.label[kept],
        crowd=side.crowd[kept],
        area=_sums(side.area[stays], to[stays], n),
        stated=_sums(side.stated[stays], to[stays], n),
    )
    keys, of_pair = np.unique(table.truth_row * n + to[table.prediction_row], return_inverse=True)
    pixels = _sums(table.pixels, of_pair, len(keys))
    return replace(table, prediction=new, truth_row=keys // n, prediction_row=keys % n, pixels=pixels)


def _sums(values: NDArray[Any], to: Ints, n: int) -> NDArray[Any]:
    sums = np.zeros(n, values.dtype)
    np.add.at(sums, to, values)
    return sums
