"""Why a segment lost its points: one type for each miss and each ghost of a matching.

A truth without a match (FN) and a prediction without one (FP) get the first type that fits:

=============  =======================================================  ==============================================
type           FN: a truth t                                            FP: a prediction p
=============  =======================================================  ==============================================
stuff-caused   a prediction beyond the border between things and stuff  the same, seen from p
               has IoU > 0.5 with t
wrong label    a prediction of another label has IoU > 0.5 with t       the same, seen from p
split          two or more predictions of its label that lie mostly in  p is such a piece of a truth, matched or not
               t have, joined, IoU > 0.5 with it
merged         a prediction of its label covers more than half of t     p covers more than half of several truths of
               and of other truths of the label                         its label
ragged edge    a prediction of its label without a match has IoU >=     the same, seen from p
               0.1 with t (a match loses 1 - IoU by this type too)
stuff-caused   more than half of t, a thing, is predicted as stuff, or  more than half of p, a thing, lies on stuff of
               of stuff as things                                       the truth, or of stuff on things
missed, ghost  everything else                                          everything else
=============  =======================================================  ==============================================

The order and the bounds follow TIDE (Bolya et al. 2020, "TIDE: A General Toolbox for Identifying Object Detection
Errors", §2.2), which knows no stuff and no identity; split, merged and stuff-caused are ours. Reports call the last
"background-caused", as people ask for it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segweave.evaluation.matching import Floats, Matches
from segweave.segmentation import OverlapTable
from segweave.segmentation.overlap_table import VOID, Bools, Ints

ErrorType = Literal["missed", "ghost", "wrong label", "split", "merged", "ragged edge", "background-caused"]
ERROR_TYPES: tuple[ErrorType, ...] = get_args(ErrorType)
"""In the order in which reports show them."""
MISSED, GHOST, WRONG_LABEL, SPLIT, MERGED, RAGGED, STUFF_CAUSED = range(len(ERROR_TYPES))
NO_ERROR = -1

_NEAR = 0.1  # IoU from which two segments of one label are taken to mean the same thing


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SegmentErrors:
    """The type of every miss and ghost: an index into `ERROR_TYPES`, `NO_ERROR` for all other rows.

    truth, prediction: (r,) by row. fixed: (r,) the IoU that a missed truth would have if its error were fixed. joined:
    (r,) the IoU of a truth with all its pieces joined, 0 where it has none. cut: (r,) the IoU of a truth with what it
    has of a prediction that merges it with others, 0 where none does.
    """

    truth: NDArray[np.int8]
    prediction: NDArray[np.int8]
    fixed: Floats
    joined: Floats
    cut: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The pairs of segments of a table, crowds left out: rows, pixels, IoU, and whether their labels are equal."""

    row: Ints
    column: Ints
    pixels: Ints
    iou: Floats
    same: Bools
    across: Bools


def segment_errors(matches: Matches) -> SegmentErrors:
    """Why each segment of a matching lost its points, by the rules above."""
    table = matches.table
    truth, prediction = table.truth, table.prediction
    pairs = _pairs(table)
    missed, ghost = _mask(matches.missed, len(truth)), _mask(matches.ghosts, len(prediction))
    types = np.where(missed, MISSED, NO_ERROR).astype(np.int8), np.where(ghost, GHOST, NO_ERROR).astype(np.int8)
    fixed = np.where(missed, 1.0, 0.0)
    opposite = _mostly_opposite(table, pairs)
    types[0][missed & opposite[0]] = STUFF_CAUSED
    types[1][ghost & opposite[1]] = STUFF_CAUSED
    near = pairs.same & (pairs.iou >= _NEAR) & missed[pairs.row] & ghost[pairs.column]
    _set(types, pairs, near, RAGGED)
    merged = _merged(table, pairs)
    _set(types, pairs, merged, MERGED)
    cut = np.zeros(len(truth))
    cut[pairs.row[merged]] = pairs.pixels[merged] / truth.area[pairs.row[merged]]
    fixed[cut > 0] = cut[cut > 0]
    pieces, joined = _pieces(table, pairs)
    _set(types, pairs, pieces, SPLIT)
    fixed[joined > 0] = joined[joined > 0]
    over = ~pairs.same & (pairs.iou > 0.5)
    _set(types, pairs, over & ~pairs.across, WRONG_LABEL)
    _set(types, pairs, over & pairs.across, STUFF_CAUSED)
    fixed[pairs.row[over]] = pairs.iou[over]
    types[0][~missed], types[1][~ghost] = NO_ERROR, NO_ERROR
    return SegmentErrors(
        truth=types[0], prediction=types[1], fixed=np.where(missed, fixed, 0.0), joined=joined, cut=cut
    )


def _pairs(table: OverlapTable) -> _Pairs:
    truth, prediction = table.truth, table.prediction
    kept = np.flatnonzero(
        truth.is_segment[table.truth_row] & prediction.is_segment[table.prediction_row] & ~truth.crowd[table.truth_row]
    )
    row, column, pixels = table.truth_row[kept], table.prediction_row[kept], table.pixels[kept]
    union = truth.area[row] + prediction.area[column] - pixels - _on_void(table)[column]
    return _Pairs(
        row,
        column,
        pixels,
        pixels / np.maximum(union, 1),
        truth.label[row] == prediction.label[column],
        truth.is_thing[row] != prediction.is_thing[column],
    )


def _pieces(table: OverlapTable, pairs: _Pairs) -> tuple[Bools, Floats]:
    """(k,) pairs of a truth with one of its pieces, and (r,) the IoU of each truth with its pieces joined."""
    n = len(table.truth)
    known = (table.prediction.area - _on_void(table))[pairs.column]
    inside = pairs.same & (2 * pairs.pixels > known)
    number = np.bincount(pairs.row[inside], minlength=n)
    shared = np.bincount(pairs.row[inside], pairs.pixels[inside], n)
    beyond = np.bincount(pairs.row[inside], (known - pairs.pixels)[inside], n)
    joined = shared / np.maximum(table.truth.area + beyond, 1)
    is_split = (number > 1) & (joined > 0.5)
    return inside & is_split[pairs.row], np.where(is_split, joined, 0.0)


def _merged(table: OverlapTable, pairs: _Pairs) -> Bools:
    """(k,) pairs of a truth with a prediction that covers more than half of it and of others of its label."""
    covers = pairs.same & (2 * pairs.pixels > table.truth.area[pairs.row])
    number = np.bincount(pairs.column[covers], minlength=len(table.prediction))
    return covers & (number[pairs.column] > 1)


def _mostly_opposite(table: OverlapTable, pairs: _Pairs) -> tuple[Bools, Bools]:
    """Truths mostly predicted as, and predictions mostly lying on, stuff where they are things or the other way."""
    row, column, pixels = pairs.row[pairs.across], pairs.column[pairs.across], pairs.pixels[pairs.across]
    lost = np.bincount(row, pixels, len(table.truth))
    invented = np.bincount(column, pixels, len(table.prediction))
    known = table.prediction.area - _on_void(table)
    return 2 * lost > table.truth.area, 2 * invented > known


def _set(types: tuple[NDArray[np.int8], NDArray[np.int8]], pairs: _Pairs, where: Bools, value: int) -> None:
    types[0][pairs.row[where]] = value
    types[1][pairs.column[where]] = value


def _on_void(table: OverlapTable) -> Ints:
    on_void = table.truth.label[table.truth_row] == VOID
    sums = np.zeros(len(table.prediction), np.int64)
    np.add.at(sums, table.prediction_row[on_void], table.pixels[on_void])
    return sums


def _mask(rows: Ints, n: int) -> Bools:
    inside = np.zeros(n, np.bool_)
    inside[rows] = True
    return inside
