"""Decoding as one would write it first: everything at full size, in float64. What the compiled ways must equal."""

import numpy as np

from segweave.models.decode_queries import QueryRule
from segweave.models.upsample import Window


def upsampled(maps: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """(n, H, W) float64: bilinear with half-pixel centres, clamped at the grid's borders; rows first, then columns.

    window: the part of the grid that `size` shows.
    """
    maps = maps.astype(np.float64)
    for axis in (1, 2):
        old, new = maps.shape[axis], size[axis - 1]
        extent = window[axis - 1] if window else old
        position = np.maximum((np.arange(new) + 0.5) * extent / new - 0.5, 0)
        before = np.minimum(position.astype(int), old - 1)
        weight = (position - before).reshape([-1 if k == axis else 1 for k in range(3)])
        after = np.minimum(before + 1, old - 1)
        maps = maps.take(before, axis) * (1 - weight) + maps.take(after, axis) * weight
    return maps


def nearest(maps: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """(n, H, W): each pixel's nearest sample."""
    grid = maps.shape[1:]
    extent = window or grid
    rows, columns = (
        np.minimum(((np.arange(size[k]) + 0.5) * extent[k] / size[k]).astype(int), grid[k] - 1) for k in (0, 1)
    )
    return maps[:, rows][:, :, columns]


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Of any shape."""
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def softmax(logits: np.ndarray, axis: int) -> np.ndarray:
    """float64, along one axis."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


Found = list[tuple[int, float, np.ndarray]]
"""(label, score, (H, W) bool) of each segment."""


def panoptic_by_the_paper(
    class_logits: np.ndarray, mask_logits: np.ndarray, size: tuple[int, int], rule: QueryRule, window: Window | None
) -> Found:
    """MaskFormer's panoptic inference, one query after the other, stuff not fused yet."""
    probabilities = softmax(class_logits, axis=1)
    scores, labels = probabilities.max(axis=1), probabilities.argmax(axis=1)
    keep = (labels != class_logits.shape[1] - 1) & (scores > rule.score)
    scores, labels, maps = scores[keep], labels[keep], mask_logits[keep]
    if not len(maps):
        return []
    logits = upsampled(maps, size, window)
    winner = (scores[:, None, None] * sigmoid(logits)).argmax(axis=0)
    threshold = np.float32(np.log(rule.mask / (1 - rule.mask)))
    chances = nearest(sigmoid(maps), size, window)
    found = []
    for k in range(len(maps)):
        won, inside = winner == k, logits[k] >= threshold
        mask = won & inside
        if mask.any() and won.sum() / inside.sum() >= rule.overlap:
            found.append((int(labels[k]), scores[k] * chances[k][mask].mean(), mask))
    return found


def instances_by_the_paper(
    class_logits: np.ndarray, mask_logits: np.ndarray, size: tuple[int, int], rule: QueryRule, window: Window | None
) -> Found:
    """Mask2Former's instance inference, labels of things and stuff alike, in the order of the label's score."""
    probabilities = softmax(class_logits, axis=1)[:, :-1]
    n = probabilities.shape[1]
    best = np.argsort(-probabilities.ravel(), kind="stable")[: rule.most]
    logits = upsampled(mask_logits, size, window)
    threshold = np.float32(np.log(rule.mask / (1 - rule.mask)))
    found = []
    for pair in best:
        query, label = int(pair) // n, int(pair) % n
        mask = logits[query] >= threshold
        if mask.any():
            score = probabilities[query, label] * sigmoid(logits[query])[mask].mean()
            found.append((label, score, mask))
    return found
