"""Compiled counting of id PNGs. Import this module lazily: it loads numba (0.2 s), the rest of the room does not."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

_MIX = 0x9E3779B97F4A7C1  # a large odd number, which spreads neighbouring keys over the table (Knuth, vol. 3, §6.4)


@nb.njit(cache=True, nogil=True)
def count_rgb_runs(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    changes: NDArray[np.uint64],
    keys: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> bool:
    """Count the pixels of every pair of ids of two RGB images.

    a, b: (3 n,) bytes, n >= 1 pixels. changes: bytes read as words of eight, byte k not 0 where byte k + 3 of a or b
    differs from byte k; zeros behind. keys: filled with -1; counts: with 0; of one length, a power of two. Where a key
    id(a) << 24 | id(b) ends up, its pixels stand in counts. False when more than half of the places would be taken:
    try again with more. Ids are put together only where a run of equal pixels ends.
    """
    flags = changes.view(np.uint8)
    used, begin = 0, 0
    for word in range(changes.size):
        if changes[word] == 0:
            continue
        for k in range(8 * word, 8 * word + 8):
            if flags[k] == 0:
                continue
            end = k // 3 + 1  # the pixel that a new run begins with; up to three bytes say so
            if end == begin:
                continue
            used += _add(a, b, end, begin, keys, counts)
            begin = end
        if 2 * used > keys.size - 16:
            return False
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
