"""Class extension by odds: an added label wins where the secondary finds it much more probable than what is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import (
    LabelMapArray,
    checked_add,
    checked_labels,
    checked_similar,
    output_type,
    wrong_label,
)
from segweave.errors import InvalidSegmentation, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """When a pixel goes to another primary label: at `p_min` or more, and more than `ratio` times what is kept."""

    ratio: float = 16.0
    p_min: float = 0.5


def apply_odds(
    primary: NDArray[Any],
    secondary_probs: NDArray[Any],
    *,
    similar: Sequence[Collection[int]],
    add: Collection[int],
    ratio: float = 4.0,
    p_min: float = 0.2,
    void: int = 255,
    promotion: Promotion | None = None,
) -> LabelMapArray:
    """(H, W) output labels by the odds of the secondary's probabilities; no statistics are needed.

    primary: (H, W) integer labels. secondary_probs: (H, W, n) float, or a lower grid (h, w, n) over the same
    photograph, which is upsampled bilinearly (half-pixel centres) without ever being built. At a pixel of primary label
    i the candidate is the most probable label of `add` less similar[i] (of equals the lowest). It is taken where it
    has at least `p_min` and more than `ratio` times the sum over similar[i]; where similar[i] is empty, over every
    label outside `add`. promotion: other pixels may then go to the primary label k whose similar labels sum to most,
    if similar[k] and similar[i] share none.

    Void stays void. In the primary's integer type, or int32 where outputs do not fit. Raises `InvalidSegmentation` for
    a label out of range or probabilities of another shape, `LabelError` for similar or add out of range.

    >>> probs = np.array([[[0.1, 0.1, 0.8], [0.3, 0.1, 0.6]]])
    >>> apply_odds(np.array([[0, 0]]), probs, similar=[{0}, {1}], add={2}).tolist()  # 0.8 > 4 x 0.1; 0.6 < 4 x 0.3
    [[2, 0]]
    """
    from segweave.combine.kernels import Odds, weigh

    first = checked_labels(primary, "primary")
    maps = _checked_maps(secondary_probs)
    m, n = len(similar), maps.shape[2]
    of_primary, added = checked_similar(similar, m, n), checked_add(add, n)
    limits = _limits(secondary_probs, ratio=ratio, p_min=p_min)
    if error := wrong_label(first, "primary", n=m, void=void):
        raise error
    dtype = output_type(first, m + len(added), void)
    if not added or not m or not first.size:
        return first.astype(dtype)
    indices = first.astype(np.int32)
    indices[first == void] = -1
    output = indices.copy()
    keeps = _rows([sorted(found) or sorted(set(range(n)) - set(added)) for found in of_primary])
    if promotion is not None:
        apart = np.array([[bool(theirs) and not mine & theirs for theirs in of_primary] for mine in of_primary])
        gains = _rows([sorted(found) for found in of_primary])
        surer = _limits(secondary_probs, ratio=promotion.ratio, p_min=promotion.p_min)
        weigh(indices, maps, Odds(np.arange(m, dtype=np.int32), gains, apart, keeps, *surer), output)
    allowed = np.array([[label not in mine for label in added] for mine in of_primary])
    outputs = m + np.arange(len(added), dtype=np.int32)
    weigh(indices, maps, Odds(outputs, _rows([[label] for label in added]), allowed, keeps, *limits), output)
    output[indices < 0] = void
    return output.astype(dtype)


def _checked_maps(probabilities: NDArray[Any]) -> NDArray[Any]:
    """(h, w, n) float32 or float64, in C order."""
    maps = np.asarray(probabilities)
    if maps.ndim != 3 or maps.dtype.kind != "f" or 0 in maps.shape:
        raise InvalidSegmentation(
            f"the secondary's probabilities must be (h, w, n) floats; found {maps.dtype} {maps.shape}"
        )
    return np.ascontiguousarray(maps, np.float64 if maps.dtype == np.float64 else np.float32)


def _limits(probabilities: NDArray[Any], *, ratio: float, p_min: float) -> tuple[float, float]:
    """p_min and ratio for the kernel; p_min rounded as the probabilities are: 0.2 in float16 is at least 0.2."""
    if not ratio >= 0 or not p_min >= 0:
        raise UsageError(f"ratio and p_min are 0 or more; found {ratio} and {p_min}")
    return float(np.asarray(probabilities).dtype.type(p_min)), float(ratio)


def _rows(lists: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Lists as rows of one array, each ended by -1."""
    rows = np.full((len(lists), 1 + max((len(found) for found in lists), default=0)), -1, np.int64)
    for row, found in zip(rows, lists, strict=True):
        row[: len(found)] = found
    return rows
