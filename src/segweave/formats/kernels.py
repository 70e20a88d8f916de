"""Compiled counting of id PNGs. Import this module lazily: it loads numba (0.2 s), the rest of the room does not."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from segweave.segmentation.kernels import lowest_bit

_BLOCK = 48  # bytes of 16 pixels, whose changes fit into one word
_FIRST_BYTES = np.uint64(0x249249249249)  # of each of these pixels
_ONE, _TWO = np.uint64(1), np.uint64(2)
_MIX = 0x9E3779B97F4A7C1  # a large odd number, which spreads neighbouring keys over the table (Knuth, vol. 3, §6.4)


@nb.njit(cache=True, nogil=True)
def count_rgb_runs(
    a: NDArray[np.uint8], b: NDArray[np.uint8], keys: NDArray[np.int64], counts: NDArray[np.int64]
) -> bool:
    """Count the pixels of every pair of ids of two RGB images.

    a, b: (3 n,) bytes, n >= 1 pixels. keys: filled with -1; counts: with 0; of one length, a power of two. Where a key
    id(a) << 24 | id(b) ends up, its pixels stand in counts. False when more than half of the places would be taken:
    try again with more. Ids are put together only where a run of equal pixels ends.
    """
    used, begin, at = 0, 0, 3
    while at + _BLOCK <= a.size:
        changes = np.uint64(0)
        a_here, a_before = a[at : at + _BLOCK], a[at - 3 : at - 3 + _BLOCK]
        b_here, b_before = b[at : at + _BLOCK], b[at - 3 : at - 3 + _BLOCK]
        for k in range(_BLOCK):
            changes |= np.uint64(((a_here[k] ^ a_before[k]) | (b_here[k] ^ b_before[k])) != 0) << np.uint64(k)
        if changes != 0:
            changes = (changes | changes >> _ONE | changes >> _TWO) & _FIRST_BYTES
            while changes != 0:
                end = (at + lowest_bit(changes)) // 3
                changes &= changes - _ONE
                used += _add(a, b, end, begin, keys, counts)
                begin = end
            if 2 * used > keys.size - _BLOCK:
                return False
        at += _BLOCK
    for end in range(at // 3, a.size // 3):
        k, differs = 3 * end, False
        for byte in range(k, k + 3):
            differs |= (a[byte] != a[byte - 3]) | (b[byte] != b[byte - 3])
        if differs:
            used += _add(a, b, end, begin, keys, counts)
            begin = end
    _add(a, b, a.size // 3, begin, keys, counts)
    return True


@nb.njit(cache=True, nogil=True, inline="always")
def _add(a, b, end, begin, keys, counts):  # type: ignore[no-untyped-def]
    k = 3 * begin
    first = np.int64(a[k]) | np.int64(a[k + 1]) << 8 | np.int64(a[k + 2]) << 16
    second = np.int64(b[k]) | np.int64(b[k + 1]) << 8 | np.int64(b[k + 2]) << 16
    key = first << 24 | second
    mask = keys.size - 1
    place = (key * np.int64(_MIX)) >> 40 & mask
    while keys[place] != key and keys[place] != -1:
        place = (place + 1) & mask
    new = np.int64(keys[place] == -1)
    keys[place] = key
    counts[place] += end - begin
    return new
