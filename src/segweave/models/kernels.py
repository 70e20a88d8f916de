"""Compiled decoding. Import this module lazily: it loads numba (about 0.2 s).

A cell is the rectangle of output pixels between four neighbouring samples of a coarse map. Bilinear interpolation is a
weighted mean of those four, so whatever wins at all four corners wins everywhere inside: most cells are filled without
interpolating anything, and the full-resolution maps never exist.
"""

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

Found = NDArray[np.int64]
"""Channels of a map, as far as they have been found."""


@nb.njit(cache=True, nogil=True)
def sample_positions(
    n_out: int, n_in: int, extent: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Where the centres of n_out pixels lie among n_in samples (half-pixel centres, clamped at the ends).

    extent: so many samples, from the first, show what the pixels show; the rest is padding.
    Returns the sample before each pixel, the weight of the one after it, and the first pixel of each cell.
    """
    before = np.empty(n_out, np.int64)
    weight = np.empty(n_out, np.float64)
    first = np.zeros(n_in + 1, np.int64)
    for o in range(n_out):
        position = max((o + 0.5) * extent / n_out - 0.5, 0.0)
        k = min(int(position), n_in - 1)
        before[o] = k
        weight[o] = position - k
        first[k + 1] += 1
    for k in range(n_in):
        first[k + 1] += first[k]
    return before, weight, first


@nb.njit(cache=True, nogil=True)
def _between(low: float, high: float, weight: float) -> float:
    return (1 - weight) * low + weight * high


@nb.njit(cache=True, nogil=True)
def _blend(
    maps: NDArray[np.float32], corners: tuple[int, int, int, int], down: float, right: float, channel: int
) -> float:
    top, bottom, left, end = corners
    first = _between(maps[top, left, channel], maps[bottom, left, channel], down)
    return _between(first, _between(maps[top, end, channel], maps[bottom, end, channel], down), right)


@nb.njit(cache=True, nogil=True)
def _edges(
    maps: NDArray[np.float32], corners: tuple[int, int, int, int], down: float, found: Found, edges: NDArray[np.float64]
) -> None:
    """edges (2, n): what the channels `found` are at the left and right end of a row of pixels in the cell."""
    top, bottom, left, end = corners
    for f in range(len(found)):
        k = found[f]
        edges[0, f] = _between(maps[top, left, k], maps[bottom, left, k], down)
        edges[1, f] = _between(maps[top, end, k], maps[bottom, end, k], down)


@nb.njit(cache=True, nogil=True)
def _candidates(maps: NDArray[np.float32], corners: tuple[int, int, int, int], found: Found) -> int:
    """Write the channels that may win somewhere in the cell to `found`; returns how many.

    A channel whose largest corner is below another one's smallest corner cannot win.
    """
    top, bottom, left, end = corners
    floor = -np.inf
    for k in range(maps.shape[2]):
        low = min(maps[top, left, k], maps[top, end, k], maps[bottom, left, k], maps[bottom, end, k])
        floor = max(floor, low)
    n = 0
    for k in range(maps.shape[2]):
        if max(maps[top, left, k], maps[top, end, k], maps[bottom, left, k], maps[bottom, end, k]) >= floor:
            found[n] = k
            n += 1
    return n


@nb.njit(cache=True, nogil=True)
def argmax_upsampled(maps: NDArray[np.float32], window: tuple[float, float], winners: NDArray[np.int32]) -> None:
    """winners (H, W) = argmax over k of maps (h, w, n) upsampled bilinearly; at a tie the lowest k.

    window: the rows and columns of the maps, from the top left, that show the pixels of `winners`.
    """
    height, width, n_maps = maps.shape
    _, down, first_row = sample_positions(winners.shape[0], height, window[0])
    _, right, first_column = sample_positions(winners.shape[1], width, window[1])
    best = np.empty((height, width), np.int32)
    for i in range(height):
        for j in range(width):
            best[i, j] = np.argmax(maps[i, j])
    found, edges = np.empty(n_maps, np.int64), np.empty((2, n_maps), np.float64)
    for i in range(height):
        below = min(i + 1, height - 1)
        for j in range(width):
            beside = min(j + 1, width - 1)
            k = best[i, j]
            cell = winners[first_row[i] : first_row[i + 1], first_column[j] : first_column[j + 1]]
            if k == best[below, j] and k == best[i, beside] and k == best[below, beside]:
                cell[:] = k
                continue
            corners = (i, below, j, beside)
            n = _candidates(maps, corners, found)
            for r in range(cell.shape[0]):
                _edges(maps, corners, down[first_row[i] + r], found[:n], edges)
                for c in range(cell.shape[1]):
                    top_value = -np.inf
                    for f in range(n):
                        value = _between(edges[0, f], edges[1, f], right[first_column[j] + c])
                        if value > top_value:
                            top_value = value
                            cell[r, c] = found[f]


@nb.njit(cache=True, nogil=True)
def nearest_centers(
    labels: NDArray[np.int32],
    is_thing: NDArray[np.bool_],
    offsets: NDArray[np.float32],
    centers: NDArray[np.float32],
    owners: NDArray[np.int32],
) -> None:
    """owners (H, W) = 1 + the centre nearest to where each thing pixel points; 0 for all other pixels.

    labels (H, W); offsets (h, w, 2) rows, columns in cells of that grid; centers (n, 2) in the same grid, n >= 1.
    """
    height, width = offsets.shape[:2]
    row_before, down, _ = sample_positions(labels.shape[0], height, float(height))
    column_before, right, _ = sample_positions(labels.shape[1], width, float(width))
    for r in range(labels.shape[0]):
        i = row_before[r]
        for c in range(labels.shape[1]):
            owners[r, c] = 0
            if labels[r, c] < 0 or not is_thing[labels[r, c]]:
                continue
            j = column_before[c]
            corners = (i, min(i + 1, height - 1), j, min(j + 1, width - 1))
            row = i + down[r] + _blend(offsets, corners, down[r], right[c], 0)
            column = j + right[c] + _blend(offsets, corners, down[r], right[c], 1)
            closest = np.inf
            for k in range(len(centers)):
                distance = (centers[k, 0] - row) ** 2 + (centers[k, 1] - column) ** 2
                if distance < closest:
                    closest = distance
                    owners[r, c] = k + 1


@nb.njit(cache=True, nogil=True)
def nearest_samples(n_out: int, n_in: int, extent: float) -> NDArray[np.int64]:
    """(n_out,) the sample nearest to each pixel; arguments as in `sample_positions`."""
    nearest = np.empty(n_out, np.int64)
    for o in range(n_out):
        nearest[o] = min(int((o + 0.5) * extent / n_out), n_in - 1)
    return nearest


@nb.njit(cache=True, nogil=True)
def sum_of_label(
    ids: NDArray[np.int32],
    label_of: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    window: tuple[float, float],
    sums: NDArray[np.float64],
    areas: NDArray[np.int64],
) -> None:
    """sums[id] += the probability of that segment's label, read at the sample nearest to each of its pixels.

    ids (H, W), 0 = void; label_of, sums, areas: one entry an id; probabilities (h, w, n), shown by the pixels as
    far as `window` goes. areas[id] += pixels.
    """
    rows = nearest_samples(ids.shape[0], probabilities.shape[0], window[0])
    columns = nearest_samples(ids.shape[1], probabilities.shape[1], window[1])
    for r in range(ids.shape[0]):
        for c in range(ids.shape[1]):
            k = ids[r, c]
            if k > 0:
                sums[k] += probabilities[rows[r], columns[c], label_of[k]]
                areas[k] += 1


@nb.njit(cache=True, nogil=True)
def _likely(maps: NDArray[np.float32], corners: tuple[int, int, int, int], are_logits: bool, found: Found) -> int:
    """Write the channels that can have a share above 1e-12 somewhere in the cell to `found`; returns how many."""
    top, bottom, left, end = corners
    floor = -np.inf if are_logits else 0.0
    for k in range(maps.shape[2]):
        low = min(maps[top, left, k], maps[top, end, k], maps[bottom, left, k], maps[bottom, end, k])
        floor = max(floor, float(low))
    least = floor - 28 if are_logits else floor * 1e-12
    n = 0
    for k in range(maps.shape[2]):
        if max(maps[top, left, k], maps[top, end, k], maps[bottom, left, k], maps[bottom, end, k]) >= least:
            found[n] = k
            n += 1
    return n


@nb.njit(cache=True, nogil=True)
def _shares(values: NDArray[np.float64], are_logits: bool) -> tuple[int, float, float]:
    """The place of the largest value (the first of equals), its share of the sum, and the entropy of the shares, nats.

    Logits count as their exponentials.
    """
    best = np.argmax(values)
    total, weighted = 0.0, 0.0
    for value in values:
        if are_logits:
            weight = math.exp(value - values[best])
            weighted += weight * (value - values[best])
        else:
            weight = value / values[best] if values[best] > 0 else 1.0  # all zero: nothing is known, all are equal
            weighted += weight * math.log(weight) if weight > 0 else 0.0
        total += weight
    return int(best), 1 / total, max(math.log(total) - weighted / total, 0.0)


@nb.njit(cache=True, nogil=True)
def scores_upsampled(
    maps: NDArray[np.float32],
    window: tuple[float, float],
    are_logits: bool,
    winners: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> None:
    """winners (H, W) as `argmax_upsampled`; scores (2, H, W) = the winner's probability and the entropy in nats."""
    height, width, n_maps = maps.shape
    row_before, down, _ = sample_positions(winners.shape[0], height, window[0])
    column_before, right, _ = sample_positions(winners.shape[1], width, window[1])
    found, edges = np.empty(n_maps, np.int64), np.empty((2, n_maps), np.float64)
    values = np.empty(n_maps, np.float64)
    for r in range(winners.shape[0]):
        i, last, n = row_before[r], -1, 0
        for c in range(winners.shape[1]):
            j = column_before[c]
            if j != last:
                corners = (i, min(i + 1, height - 1), j, min(j + 1, width - 1))
                n, last = _likely(maps, corners, are_logits, found), j
                _edges(maps, corners, down[r], found[:n], edges)
            for f in range(n):
                values[f] = _between(edges[0, f], edges[1, f], right[c])
            best, scores[0, r, c], scores[1, r, c] = _shares(values[:n], are_logits)
            winners[r, c] = found[best]
