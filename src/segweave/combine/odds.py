"""Class extension by odds: an added label wins where the secondary finds it much more probable than what is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

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


def apply_odds(
    primary: NDArray[Any],
    secondary_probs: NDArray[Any],
    *,
    similar: Sequence[Collection[int]],
    add: Collection[int],
    ratio: float = 4.0,
    p_min: float = 0.2,
    void: int = 255,
) -> LabelMapArray:
    """(H, W) output labels by the odds of the secondary's probabilities; no statistics are needed.

    primary: (H, W) integer labels. secondary_probs: (H, W, n) float, or a lower grid (h, w, n) over the same
    photograph, which is upsampled bilinearly (half-pixel centres) without ever being built. At a pixel of primary label
    i the candidate is the most probable label of `add` less similar[i] (of equals the lowest). It is taken where it
    has at least `p_min` and more than `ratio` times the sum over similar[i]; where similar[i] is empty, over every
    label outside `add`.

    Void stays void. In the primary's integer type, or int32 where outputs do not fit. Raises `InvalidSegmentation` for
    a label out of range or probabilities of another shape, `LabelError` for similar or add out of range.

    >>> probs = np.array([[[0.1, 0.1, 0.8], [0.3, 0.1, 0.6]]])
    >>> apply_odds(np.array([[0, 0]]), probs, similar=[{0}, {1}], add={2}).tolist()  # 0.8 > 4 x 0.1; 0.6 < 4 x 0.3
    [[2, 0]]
    """
    case = _Case.checked(primary, secondary_probs, similar=similar, add=add, void=void)
    allowed = np.array([[label not in mine for label in case.add] for mine in case.similar])
    outputs = len(case.similar) + np.arange(len(case.add), dtype=np.int32)
    return case.weighed(_Sides(outputs, _rows([[label] for label in case.add]), allowed), ratio=ratio, p_min=p_min)


def promote_odds(
    primary: NDArray[Any],
    secondary_probs: NDArray[Any],
    *,
    similar: Sequence[Collection[int]],
    add: Collection[int],
    ratio: float = 16.0,
    p_min: float = 0.5,
    void: int = 255,
) -> LabelMapArray:
    """(H, W) primary labels, some of them changed to another one by the same odds: what an extension may do besides.

    Arguments and errors as `apply_odds`'s. A pixel of label i goes to the primary label k whose similar labels sum to
    most (of equals the lowest), where similar[k] and similar[i] share none. An empty `add` changes nothing.

    >>> probs = np.array([[[0.02, 0.9, 0.08]]])
    >>> promote_odds(np.array([[0]]), probs, similar=[{0}, {1}], add={2}).tolist()  # 0.9 > 16 x 0.02
    [[1]]
    """
    case = _Case.checked(primary, secondary_probs, similar=similar, add=add, void=void)
    apart = np.array([[bool(theirs) and not mine & theirs for theirs in case.similar] for mine in case.similar])
    outputs = np.arange(len(case.similar), dtype=np.int32)
    gains = _rows([sorted(found) for found in case.similar])
    return case.weighed(_Sides(outputs, gains, apart), ratio=ratio, p_min=p_min)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Candidates: what each is written as, the labels that speak for it, for which primary labels it is one."""

    outputs: NDArray[np.int32]
    gains: NDArray[np.int64]
    allowed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """Checked arguments. maps: as `_checked_maps` gives them; given: the type that they came in."""

    primary: LabelMapArray
    maps: NDArray[Any]
    similar: tuple[frozenset[int], ...]
    add: tuple[int, ...]
    void: int
    given: "np.dtype[Any]"

    @classmethod
    def checked(
        cls,
        primary: NDArray[Any],
        probabilities: NDArray[Any],
        *,
        similar: Sequence[Collection[int]],
        add: Collection[int],
        void: int,
    ) -> Self:
        """Raises what `apply_odds` raises."""
        first = checked_labels(primary, "primary")
        maps = _checked_maps(probabilities)
        m, n = len(similar), maps.shape[2]
        of_primary, added = checked_similar(similar, m, n), checked_add(add, n)
        if error := wrong_label(first, "primary", n=m, void=void):
            raise error
        return cls(first, maps, of_primary, added, void, np.asarray(probabilities).dtype)

    def weighed(self, sides: _Sides, *, ratio: float, p_min: float) -> LabelMapArray:
        """The output labels."""
        from segweave.combine.kernels import Odds, weigh

        if not ratio >= 0 or not p_min >= 0:
            raise UsageError(f"ratio and p_min are 0 or more; found {ratio} and {p_min}")
        m, n = len(self.similar), self.maps.shape[2]
        dtype = output_type(self.primary, m + len(self.add), self.void)
        if not self.add or not m or not self.primary.size:
            return self.primary.astype(dtype)
        indices = self.primary.astype(np.int32)
        indices[self.primary == self.void] = -1
        output = indices.copy()
        outside = sorted(set(range(n)) - set(self.add))
        keeps = _rows([sorted(found) or outside for found in self.similar])
        least = float(self.given.type(p_min))  # rounded as the probabilities are: 0.2 in float16 is at least 0.2
        weigh(indices, self.maps, Odds(sides.outputs, sides.gains, sides.allowed, keeps, least, float(ratio)), output)
        output[indices < 0] = self.void
        return output.astype(dtype)


def _checked_maps(probabilities: NDArray[Any]) -> NDArray[Any]:
    """(h, w, n) float32 or float64, in C order."""
    maps = np.asarray(probabilities)
    if maps.ndim != 3 or maps.dtype.kind != "f" or 0 in maps.shape:
        raise InvalidSegmentation(
            f"the secondary's probabilities must be (h, w, n) floats; found {maps.dtype} {maps.shape}"
        )
    return np.ascontiguousarray(maps, np.float64 if maps.dtype == np.float64 else np.float32)


def _rows(lists: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Lists as rows of one array, each ended by -1."""
    rows = np.full((len(lists), 1 + max((len(found) for found in lists), default=0)), -1, np.int64)
    for row, found in zip(rows, lists, strict=True):
        row[: len(found)] = found
    return rows
