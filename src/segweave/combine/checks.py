"""What every rule of class extension asks of its arguments, and how labels come in and go out."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation, LabelError

LabelMapArray = NDArray[np.integer[Any]]
"""(H, W) integers: label indices, or the value that stands for void."""

Table = NDArray[np.int32]
"""(m, n): the output label of each pair of a primary and a secondary label."""


def checked_labels(labels: Any, what: str) -> LabelMapArray:
    """`labels` as (H, W) integers; else `InvalidSegmentation` names `what`."""
    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise InvalidSegmentation(f"the {what} must be (H, W) integer labels; found {array.dtype} {array.shape}")
    return array


def checked_similar(similar: Sequence[Collection[int]], m: int, n: int) -> tuple[frozenset[int], ...]:
    """One set of secondary labels for each primary label; else `LabelError`."""
    if len(similar) != m:
        raise LabelError(
            f"similar needs one set of secondary labels for each of {m} primary labels; found {len(similar)}"
        )
    return tuple(frozenset(_in_range(found, n, f"similar[{i}]")) for i, found in enumerate(similar))


def checked_add(add: Collection[int], n: int) -> tuple[int, ...]:
    """The secondary labels to add, ascending: the t-th becomes output label m + t; else `LabelError`."""
    return tuple(sorted(set(_in_range(add, n, "add"))))


def wrong_label(labels: LabelMapArray, what: str, *, n: int, void: int) -> InvalidSegmentation | None:
    """The error that names the first label which is neither void nor 0..n-1; None where all are."""
    wrong = (labels != void) & ((labels < 0) | (labels >= n))
    if not wrong.any():
        return None
    row, column = (int(v) for v in np.argwhere(wrong)[0])
    return InvalidSegmentation(
        f"the {what} has the label {int(labels[row, column])} at row {row}, column {column};"
        f" expected 0..{n - 1}, or {void} for void"
    )


def check_void(void: int, n: int, what: str) -> None:
    """`LabelError` when `void` is one of the n labels of `what`, or does not fit 32 bits."""
    if 0 <= void < n:
        raise LabelError(f"there are {n} {what} labels, and {void} stands for void; say void with another value, as -1")
    if not np.iinfo(np.int32).min < void < np.iinfo(np.int32).max:  # the limits stand for all that lies beyond
        raise LabelError(f"{void} cannot stand for void: it does not fit 32 bits; say void with another value, as -1")


def output_type(primary: LabelMapArray, n_outputs: int, void: int) -> "np.dtype[Any]":
    """The primary's own type where all outputs fit, else int32. An output may not be what stands for void."""
    check_void(void, n_outputs, "output")
    fits = n_outputs - 1 <= np.iinfo(primary.dtype).max
    return primary.dtype if fits else np.dtype(np.int32)


def narrowed(labels: LabelMapArray) -> LabelMapArray:
    """Flat, as uint8 or int32: the two types that the kernels are compiled for."""
    kept = labels if labels.dtype == np.uint8 else _as_int32(labels)
    return np.ascontiguousarray(kept).reshape(-1)


def _as_int32(labels: LabelMapArray) -> LabelMapArray:
    limits = np.iinfo(np.int32)
    wide = labels.dtype.itemsize > 4 or (labels.dtype.itemsize == 4 and labels.dtype.kind == "u")
    return (np.clip(labels, limits.min, limits.max) if wide else labels).astype(np.int32, copy=False)


def _in_range(labels: Collection[int], n: int, what: str) -> list[int]:
    found = [int(label) for label in labels]
    wrong = next((label for label in found if not 0 <= label < n), None)
    if wrong is not None:
        raise LabelError(f"{what} names the secondary label {wrong}; expected 0..{n - 1}")
    return found
