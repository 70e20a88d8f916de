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
    i, j, k, run = np.int64(-1), np.int64(-1), np.int64(-1), 0
    for place in range(primary.size):
        a, b, c = np.int64(primary[place]), np.int64(secondary[place]), np.int64(truth[place])
        if run and a == i and b == j and c == k:
            run += 1
            continue
        if run:
            table[i, j, k] += run
            on[i, j] = True
        i, j, k, run = np.int64(-1), np.int64(-1), np.int64(-1), 0
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
    the table, or -1. Equal neighbours are looked up together: label maps come in long runs.
    """
    (m, n), place = table.shape, 0
    while place < primary.size:
        a, b = primary[place], secondary[place]
        if (a != void and (a < 0 or a >= m)) or (b != void and (b < 0 or b >= n)):
            return place
        found = np.int64(a) if a == void or b == void else np.int64(table[a, b])
        while place < primary.size and primary[place] == a and secondary[place] == b:
            output[place] = found
            place += 1
    return NONE_WRONG


@nb.njit(cache=True, nogil=True)
def sum_probabilities(
    ids: NDArray[np.int32],
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    columns: NDArray[np.int64],
    maps: NDArray[np.float32],
    sums: NDArray[np.float64],
    pixels: NDArray[np.float64],
) -> None:
    """sums[id] += maps[.., columns[id]] at each pixel of an id whose column is not -1; pixels[id] += 1.

    ids: (H, W). places: (H,) rows and (W,) columns of the (h, w, n) maps. columns, sums, pixels: one entry an id.
    """
    for r in range(ids.shape[0]):
        for c in range(ids.shape[1]):
            k = ids[r, c]
            if columns[k] >= 0:
                sums[k] += maps[places[0][r], places[1][c], columns[k]]
                pixels[k] += 1


@nb.njit(cache=True, nogil=True)
def positions(n_out: int, n_in: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the centres of n_out pixels lie among n_in samples: the sample before each, the weight of the one after.

    Half-pixel centres, clamped at the ends. Weights of pixels on a sample are exactly 0.
    """
    before, weight = np.empty(n_out, np.int64), np.empty(n_out, np.float64)
    for o in range(n_out):
        position = max((o + 0.5) * n_in / n_out - 0.5, 0.0)
        k = min(int(position), n_in - 1)
        before[o], weight[o] = k, position - k
    return before, weight


class _Samples(NamedTuple):
    """Probabilities and where the pixels lie among them: maps (h, w, n), down (H,) and right (W,) of `positions`."""

    maps: NDArray[Any]
    down: NDArray[np.float64]
    right: NDArray[np.float64]


class _Cell(NamedTuple):
    """The pixels between four neighbouring samples: half-open ranges of pixels, and the samples around them."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    top: int
    bottom: int
    left: int
    right: int


class _Table(NamedTuple):
    """What is known of two rows of samples, the even one in slot 0 and the odd one in slot 1, and of the cell between.

    held: (2,) which rows. found: (2, w, t) what speaks for each candidate. most: (2, w) the most of it. live: the
    candidates that may win in the cell, up to the first -1. corners: (t + 1, 4) what speaks for each of them at the top
    left, top right, bottom left and bottom right; the last row for the primary label.
    """

    held: NDArray[np.int64]
    found: NDArray[np.float64]
    most: NDArray[np.float64]
    live: NDArray[np.int64]
    corners: NDArray[np.float64]


# A view of an array costs more than the few numbers in it: below, everything is read by its index.
@nb.njit(cache=True, nogil=True)
def _sum(maps: NDArray[Any], place: tuple[int, int], lists: NDArray[np.int64], which: int) -> float:
    """The sum, at one place, of the maps in one of the lists."""
    total, n = 0.0, 0
    while lists[which, n] >= 0:
        total += maps[place[0], place[1], lists[which, n]]
        n += 1
    return total


@nb.njit(cache=True, nogil=True)
def _hold(maps: NDArray[Any], i: int, gains: NDArray[np.int64], table: _Table) -> None:
    """Put row i of samples into its slot of the table, unless it is there already."""
    slot = i % 2
    if table.held[slot] == i:
        return
    table.held[slot] = i
    for j in range(maps.shape[1]):
        most = 0.0
        for t in range(gains.shape[0]):
            found = _sum(maps, (i, j), gains, t)
            table.found[slot, j, t] = found
            most = max(most, found)
        table.most[slot, j] = most


@nb.njit(cache=True, nogil=True)
def _any_live(table: _Table, cell: _Cell, least: float) -> bool:
    """Find the candidates that may reach `least` in the cell: nothing in it is larger than at its largest corner."""
    above, below, n = cell.top % 2, cell.bottom % 2, 0
    most = max(table.most[above, cell.left], table.most[above, cell.right])
    if max(most, table.most[below, cell.left], table.most[below, cell.right]) < least:
        return False
    for t in range(table.found.shape[2]):
        a, b = table.found[above, cell.left, t], table.found[above, cell.right, t]
        c, d = table.found[below, cell.left, t], table.found[below, cell.right, t]
        if max(a, b, c, d) >= least:
            table.live[n] = t
            table.corners[n, 0], table.corners[n, 1], table.corners[n, 2], table.corners[n, 3] = a, b, c, d
            n += 1
    table.live[n] = -1
    return n > 0


@nb.njit(cache=True, nogil=True)
def _blend(corners: NDArray[np.float64], n: int, down: float, right: float) -> float:
    """Between the four of corners[n]: top left, top right, bottom left, bottom right."""
    above = (1 - right) * corners[n, 0] + right * corners[n, 1]
    below = (1 - right) * corners[n, 2] + right * corners[n, 3]
    return float((1 - down) * above + down * below)


@nb.njit(cache=True, nogil=True)
def _best(table: _Table, allowed: NDArray[np.bool_], label: int, place: tuple[float, float]) -> tuple[float, int]:
    """How much speaks for the best candidate at a place of the cell, and which it is, -1 if none."""
    best, winner, n = -1.0, -1, 0
    while table.live[n] >= 0:
        if allowed[label, table.live[n]]:
            value = _blend(table.corners, n, place[0], place[1])
            if value > best:
                best, winner = value, table.live[n]
        n += 1
    return best, winner


@nb.njit(cache=True, nogil=True)
def _weigh_cell(
    primary: NDArray[np.int32], samples: _Samples, cell: _Cell, odds: Odds, table: _Table, output: NDArray[np.int32]
) -> None:
    kept, kept_of = table.live.size - 1, -1
    for r in range(cell.rows[0], cell.rows[1]):
        for c in range(cell.columns[0], cell.columns[1]):
            label, down, right = primary[r, c], samples.down[r], samples.right[c]
            if label < 0:
                continue
            best, winner = _best(table, odds.allowed, label, (down, right))
            if winner < 0 or best < odds.least:
                continue
            if kept_of != label:
                kept_of = label
                for n in range(4):
                    corner = (cell.bottom if n > 1 else cell.top, cell.right if n % 2 else cell.left)
                    table.corners[kept, n] = _sum(samples.maps, corner, odds.keeps, label)
            if best > odds.ratio * _blend(table.corners, kept, down, right):
                output[r, c] = odds.output[winner]


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
    (height, width), n = maps.shape[:2], odds.gains.shape[0]
    row_before, down = positions(primary.shape[0], height)
    column_before, right = positions(primary.shape[1], width)
    samples, least = _Samples(maps, down, right), odds.least * (1 - 1e-12)  # rounding may lift what lies between
    held, found, most = np.array([-1, -1]), np.empty((2, width, n)), np.empty((2, width))
    table = _Table(held, found, most, np.empty(n + 1, np.int64), np.empty((n + 1, 4)))
    row = 0
    while row < primary.shape[0]:
        end_row, top, column = _end_of_cell(row_before, row), row_before[row], 0
        bottom = min(top + 1, height - 1)
        _hold(maps, top, odds.gains, table)
        _hold(maps, bottom, odds.gains, table)
        while column < primary.shape[1]:
            end, left = _end_of_cell(column_before, column), column_before[column]
            cell = _Cell((row, end_row), (column, end), top, bottom, left, min(left + 1, width - 1))
            if _any_live(table, cell, least):
                _weigh_cell(primary, samples, cell, odds, table, output)
            column = end
        row = end_row
