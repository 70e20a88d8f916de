"""Compiled work on id PNGs as runs of equal ids. Import this module lazily: it loads numba (0.2 s)."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from segweave.segmentation.kernels import lowest_bit

Ints = NDArray[np.int32]

_BLOCK = 48  # bytes of 16 pixels, whose changes fit into one word
_FIRST_BYTES = np.uint64(0x249249249249)  # of each of these pixels
_ONE, _TWO = np.uint64(1), np.uint64(2)
_MIX = 0x9E3779B97F4A7C1  # a large odd number, which spreads neighbouring keys over the table (Knuth, vol. 3, §6.4)
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4  # filter types (PNG specification, §9.2)


@nb.njit(cache=True, nogil=True)
def runs_of_pixels(rgb: NDArray[np.uint8], start: Ints, ids: Ints) -> int:
    """Runs of equal pixels of an RGB image of n >= 1 pixels, (3 n,) bytes. Returns their number.

    start: the first pixel of each run, in reading order; ids: R + 256 G + 65536 B of each. (n,) each.
    """
    n, at = 0, 3
    start[0] = 0
    while at + _BLOCK <= rgb.size:
        changes = np.uint64(0)
        here, before = rgb[at : at + _BLOCK], rgb[at - 3 : at - 3 + _BLOCK]
        for k in range(_BLOCK):
            changes |= np.uint64((here[k] ^ before[k]) != 0) << np.uint64(k)
        changes = (changes | changes >> _ONE | changes >> _TWO) & _FIRST_BYTES
        while changes != 0:
            n += 1
            start[n] = (at + lowest_bit(changes)) // 3
            changes &= changes - _ONE
        at += _BLOCK
    for k in range(at, rgb.size, 3):
        if rgb[k] != rgb[k - 3] or rgb[k + 1] != rgb[k - 2] or rgb[k + 2] != rgb[k - 1]:
            n += 1
            start[n] = k // 3
    for k in range(n + 1):
        first = 3 * np.int64(start[k])
        ids[k] = np.int32(rgb[first]) | np.int32(rgb[first + 1]) << 8 | np.int32(rgb[first + 2]) << 16
    return n + 1


@nb.njit(cache=True, nogil=True)
def runs_of_rows(place: Ints, value: NDArray[np.uint8], size: tuple[int, int], start: Ints, ids: Ints) -> int:
    """The same of the filtered rows of an 8-bit RGB PNG, given by their bytes that are not 0 (`inflate_sparse`).

    place: ascending. size: (height, width) px. A run ends with its row. 0: a filter type is unknown.
    """
    height, width = size
    j, n, above = 0, 0, 0
    for row in range(height):
        base = row * (1 + 3 * width)
        kind = np.int64(0)
        if j < place.size and place[j] == base:
            kind = np.int64(value[j])
            j += 1
        if kind > _PAETH:
            return 0
        first = n
        j, n = _runs_of_row(kind, (place, value, j), (row, width), (above, first), (start, ids))
        above = first
    return n


@nb.njit(cache=True, nogil=True, inline="always")
def _runs_of_row(kind, stored, where, runs, output):  # type: ignore[no-untyped-def]
    """Add a row's runs: (next byte that is not 0, next run).

    Where neither the row above changes nor a byte is stored, pixels go on as they are once the filter predicts so.
    """
    place, value, j = stored
    row, width = where
    above, first = runs
    start, ids = output
    n, begin, base = first, row * width, row * (1 + 3 * width) + 1
    left, up_left, x = np.int64(0), np.int64(0), 0
    while x < width:
        up, up_ends = np.int64(0), width
        if row:
            while above + 1 < first and start[above + 1] + width <= begin + x:
                above += 1
            up = np.int64(ids[above])
            if above + 1 < first:
                up_ends = start[above + 1] + width - begin
        pixel = _predicted(kind, left, up, up_left)
        difference = np.int64(0)
        while j < place.size and place[j] < base + 3 * (x + 1):
            difference |= np.int64(value[j]) << (8 * (place[j] - base - 3 * x))
            j += 1
        if difference:  # byte by byte, without carry
            pixel = (pixel & 0x7F7F7F) + (difference & 0x7F7F7F) ^ (pixel ^ difference) & 0x808080
        if pixel != left or n == first:
            start[n], ids[n] = begin + x, pixel
            n += 1
        left, up_left = pixel, up
        x += 1
        if x < up_ends and _predicted(kind, pixel, up, up) == pixel:
            stored_at = (place[j] - base) // 3 if j < place.size else width
            x = min(up_ends, max(x, stored_at))
    return j, n


@nb.njit(cache=True, nogil=True, inline="always")
def _predicted(kind, left, up, up_left):  # type: ignore[no-untyped-def]
    """What a filter predicts of a pixel, as an id."""
    if kind == _UP:
        return up
    if kind == _SUB:
        return left
    if kind == _PAETH:
        if up == up_left:
            return left
        if left == up_left:
            return up
        red = _paeth(left & 255, up & 255, up_left & 255)
        green = _paeth(left >> 8 & 255, up >> 8 & 255, up_left >> 8 & 255)
        return red | green << 8 | _paeth(left >> 16, up >> 16, up_left >> 16) << 16
    if kind == _AVERAGE:
        return (left & up) + ((left ^ up) >> 1 & 0x7F7F7F)
    return 0


@nb.njit(cache=True, nogil=True, inline="always")
def _paeth(left, up, up_left):  # type: ignore[no-untyped-def]
    """§9.4."""
    to_left, to_up, to_corner = abs(up - up_left), abs(left - up_left), abs(left + up - 2 * up_left)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else up_left


@nb.njit(cache=True, nogil=True)
def count_joint_runs(
    a: tuple[Ints, Ints], b: tuple[Ints, Ints], n: int, keys: NDArray[np.int64], counts: NDArray[np.int64]
) -> bool:
    """Count the pixels of every pair of ids of two images of n pixels, given as (start, ids) of their runs.

    keys: filled with -1; counts: with 0; of one length, a power of two. Where a key id(a) << 24 | id(b) ends up, its
    pixels stand in counts. False when more than half of the places would be taken: try again with more.
    """
    a_start, a_ids = a
    b_start, b_ids = b
    mask = keys.size - 1
    used = begin = i = j = 0
    while begin < n:
        a_end = int(a_start[i + 1]) if i + 1 < a_start.size else n
        b_end = int(b_start[j + 1]) if j + 1 < b_start.size else n
        key = np.int64(a_ids[i]) << 24 | np.int64(b_ids[j])
        place = (key * np.int64(_MIX)) >> 40 & mask
        while keys[place] != key and keys[place] != -1:
            place = (place + 1) & mask
        if keys[place] == -1:
            keys[place] = key
            used += 1
            if 2 * used > keys.size:
                return False
        end = min(a_end, b_end)
        counts[place] += end - begin
        i += a_end == end
        j += b_end == end
        begin = end
    return True
