"""Which truth segment was found by which prediction: the one matching that PQ and the error analysis read."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segweave.errors import LabelError
from segweave.segmentation import OverlapTable, tidied
from segweave.segmentation.overlap_table import VOID, Bools, Ints, Side

Convention = Literal["coco", "strict"]
"""coco: what the COCO reference script computes: unions from the areas that the JSON states, of several crowds of a
label in an image only the last one, segments and stuff as the files list them. strict: the definition from the pixels.
They differ only where areas in the JSON are wrong, crowds of a label are several, or files break their format."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matches:
    """What became of every segment of a table.

    table: the one that rows refer to (in `strict` the tidied one). truth_row, prediction_row, iou: (m,) the matched
    pairs. missed: (f,) truth rows without a match, crowds left out. ghosts: (g,) prediction rows without a match that
    count as mistakes. ignored: (i,) prediction rows without a match that lie mostly on void or on a crowd.
    """

    table: OverlapTable
    truth_row: Ints
    prediction_row: Ints
    iou: Floats
    missed: Ints
    ghosts: Ints
    ignored: Ints


def match(table: OverlapTable, *, convention: Convention = "coco") -> Matches:
    """Match segments by Kirillov et al. 2019, "Panoptic Segmentation", §4.1 and §4.2.

    A pair matches when its labels are equal and its IoU is above 0.5, which at most one pair of a segment can be. The
    union leaves out prediction pixels on truth void. Crowds match nothing and are not missed. A prediction without a
    match is no mistake when more than half of it lies on void and crowds of its label. Raises `LabelError` when truth
    and prediction have different label sets.
    """
    _check_labels(table)
    if convention == "strict":
        table = tidied(table)
    return _matches(table, pair_ious(table), convention)


def match_boundary(table: OverlapTable, bands: OverlapTable, *, convention: Convention = "coco") -> Matches:
    """The same where the IoU of a pair is the smaller one of its masks' and of its bands' (Cheng et al. 2021, §6).

    table, bands: `overlap_table` and `band_table` of the same images. They come from the pixels, so that conventions
    differ by crowds alone: of several of a label in an image `coco` sees the last.
    """
    _check_labels(table)
    pairs, of_bands = pair_ious(table), pair_ious(bands)
    # every image has one row more in `bands`, at its end
    rows = of_bands.truth_row - bands.truth.image[of_bands.truth_row]
    columns = of_bands.prediction_row - bands.prediction.image[of_bands.prediction_row]
    iou_of = dict(zip(zip(rows.tolist(), columns.tolist(), strict=True), of_bands.iou.tolist(), strict=True))
    wanted = zip(pairs.truth_row.tolist(), pairs.prediction_row.tolist(), strict=True)
    iou = np.minimum(pairs.iou, [iou_of.get(pair, 0.0) for pair in wanted])
    return _matches(table, replace(pairs, iou=iou), convention)


@dataclass(frozen=True, slots=True, eq=False)
class PairIous:
    """Pairs of segments of one label that share pixels, crowds left out: rows and IoU, (k,) each."""

    truth_row: Ints
    prediction_row: Ints
    iou: Floats


def pair_ious(table: OverlapTable) -> PairIous:
    """IoU of every pair that could match; the union leaves out prediction pixels on truth void."""
    truth, prediction = table.truth, table.prediction
    rows, columns = table.truth_row, table.prediction_row
    near = np.flatnonzero(
        truth.is_segment[rows] & (truth.label[rows] == prediction.label[columns]) & ~truth.crowd[rows]
    )
    t, p = rows[near], columns[near]
    union = prediction.area[p] + truth.stated[t] - table.pixels[near] - _on_void(table)[p]
    return PairIous(t, p, table.pixels[near] / np.where(union > 0, union, np.inf))  # a stated area may be any number


def _matches(table: OverlapTable, pairs: PairIous, convention: Convention) -> Matches:
    truth, prediction = table.truth, table.prediction
    hit = pairs.iou > 0.5
    t, p = pairs.truth_row[hit], pairs.prediction_row[hit]
    rows, columns = table.truth_row, table.prediction_row
    same = truth.is_segment[rows] & (truth.label[rows] == prediction.label[columns])
    counting = _counting_crowds(truth, convention)[rows]
    on_crowd = _summed(columns, table.pixels, same & counting, len(prediction))
    alone = np.flatnonzero(prediction.is_segment & ~_among(p, len(prediction)))
    area = prediction.area[alone]
    excused = (_on_void(table) + on_crowd)[alone] / np.where(area > 0, area, 1) > 0.5
    return Matches(
        table=table,
        truth_row=t,
        prediction_row=p,
        iou=pairs.iou[hit],
        missed=np.flatnonzero(truth.is_segment & ~truth.crowd & ~_among(t, len(truth))),
        ghosts=alone[~excused],
        ignored=alone[excused],
    )


def _check_labels(table: OverlapTable) -> None:
    if table.truth.labels != table.prediction.labels:
        names = f"{table.truth.labels.name!r} and the prediction {table.prediction.labels.name!r}"
        raise LabelError(f"the truth has the labels {names}; say both in one label set first (`map_prediction`)")


def _on_void(table: OverlapTable) -> Ints:
    """(r,) pixels of each prediction on truth void."""
    on_void = table.truth.label[table.truth_row] == VOID
    return _summed(table.prediction_row, table.pixels, on_void, len(table.prediction))


def _counting_crowds(truth: Side, convention: Convention) -> Bools:
    """(r,) the crowds that excuse predictions: all, or as in the COCO script the last of each label in an image."""
    if convention == "strict":
        return truth.crowd
    rows = np.flatnonzero(truth.crowd)[::-1]
    _, last = np.unique(truth.image[rows] * len(truth.labels) + truth.label[rows], return_index=True)
    return _among(rows[last], len(truth))


def _summed(to: Ints, pixels: Ints, where: Bools, n: int) -> Ints:
    sums = np.zeros(n, np.int64)
    np.add.at(sums, to[where], pixels[where])
    return sums


def _among(rows: Ints, n: int) -> Bools:
    inside = np.zeros(n, np.bool_)
    inside[rows] = True
    return inside
