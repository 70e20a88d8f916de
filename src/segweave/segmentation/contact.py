"""Which segments touch, and along how many pixels."""

import numpy as np
from numpy.typing import NDArray

from segweave.segmentation.overlap import count_pairs
from segweave.segmentation.segmentation import Segmentation


def contact(seg: Segmentation) -> NDArray[np.int64]:
    """Length of the border between every pair of segments, in pixel edges (4-neighbourhood).

    Returns (len(seg) + 1, len(seg) + 1) int64, symmetric, diagonal 0; row and column 0 are void. The border of the
    image is not counted.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> seg = Segmentation(np.array([[1, 2], [1, 0]]), (Segment(label=0), Segment(label=0)), labels)
    >>> contact(seg).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    """
    shape = (len(seg) + 1, len(seg) + 1)
    in_reading_order = seg.ids.reshape(-1)
    beside = count_pairs(in_reading_order[:-1], in_reading_order[1:], shape)
    beside -= count_pairs(seg.ids[:-1, -1:], seg.ids[1:, :1], shape)  # the end of a row and the start of the next
    below = count_pairs(seg.ids[:-1], seg.ids[1:], shape)
    ordered = beside + below
    both = ordered + ordered.T
    np.fill_diagonal(both, 0)
    return both
