"""Compiled counting. Import this module lazily: it loads numba (about 0.2 s), the rest of the room does not."""

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, nogil=True)
def count_runs(a: NDArray[np.int32], b: NDArray[np.int32], table: NDArray[np.int64]) -> None:
    """Add to table[a[i], b[i]] for every i. Label maps come in long runs: one addition a run, 16 pixels a look."""
    i, n = 0, a.size
    while i < n:
        first_a, first_b, start = a[i], b[i], i
        i += 1
        while i + 16 <= n:
            changed = np.int32(0)
            for j in range(16):  # branch-free, so that the compiler uses vector registers
                changed |= (a[i + j] ^ first_a) | (b[i + j] ^ first_b)
            if changed != 0:
                break
            i += 16
        while i < n and a[i] == first_a and b[i] == first_b:
            i += 1
        table[first_a, first_b] += i - start
