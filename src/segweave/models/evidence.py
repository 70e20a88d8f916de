"""Evidence for each label (maps >= 0 on a grid) as a semantic result, and as probabilities over a photograph."""

import numpy as np
from numpy.typing import NDArray

from segweave.labels import LabelSet
from segweave.models.decode import semantic_result
from segweave.models.preprocess import Size
from segweave.models.upsample import Maps, Window, upsampled_argmax
from segweave.segmentation import Segmentation


def decode_evidence(evidence: Maps, size: Size, labels: LabelSet, *, window: Window) -> Segmentation:
    """Semantic result of (n, h, w) evidence >= 0: the label of the most; scores are its share, averaged."""
    return semantic_result(upsampled_argmax(evidence, size, window=window), _shares(evidence), labels, window=window)


def probabilities_shown(evidence: Maps, window: Window) -> Maps:
    """(n, h, w) float32: evidence as shares that sum to 1, on a grid laid over the window alone."""
    shares = _shares(laid_over(evidence, window)).transpose(2, 0, 1)
    return np.ascontiguousarray(shares)


def laid_over(maps: Maps, window: Window) -> Maps:
    """Maps on a grid that ends where the window does: cut, or interpolated where it ends within a cell."""
    for axis, length in ((1, window[0]), (2, window[1])):
        if length == maps.shape[axis]:
            continue
        cells = max(1, round(length))
        places = np.maximum((np.arange(cells) + 0.5) * (length / cells) - 0.5, 0)
        first = np.minimum(places.astype(np.int64), maps.shape[axis] - 1)
        if cells == length:
            maps = maps.take(first, axis=axis)
            continue
        weight = (places - first).astype(np.float32)
        weight = weight[:, None] if axis == 1 else weight
        second = np.minimum(first + 1, maps.shape[axis] - 1)
        maps = (1 - weight) * maps.take(first, axis=axis) + weight * maps.take(second, axis=axis)
    return maps


def _shares(evidence: Maps) -> NDArray[np.float32]:
    """(h, w, n) float32: each cell sums to 1; a cell without evidence gives every label the same share."""
    shares = evidence.transpose(1, 2, 0).astype(np.float32)
    total = shares.sum(axis=2, keepdims=True)
    empty = total <= np.finfo(np.float32).tiny
    return np.where(empty, np.float32(1 / max(len(evidence), 1)), shares / np.where(empty, 1, total))
