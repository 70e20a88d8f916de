"""Compiled loops of class extension. Import this module lazily: it loads numba (about 0.2 s), the rest does not."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

NONE_WRONG = -1


class Odds(NamedTuple):
    """What is weighed against what. Lists of maps are rows that end at the first -1.

    output: (t,) what each candidate is written as. gains: (t, a) the maps whose sum speaks for it. allowed: (m, t)
    for which primary labels it is a candidate. keeps: (m, b) the maps whose sum speaks for the primary label. A
    candidate wins when it is the largest (of equals the first), >= least, and > ratio x what is kept.
    """

    output: NDArray[np.int32]
    gains: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    keeps: NDArray[np.int64]
    least: float
    ratio: float


@nb.njit(cache=True, nogil=True)
def count_triples(
    primary: NDArray[Any],
    secondary: NDArray[Any],
    truth: NDArray[Any],
    void: int,
    table: NDArray[np.int64],
    on: NDArray[np.bool_],
) -> int:
    """Add to table[primary, secondary, truth] for every pixel at which none is void; mark on[primary, secondary].

    All 1-D and of equal length. Returns the first place of a label that is neither void nor in the table, or -1.
    Equal neighbours are counted together: label maps come in long runs.
    """
    m, n, n_truth = table.shape
    i, j, k, run = -1, -1, -1, 0
    for place in range(primary.size):
        a, b, c = np.int64(primary[place]), np.int64(secondary[place]), np.int64(truth[place])
        if a == i and b == j and c == k:
            run += 1
            continue
        if run:
            table[i, j, k] += run
            on[i, j] = True
        i, j, k, run = -1, -1, -1, 0
        for label, most in ((a, m), (b, n), (c, n_truth)):
            if label != void and (label < 0 or label >= most):
                return place
        if a != void and b != void and c != void:
            i, j, k, run = a, b, c, 1
    if run:
        table[i, j, k] += run
        on[i, j] = True
    return NONE_WRONG


@nb.njit(cache=True, nogil=True)
def look_up(
    table: NDArray[np.int32], primary: NDArray[Any], secondary: NDArray[Any], void: int, output: NDArray[Any]
) -> int:
    """output = table[primary, secondary]; void where the primary is, the primary where the secondary is void.

    All 1-D and of equal length but the (m, n) table. Returns the first place of a label that is neither void nor in
    the table, or -1.
    """
    m, n = table.shape
    for place in range(primary.size):
        a, b = np.int64(primary[place]), np.int64(secondary[place])
        if (a != void and (a < 0 or a >= m)) or (b != void and (b < 0 or b >= n)):
            return place
        if a == void or b == void:
            output[place] = a
        else:
            output[place] = table[a, b]
    return NONE_WRONG


@nb.njit(cache=True, nogil=True)
def positions(n_out: int, n_in: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the centres of n_out pixels lie among n_in samples: the sample before each, the weight of the one after.

    Half-pixel centres, clamped at the ends. Weights of pixels on a sample are exactly 0.
    """
    before, weight = np.empty(n_out, np.int64), np.empty(n_out, np.float64)
    for o in range(n_out):
        position = max((o + 0.5) * n_in / n_out - 0.5, 0.0)
        before[o] = min(int(position), n_in - 1)
        weight[o] = position - before[o]
    return before, weight


@nb.njit(cache=True, nogil=True)
def _blend(corners: NDArray[np.float64], down: float, right: float) -> float:
    """Between four corners: top left, top right, bottom left, bottom right."""
    above = (1 - right) * corners[0] + right * corners[1]
    below = (1 - right) * corners[2] + right * corners[3]
    return float((1 - down) * above + down * below)


@nb.njit(cache=True, nogil=True)
def _sums(maps: NDArray[Any], cell: tuple[int, int, int, int], chosen: NDArray[np.int64], out: NDArray[Any]) -> None:
    """out (4,) = the sum of the chosen maps, up to the first -1, at each corner of the cell."""
    top, bottom, left, end = cell
    out[:] = 0.0
    for k in chosen:
        if k < 0:
            break
        out[0] += maps[top, left, k]
        out[1] += maps[top, end, k]
        out[2] += maps[bottom, left, k]
        out[3] += maps[bottom, end, k]


@nb.njit(cache=True, nogil=True)
def _live(
    maps: NDArray[Any], cell: tuple[int, int, int, int], odds: Odds, corners: NDArray[Any], live: NDArray[np.int64]
) -> int:
    """Write the candidates that may reach the least probability somewhere in the cell to `live`; returns how many."""
    n = 0
    for t in range(odds.output.size):
        _sums(maps, cell, odds.gains[t], corners[t])
        if corners[t].max() >= odds.least:
            live[n] = t
            n += 1
    return n


@nb.njit(cache=True, nogil=True)
def _end_of_cell(before: NDArray[np.int64], first: int) -> int:
    end = first + 1
    while end < before.size and before[end] == before[first]:
        end += 1
    return end


@nb.njit(cache=True, nogil=True)
def weigh(primary: NDArray[np.int32], maps: NDArray[Any], odds: Odds, output: NDArray[np.int32]) -> None:
    """Write the winning candidates to output (H, W), which keeps its values elsewhere.

    primary: (H, W), -1 = void. maps: (h, w, n), upsampled bilinearly on the way: between four neighbouring samples
    nothing is larger than at the largest of them, so that most cells are passed over without reading a pixel.
    """
    row_before, down = positions(primary.shape[0], maps.shape[0])
    column_before, right = positions(primary.shape[1], maps.shape[1])
    corners, kept = np.empty((odds.output.size, 4)), np.empty(4)
    live = np.empty(odds.output.size, np.int64)
    row = 0
    while row < primary.shape[0]:
        end_row, i, column = _end_of_cell(row_before, row), row_before[row], 0
        while column < primary.shape[1]:
            end, j, kept_of = _end_of_cell(column_before, column), column_before[column], -1
            cell = (i, min(i + 1, maps.shape[0] - 1), j, min(j + 1, maps.shape[1] - 1))
            n = _live(maps, cell, odds, corners, live)
            for r in range(row if n else end_row, end_row):
                for c in range(column, end):
                    label, best, winner = primary[r, c], -1.0, -1
                    for t in live[: n if label >= 0 else 0]:
                        if odds.allowed[label, t]:
                            value = _blend(corners[t], down[r], right[c])
                            if value > best:
                                best, winner = value, t
                    if winner < 0 or best < odds.least:
                        continue
                    if kept_of != label:
                        _sums(maps, cell, odds.keeps[label], kept)
                        kept_of = label
                    if best > odds.ratio * _blend(kept, down[r], right[c]):
                        output[r, c] = odds.output[winner]
            column = end
        row = end_row
