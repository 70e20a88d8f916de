"""Compiled counting. Import this module lazily: it loads numba (about 0.2 s), the rest of the room does not."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

_BLOCK = 16  # pixels that are compared at a time


@nb.njit(cache=True, nogil=True)
def count_runs(a: NDArray[np.int32], b: NDArray[np.int32], table: NDArray[np.int64]) -> None:
    """Add to table[a[i], b[i]] for every i. a, b: 1-D, contiguous, of equal length, values >= 0.

    Label maps come in long runs: one addition a run, not one a pixel. Inside a run, blocks of 16 pixels are compared
    without a branch as words of two, which the compiler turns into vector instructions.
    """
    n = a.size
    if n == 0:
        return
    words_a, words_b = a[: n - n % 2].view(np.int64), b[: n - n % 2].view(np.int64)
    run_a, run_b, start = a[0], b[0], 0
    blocks = n // _BLOCK
    for block in range(blocks + 1):
        begin = block * _BLOCK
        if block < blocks:
            twice_a = np.int64(run_a) << 32 | np.int64(run_a)
            twice_b = np.int64(run_b) << 32 | np.int64(run_b)
            changed = np.int64(0)
            for word in range(begin // 2, begin // 2 + _BLOCK // 2):
                changed |= (words_a[word] ^ twice_a) | (words_b[word] ^ twice_b)
            if changed == 0:
                continue
        for i in range(begin, min(begin + _BLOCK, n)):
            if a[i] != run_a or b[i] != run_b:
                table[run_a, run_b] += i - start
                run_a, run_b, start = a[i], b[i], i
    table[run_a, run_b] += n - start
