"""Compiled decoding of mask queries and boxes. Import this module lazily: it loads numba (about 0.2 s).

Cells are those of `models/kernels.py`. What a query is worth at a pixel, its score times the sigmoid of its logit,
grows with the logit, and an interpolated logit lies between the smallest and the largest of the cell's corners. So a
query whose best corner is worth less than some other query's worst corner wins nowhere in the cell; most cells have one
possible winner and are filled without interpolating anything.
"""

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from segweave.models.kernels import nearest_samples, sample_positions

Corners = tuple[float, float, float, float]
Places = tuple[NDArray[np.int64], NDArray[np.float64]]
Mask = NDArray[np.bool_]
WON, INSIDE, BOTH = 0, 1, 2  # columns of the counts
MARGIN = 1 - 1e-9  # bounds are that much lower than computed: rounding must not lose a rival


@nb.njit(cache=True, nogil=True)
def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-np.float64(logit)))  # the exponential of a float32 would be one


@nb.njit(cache=True, nogil=True)
def _corners(maps: NDArray[np.float32], q: int, i: int, j: int) -> Corners:
    below, beside = min(i + 1, maps.shape[1] - 1), min(j + 1, maps.shape[2] - 1)
    return (
        np.float64(maps[q, i, j]),
        np.float64(maps[q, i, beside]),
        np.float64(maps[q, below, j]),
        np.float64(maps[q, below, beside]),
    )


@nb.njit(cache=True, nogil=True)
def _blend(corners: Corners, down: float, right: float) -> float:
    first = (1 - down) * corners[0] + down * corners[2]
    last = (1 - down) * corners[1] + down * corners[3]
    return float((1 - right) * first + right * last)


@nb.njit(cache=True, nogil=True)
def _lowest(corners: Corners) -> float:
    return min(min(corners[0], corners[1]), min(corners[2], corners[3]))


@nb.njit(cache=True, nogil=True)
def _highest(corners: Corners) -> float:
    return max(max(corners[0], corners[1]), max(corners[2], corners[3]))


@nb.njit(cache=True, nogil=True)
def _corners_of(rivals: NDArray[np.float64], f: int) -> Corners:
    return rivals[f, 2], rivals[f, 3], rivals[f, 4], rivals[f, 5]


@nb.njit(cache=True, nogil=True)
def _row_of_cells(
    maps: NDArray[np.float32],
    scores: NDArray[np.float64],
    i: int,
    highs: NDArray[np.float32],
    bounds: NDArray[np.float64],
) -> None:
    """highs (n, w): the largest corner of each query in each cell of row i. bounds (2, w): every winner in the cell is
    worth that much, because one query is; and no query of a lower logit is.
    """
    n, height, width = maps.shape
    below = min(i + 1, height - 1)
    smallest, largest = np.empty(width + 1, np.float32), np.empty(width + 1, np.float32)
    low, leader, best_score = np.full(width, -np.inf, np.float32), np.zeros(width, np.int32), scores.max()
    for q in range(n):
        upper, lower = maps[q, i], maps[q, below]
        for j in range(width):
            smallest[j], largest[j] = min(upper[j], lower[j]), max(upper[j], lower[j])
        smallest[width], largest[width] = smallest[width - 1], largest[width - 1]
        for j in range(width):
            highs[q, j] = max(largest[j], largest[j + 1])
            least = min(smallest[j], smallest[j + 1])
            if least > low[j]:
                low[j], leader[j] = least, q
    for j in range(width):
        worth = scores[leader[j]] * _sigmoid(low[j]) * MARGIN
        share = worth / best_score
        bounds[0, j], bounds[1, j] = worth, math.log(share / (1 - share)) - 1e-6 if share > 0 else -np.inf


@nb.njit(cache=True, nogil=True)
def _rivals(
    maps: NDArray[np.float32],
    scores: NDArray[np.float64],
    place: tuple[int, int],
    highs: NDArray[np.float32],
    bounds: NDArray[np.float64],
    rivals: NDArray[np.float64],
) -> int:
    """Write query, score and corners of those that may win somewhere in the cell to `rivals`; returns how many."""
    i, j = place
    found, floor, needed = 0, bounds[0, j], bounds[1, j]
    for q in range(len(scores)):
        if highs[q, j] >= needed:
            corners = _corners(maps, q, i, j)
            rivals[found, 0], rivals[found, 1] = q, scores[q]
            rivals[found, 2], rivals[found, 3], rivals[found, 4], rivals[found, 5] = corners
            found += 1
    if found == 1:
        return 1
    for f in range(found):
        floor = max(floor, rivals[f, 1] * _sigmoid(_lowest(_corners_of(rivals, f))) * MARGIN)
    kept = 0
    for f in range(found):  # again, now that the floor is that of the best of all
        if rivals[f, 1] * _sigmoid(_highest(_corners_of(rivals, f))) >= floor:
            for k in range(6):
                rivals[kept, k] = rivals[f, k]
            kept += 1
    return kept


@nb.njit(cache=True, nogil=True)
def _fill_cell(
    cell: NDArray[np.int32],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
    rivals: NDArray[np.float64],
    threshold: float,
    counts: NDArray[np.int64],
) -> None:
    """Write 1 + the winner of each pixel, negative where its logit is below the threshold, and count.

    rivals (n, 6): query, score and corners of those that may win, in order of the query.
    """
    for r in range(cell.shape[0]):
        for c in range(cell.shape[1]):
            best, winner, logit = -1.0, 0, 0.0
            for f in range(len(rivals)):
                value = _blend(_corners_of(rivals, f), weights[0][r], weights[1][c])
                worth = rivals[f, 1] * _sigmoid(value)
                if worth > best:
                    best, winner, logit = worth, int(rivals[f, 0]), value
            counts[winner, WON] += 1
            counts[winner, BOTH] += logit >= threshold
            cell[r, c] = winner + 1 if logit >= threshold else -winner - 1


@nb.njit(cache=True, nogil=True)
def _settle(
    cell: NDArray[np.int32],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
    rivals: NDArray[np.float64],
    threshold: float,
    counts: NDArray[np.int64],
) -> None:
    """`_fill_cell`, at once where nothing needs to be interpolated."""
    if len(rivals) == 1:
        winner, corners = int(rivals[0, 0]), _corners_of(rivals, 0)
        is_inside = _lowest(corners) > threshold
        if is_inside or _highest(corners) < threshold:
            value = winner + 1 if is_inside else -winner - 1
            for r in range(cell.shape[0]):
                for c in range(cell.shape[1]):
                    cell[r, c] = value
            counts[winner, WON] += cell.size
            counts[winner, BOTH] += cell.size if is_inside else 0
            return
    _fill_cell(cell, weights, rivals, threshold, counts)


@nb.njit(cache=True, nogil=True)
def _count_masks(
    maps: NDArray[np.float32],
    place: tuple[int, int],
    highs: NDArray[np.float32],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
    threshold: float,
    counts: NDArray[np.int64],
) -> None:
    """Add the pixels of the cell that are in each query's mask."""
    i, j = place
    for q in range(len(maps)):
        if highs[q, j] < threshold:
            continue
        corners = _corners(maps, q, i, j)
        if _lowest(corners) > threshold:
            counts[q, INSIDE] += len(weights[0]) * len(weights[1])
            continue
        for down in weights[0]:
            for right in weights[1]:
                counts[q, INSIDE] += _blend(corners, down, right) >= threshold


@nb.njit(cache=True, nogil=True)
def query_winners(
    maps: NDArray[np.float32],
    scores: NDArray[np.float64],
    threshold: float,
    window: tuple[float, float],
    winners: NDArray[np.int32],
) -> NDArray[np.int64]:
    """winners (H, W) = 1 + argmax over q of scores[q] * sigmoid(maps (n, h, w) upsampled); at a tie the lowest q.

    Negative where the winner's logit is below `threshold` (a float32). n >= 1, scores > 0. Returns (n, 3): the pixels
    each query won, those of its mask (logit at or above the threshold), and those it won that are in its mask.
    """
    n, height, width = maps.shape
    _, down, first_row = sample_positions(winners.shape[0], height, window[0])
    _, right, first_column = sample_positions(winners.shape[1], width, window[1])
    highs, bounds = np.empty((n, width), np.float32), np.empty((2, width), np.float64)
    counts, rivals = np.zeros((n, 3), np.int64), np.empty((n, 6), np.float64)
    for i in range(height):
        top, bottom = first_row[i], first_row[i + 1]
        if top == bottom:
            continue
        _row_of_cells(maps, scores, i, highs, bounds)
        for j in range(width):
            left, end = first_column[j], first_column[j + 1]
            if left == end:
                continue
            weights = (down[top:bottom], right[left:end])
            found = _rivals(maps, scores, (i, j), highs, bounds, rivals)
            _settle(winners[top:bottom, left:end], weights, rivals[:found], threshold, counts)
            _count_masks(maps, (i, j), highs, weights, threshold, counts)
    return counts


@nb.njit(cache=True, nogil=True)
def take_queries(
    winners: NDArray[np.int32],
    id_of: NDArray[np.int32],
    maps: NDArray[np.float32],
    window: tuple[float, float],
) -> NDArray[np.float64]:
    """In place: winners (H, W) of `query_winners` to ids, id_of (n,), 0 = void, which negative ones become too.

    Returns (n,): the sum of each query's mask probabilities over its pixels, each read at the nearest sample.
    """
    rows = nearest_samples(winners.shape[0], maps.shape[1], window[0])
    columns = nearest_samples(winners.shape[1], maps.shape[2], window[1])
    sums = np.zeros(len(id_of), np.float64)
    known, known_query = np.empty(maps.shape[2], np.float64), np.empty(maps.shape[2], np.int32)
    for r in range(winners.shape[0]):
        if r == 0 or rows[r] != rows[r - 1]:
            known_query[:] = -1
        for c in range(winners.shape[1]):
            q, j = winners[r, c] - 1, columns[c]
            if q < 0 or id_of[q] == 0:
                winners[r, c] = 0
                continue
            if known_query[j] != q:  # neighbours share a sample, and mostly a winner: few exponentials
                known_query[j], known[j] = q, _sigmoid(maps[q, rows[r], j])
            winners[r, c] = id_of[q]
            sums[q] += known[j]
    return sums


@nb.njit(cache=True, nogil=True)
def mask_above(samples: NDArray[np.float32], rows: Places, columns: Places, threshold: float, mask: Mask) -> None:
    """mask (H, W) = a map (1, h, w), interpolated at the samples and weights of rows and columns, >= threshold."""
    for r in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            corners = _corners(samples, 0, rows[0][r], columns[0][c])
            mask[r, c] = _blend(corners, rows[1][r], columns[1][c]) >= threshold


@nb.njit(cache=True, nogil=True)
def probability_inside(samples: NDArray[np.float32], rows: Places, columns: Places, mask: Mask) -> float:
    """The sum of the sigmoids of a map of logits over the pixels of its mask; arguments as in `mask_above`."""
    total = 0.0
    for r in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            if mask[r, c]:
                corners = _corners(samples, 0, rows[0][r], columns[0][c])
                total += _sigmoid(_blend(corners, rows[1][r], columns[1][c]))
    return total
