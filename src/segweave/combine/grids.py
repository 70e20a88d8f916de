"""Evidence of another size brought to the output's grid: labels by pixel centres, probabilities between samples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import LabelMapArray
from segweave.errors import InvalidSegmentation

Size = tuple[int, int]
"""(height, width) px."""

Crop = tuple[float, float, float, float]
"""(top, left, bottom, right) in shares of the photograph's height and width, 0..1: the part that a model saw."""

WHOLE: Crop = (0.0, 0.0, 1.0, 1.0)


def centres(new: int, old: int) -> NDArray[np.int64]:
    """(new,) which of `old` pixels holds the centre of each of `new` pixels: floor((d + 0.5) * old / new).

    >>> centres(5, 2).tolist(), centres(2, 5).tolist()
    ([0, 0, 1, 1, 1], [1, 3])
    """
    return (2 * np.arange(new) + 1) * old // (2 * new)


def labels_at(labels: LabelMapArray, size: tuple[int, ...]) -> LabelMapArray:
    """(H, W) labels read at the centres of an output grid of `size`; as they are where the size is the same."""
    if labels.shape == size:
        return labels
    if not labels.size and np.prod(size):
        raise InvalidSegmentation(f"labels of {labels.shape} pixels cannot be read at the centres of {size} pixels")
    rows, columns = (centres(new, old) for new, old in zip(size, labels.shape, strict=True))
    return labels[np.ix_(rows, columns)]


def window(crop: Crop, size: Size) -> tuple[slice, slice]:
    """The rows and columns of a photograph that a crop covers, at least one of each.

    >>> window((0.0, 0.25, 1.0, 0.75), (4, 8))
    (slice(0, 4, None), slice(2, 6, None))
    """
    spans = []
    for start, end, length in ((crop[0], crop[2], size[0]), (crop[1], crop[3], size[1])):
        first = min(round(start * length), length - 1)
        spans.append(slice(first, max(first + 1, round(end * length))))
    return spans[0], spans[1]


def probabilities_at(
    probabilities: NDArray[Any], place: tuple[int | NDArray[Any], int | NDArray[Any]], size: Size
) -> NDArray[np.float64]:
    """Float64: probabilities at the centres of pixels of a grid of `size`, bilinearly.

    place: (row, column) of one pixel, for (h, w, n) probabilities as (n,); or rows (k,) and columns (k,) of several,
    for (h, w) probabilities of one label as (k,).
    """
    corners = []
    for at, new, old in zip(place, size, probabilities.shape[:2], strict=True):
        position = np.maximum((np.asarray(at) + 0.5) * old / new - 0.5, 0.0)
        before = np.minimum(position.astype(np.int64), old - 1)
        corners.append((before, np.minimum(before + 1, old - 1), position - before))
    (top, bottom, down), (left, end, right) = corners
    above = (1 - right) * probabilities[top, left].astype(np.float64) + right * probabilities[top, end]
    below = (1 - right) * probabilities[bottom, left].astype(np.float64) + right * probabilities[bottom, end]
    found: NDArray[np.float64] = (1 - down) * above + down * below
    return found
