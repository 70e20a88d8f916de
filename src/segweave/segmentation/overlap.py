"""The one counting primitive: pixels shared by every pair of segments. IoU, PQ, agreement, tracking all read it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.segmentation.segmentation import Ids, Segmentation

Counts = NDArray[np.int64]

_DENSE = 1 << 20  # cells of a table that is quicker to fill and search than to sort for


def overlap(a: Segmentation, b: Segmentation) -> NDArray[np.int64]:
    """Pixels shared by every pair of segments of two segmentations of one image.

    Returns (len(a) + 1, len(b) + 1) int64; row 0 and column 0 are void, row k is `a.segments[k - 1]`; the sum is the
    number of pixels. Raises `InvalidSegmentation` when the sizes differ. Compiled; the first call in a process loads
    the kernel (about 0.2 s; compiled once a machine).

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> a = Segmentation(np.array([[1, 1, 2, 0]]), (Segment(label=0), Segment(label=0)), labels)
    >>> b = Segmentation(np.array([[1, 1, 1, 0]]), (Segment(label=0),), labels)
    >>> overlap(a, b).tolist()
    [[1, 0], [0, 2], [0, 1]]
    """
    _check_sizes(a, b)
    return count_pairs(a.ids, b.ids, (len(a) + 1, len(b) + 1))


def overlap_numpy(a: Segmentation, b: Segmentation) -> NDArray[np.int64]:
    """The same table as `overlap` without loading numba: for a process that counts a few images and leaves."""
    _check_sizes(a, b)
    return count_pairs_numpy(a.ids, b.ids, (len(a) + 1, len(b) + 1))


def sparse_overlap(a: Segmentation, b: Segmentation) -> tuple[Counts, Counts, Counts]:
    """`overlap` without its zeros: (row, column, pixels), each (k,) int64, ascending by row, then column.

    Takes memory for the pairs that are there, not for all that could be: maps of 70,000 segments each are fine.
    """
    _check_sizes(a, b)
    return sparse_pairs(a.ids, b.ids, (len(a) + 1, len(b) + 1))


def sparse_pairs(a: Ids, b: Ids, shape: tuple[int, int]) -> tuple[Counts, Counts, Counts]:
    """`sparse_overlap` of two maps. a, b: (H, W), equal shape, values in 0..shape-1; unchecked."""
    rows, columns = shape
    if rows * columns <= _DENSE:
        table = count_pairs(a, b, (rows, columns)).reshape(-1)
        keys = np.flatnonzero(table)
        return keys // columns, keys % columns, table[keys]
    first, second = a.reshape(-1), b.reshape(-1)
    changes = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    joint, of_run = np.unique(first[starts].astype(np.int64) * columns + second[starts], return_inverse=True)
    pixels = np.zeros(len(joint), np.int64)
    np.add.at(pixels, of_run, np.diff(starts, append=first.size))
    return joint // columns, joint % columns, pixels


def count_pairs(a: NDArray[Any], b: NDArray[Any], shape: tuple[int, int], *, void: bool = False) -> NDArray[np.int64]:
    """How often each pair (a[i], b[i]) occurs; -1 counts in the last row or column.

    a, b: integers of equal shape and type. void: the last row and column are for -1 alone. Where values are not in the
    table, it is not filled: its sum is less than the number of pixels.
    """
    from segweave.segmentation.kernels import count_runs

    table = np.zeros(shape, np.int64)
    count_runs(np.ascontiguousarray(a).reshape(-1), np.ascontiguousarray(b).reshape(-1), table, int(void))
    return table


def count_pairs_numpy(a: Ids, b: Ids, shape: tuple[int, int]) -> NDArray[np.int64]:
    """`count_pairs` by one joint index and one bincount."""
    rows, columns = shape
    small = np.min_scalar_type(rows * columns)  # few pairs: the joint index fits 16 bit and halves the memory traffic
    joint = np.multiply(a, columns, dtype=small, casting="unsafe")
    np.add(joint, b, out=joint, casting="unsafe")
    return np.bincount(joint.ravel(), minlength=rows * columns).reshape(shape)


def _check_sizes(a: Segmentation, b: Segmentation) -> None:
    if a.size != b.size:
        raise InvalidSegmentation(f"overlap needs two maps of one image; found sizes {a.size} and {b.size}")
