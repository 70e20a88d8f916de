"""Which truth segment was found by which prediction: the one matching that PQ and the error analysis read."""

from dataclasses import dataclass
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
    if table.truth.labels != table.prediction.labels:
        names = f"{table.truth.labels.name!r} and the prediction {table.prediction.labels.name!r}"
        raise LabelError(f"the truth has the labels {names}; say both in one label set first (`map_prediction`)")
    if convention == "strict":
        table = tidied(table)
    truth, prediction = table.truth, table.prediction
    rows, columns, pixels = table.truth_row, table.prediction_row, table.pixels
    on_void = _summed(columns, pixels, truth.label[rows] == VOID, len(prediction))
    same = truth.is_segment[rows] & (truth.label[rows] == prediction.label[columns])
    near = np.flatnonzero(same & ~truth.crowd[rows])
    t, p = rows[near], columns[near]
    union = prediction.area[p] + truth.stated[t] - pixels[near] - on_void[p]
    iou = pixels[near] / np.where(union > 0, union, np.inf)  # a stated area may be any number
    hit = iou > 0.5
    t, p, iou = t[hit], p[hit], iou[hit]
    on_crowd = _summed(columns, pixels, same & _counting_crowds(truth, convention)[rows], len(prediction))
    alone = np.flatnonzero(prediction.is_segment & ~_among(p, len(prediction)))
    area = prediction.area[alone]
    excused = (on_void + on_crowd)[alone] / np.where(area > 0, area, 1) > 0.5
    return Matches(
        table=table,
        truth_row=t,
        prediction_row=p,
        iou=iou,
        missed=np.flatnonzero(truth.is_segment & ~truth.crowd & ~_among(t, len(truth))),
        ghosts=alone[~excused],
        ignored=alone[excused],
    )


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
