"""Connected parts of label maps: which there are, and those too small to mean anything."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.rules import Labels
from segweave.segmentation.segmentation import count_ids

Bools = NDArray[np.bool_]

Place = tuple[slice, slice]
"""Rows and columns of a window."""


def eight_connected(inside: Bools) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Parts of a mask that hang together, also at corners: (H, W) int32 numbered from 1, 0 = outside; and their pixels,
    (n + 1,) int64, those outside first.

    >>> parts, pixels = eight_connected(np.array([[True, False, True], [False, True, False]]))
    >>> parts.tolist(), pixels.tolist()
    ([[1, 0, 1], [0, 1, 0]], [3, 3])
    """
    from scipy.ndimage import label

    parts, n = label(inside, structure=np.ones((3, 3)))
    return parts, count_ids(parts, int(n))


def without_specks(output: Labels, primary: Labels, *, first_added: int, least: float) -> Labels:
    """Extended labels in which every 8-connected part of an added label has `least` pixels or more; where a smaller
    one was, the primary's labels are. first_added: from this output label on labels are added.

    >>> primary = np.zeros((1, 6), np.int32)
    >>> without_specks(np.array([[2, 0, 2, 2, 0, 1]], np.int32), primary, first_added=1, least=2).tolist()
    [[0, 0, 2, 2, 0, 0]]
    """
    if least <= 1:
        return output
    kept = output.copy()
    for label, place in places(np.maximum(output, first_added - 1) - (first_added - 1)):
        parts, pixels = eight_connected(output[place] == first_added + label - 1)
        small = pixels < least
        small[0] = False
        gone = small[parts]
        kept[place][gone] = primary[place][gone]
    return kept


def places(numbered: NDArray[Any]) -> list[tuple[int, Place]]:
    """(number, bounding box) of each number above 0 in a map of integers, ascending."""
    from scipy.ndimage import find_objects

    return [(k, place) for k, place in enumerate(find_objects(numbered), start=1) if place is not None]
