"""Compiled counting. Import this module lazily: it loads numba (about 0.2 s), the rest of the room does not."""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

_BLOCK = 64  # pixels whose changes fit into one word
_ONE = np.uint64(1)
# Every six bits in a row of this number are different, so they tell its shifts apart (Leiserson et al. 1998, "Using de
# Bruijn Sequences to Index a 1 in a Computer Word").
_SEQUENCE = np.uint64(0x03F79D71B4CB0A89)
_SHIFT_OF = np.zeros(64, np.int64)
_SHIFT_OF[(_SEQUENCE << np.arange(64, dtype=np.uint64)) >> np.uint64(58)] = np.arange(64)


@nb.njit(cache=True, nogil=True)
def count_runs(a: NDArray[Any], b: NDArray[Any], table: NDArray[np.int64], void: int) -> int:
    """Add to table[a[i], b[i]] for every i; -1 stands for the last row or column.

    a, b: 1-D, contiguous, of equal length and type. void: 1 where the last row and column are for -1 alone, else 0.
    Returns how many were counted: all, or those before a run of values that are not in the table. Label maps come in
    long runs, so there is one addition a run, not one a pixel; where runs end is found for 64 pixels at a time,
    without a branch, which the compiler turns into vector instructions.
    """
    n = a.size
    if n == 0:
        return 0
    begin, at = 0, 1
    while at + _BLOCK <= n:
        changes = np.uint64(0)
        a_here, a_before = a[at : at + _BLOCK], a[at - 1 : at - 1 + _BLOCK]
        b_here, b_before = b[at : at + _BLOCK], b[at - 1 : at - 1 + _BLOCK]
        for k in range(_BLOCK):
            changes |= np.uint64(((a_here[k] ^ a_before[k]) | (b_here[k] ^ b_before[k])) != 0) << np.uint64(k)
        while changes != 0:
            end = at + lowest_bit(changes)
            changes &= changes - _ONE
            if not _add(a[begin], b[begin], end - begin, table, void):
                return begin
            begin = end
        at += _BLOCK
    for end in range(at, n):
        if a[end] != a[end - 1] or b[end] != b[end - 1]:
            if not _add(a[begin], b[begin], end - begin, table, void):
                return begin
            begin = end
    return n if _add(a[begin], b[begin], n - begin, table, void) else begin


@nb.njit(cache=True, nogil=True, inline="always")
def lowest_bit(word):  # type: ignore[no-untyped-def]
    """The place of the lowest 1 of a uint64 that is not 0."""
    return _SHIFT_OF[((word & (~word + _ONE)) * _SEQUENCE) >> np.uint64(58)]


@nb.njit(cache=True, nogil=True, inline="always")
def _add(first, second, pixels, table, void):  # type: ignore[no-untyped-def]
    row, column = np.int64(first), np.int64(second)
    if row < -1 or row >= table.shape[0] - void or column < -1 or column >= table.shape[1] - void:
        return False
    table[row, column] += pixels
    return True
