"""Label accuracy near contours: how many pixels within a few px of the truth's contours have the right label."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation

Bools = NDArray[np.bool_]

REACH = 2
"""px: so near a contour its accuracy is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContourCounts:
    """Pixels near contours of the truth; counts add. right: of these, with the right label."""

    near: int = 0
    right: int = 0

    def __add__(self, other: Self) -> "ContourCounts":
        return ContourCounts(near=self.near + other.near, right=self.right + other.right)

    @property
    def accuracy(self) -> float | None:
        """The share that is right; None where there is no contour."""
        return self.right / self.near if self.near else None


def count_contours(truth: NDArray[Any], prediction: NDArray[Any], *, reach: int = REACH) -> ContourCounts:
    """The counts of one image (the trimap of Kohli et al. 2009, "Robust Higher Order Potentials", §5).

    truth, prediction: (H, W) label indices, -1 = void. reach: px, as a king on a chessboard moves. Void of the truth
    makes no contour and does not count. Raises `InvalidSegmentation` when the sizes differ.

    >>> count_contours(np.array([[0, 0, 0, 0, 1, 1]]), np.array([[1, 0, 0, 0, 0, 1]]), reach=1)
    ContourCounts(near=2, right=1)
    """
    if truth.shape != prediction.shape:
        raise InvalidSegmentation(f"two maps of one image have one size; found {truth.shape} and {prediction.shape}")
    return count_right(near_contours(truth, reach), truth, prediction)


def count_right(near: Bools, truth: NDArray[Any], prediction: NDArray[Any]) -> ContourCounts:
    """The counts of one image whose pixels near contours are known: `near_contours` of the truth."""
    return ContourCounts(near=int(np.count_nonzero(near)), right=int(np.count_nonzero(near & (truth == prediction))))


def near_contours(labels: NDArray[Any], reach: int) -> Bools:
    """(H, W) bool: pixels with a pixel of another label at most `reach` px away; void neither is nor has one."""
    from scipy.ndimage import maximum_filter, minimum_filter

    known = labels >= 0
    window = 2 * reach + 1
    largest = maximum_filter(np.where(known, labels, -1), window, mode="nearest")
    smallest = minimum_filter(np.where(known, labels, np.iinfo(np.int32).max), window, mode="nearest")
    found: Bools = known & (largest != smallest)
    return found
