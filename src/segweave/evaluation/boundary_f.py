"""Boundary F: precision and recall of contour pixels (Csurka et al. 2013, "What is a good evaluation measure for
semantic segmentation?", §2)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.0075
"""How far a contour may be off and still count, as a share of the image's diagonal (the paper's value)."""

Points = NDArray[np.int64]


def boundary_f(
    truth: NDArray[Any], prediction: NDArray[Any], labels: int, *, tolerance: float = TOLERANCE
) -> NDArray[np.float64]:
    """(labels,) F of each label's contour in one image, NaN where neither side has a contour of it.

    truth, prediction: (H, W) label indices, -1 = void. A contour pixel counts as found when the other side has one of
    the same label within the tolerance (in a straight line). Nobody knows where the edge of void should be, so that it
    is no contour; contours of the prediction on truth void count nowhere.
    """
    reach = max(1.0, tolerance * math.hypot(*truth.shape))
    first, second = label_contours(truth), label_contours(prediction) & (truth >= 0)
    found = np.full(labels, np.nan)
    for label in np.union1d(np.unique(truth[first]), np.unique(prediction[second])).tolist():
        if label < 0:
            continue
        a, b = np.argwhere(first & (truth == label)), np.argwhere(second & (prediction == label))
        recall, precision = share_near(a, b, reach), share_near(b, a, reach)
        both = precision + recall
        found[label] = 2 * precision * recall / both if both else 0.0
    return found


def label_contours(indices: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W) bool: pixels with another label above, below, left or right of them; void and the image's border are none.

    >>> label_contours(np.array([[0, 0, 1, -1, 2]])).tolist()
    [[False, True, True, False, False]]
    """
    edge = np.zeros(indices.shape, np.bool_)
    known = indices >= 0
    down = (indices[1:] != indices[:-1]) & known[1:] & known[:-1]
    right = (indices[:, 1:] != indices[:, :-1]) & known[:, 1:] & known[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge


def share_near(points: Points, others: Points, reach: float) -> float:
    """The share of points with one of the others at most `reach` px away; 0 where there are none."""
    if not len(points) or not len(others):
        return 0.0
    return float(np.isfinite(distances(points, others, reach)).mean())


def distances(points: Points, others: Points, reach: float) -> NDArray[np.float64]:
    """(k,) px from each point to the nearest of the others, infinite beyond `reach`."""
    from scipy.spatial import KDTree

    found: NDArray[np.float64] = KDTree(others).query(points, distance_upper_bound=reach * (1 + 1e-9))[0]
    return found
