"""Coarse maps at the photograph's size: which is the largest at each pixel, and by how much. The full-size maps are
never built."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.models.preprocess import Size

Maps = NDArray[np.float32]
"""(n, h, w) float32, as networks give them."""

Window = tuple[float, float]
"""(height, width) in cells of a grid of maps: the part, from the top left, that shows the photograph; the rest is
padding. Need not be whole."""


class ScoreMaps(NamedTuple):
    """What a network thinks of each pixel, at the photograph's size.

    winner: (H, W) int32, the label with the largest value. probability: (H, W) float32 in 0..1, the winner's.
    entropy: (H, W) float32, of the probabilities of all labels, in nats: 0 = sure, log(n) = no idea.
    """

    winner: NDArray[np.int32]
    probability: NDArray[np.float32]
    entropy: NDArray[np.float32]


def upsampled_argmax(maps: Maps, size: Size, *, window: Window | None = None) -> NDArray[np.int32]:
    """(H, W) int32: argmax over the first axis of (n, h, w) upsampled bilinearly to `size`, which is never built.

    Half-pixel centres (torch's `align_corners=False`), clamped at the grid's borders; of equal values the first wins.
    Each pixel equals interpolating in float64 first. window: the part of the grid that shows the photograph.

    >>> upsampled_argmax(np.array([[[1.0, 0.0]], [[0.0, 1.0]]], np.float32), (1, 6)).tolist()
    [[0, 0, 0, 1, 1, 1]]
    """
    from segweave.models.kernels import argmax_upsampled

    winners = np.empty(size, np.int32)
    argmax_upsampled(channels_last(maps), window_in(maps, window), winners)
    return winners


def score_maps(logits: Maps, size: Size, *, window: Window | None = None) -> ScoreMaps:
    """Winner, probability and entropy of each pixel: the softmax of the upsampled (n, h, w) logits.

    Within 1e-6 of upsampling all maps and taking the softmax; the winner is `upsampled_argmax`'s.

    >>> maps = score_maps(np.array([[[50.0, 0.0]], [[0.0, 0.0]]], np.float32), (1, 2))  # sure, and no idea
    >>> maps.winner.tolist(), maps.probability.tolist(), (maps.entropy / np.log(2)).round(6).tolist()
    ([[0, 0]], [[1.0, 0.5]], [[0.0, 1.0]])
    """
    return _score_maps(logits, size, window, are_logits=True)


def score_maps_of_evidence(evidence: Maps, size: Size, *, window: Window | None = None) -> ScoreMaps:
    """`score_maps` for maps >= 0 whose shares are the probabilities: `query_probabilities`, or a softmax.

    A pixel where all maps are 0 is no label's: its probabilities are all equal.
    """
    if evidence.size and evidence.min() < 0:
        raise ModelError(f"evidence is 0 or more; found {evidence.min()} (logits go to `score_maps`)")
    return _score_maps(evidence, size, window, are_logits=False)


def channels_last(maps: Maps) -> NDArray[np.float32]:
    """(h, w, n) float32, contiguous: one place in memory for all that is known of a cell."""
    return np.ascontiguousarray(maps.transpose(1, 2, 0), np.float32)


def window_in(maps: Maps, window: Window | None) -> Window:
    """`window` checked against the (n, h, w) maps; all of them for None. `ModelError` when it does not lie inside."""
    height, width = maps.shape[1:]
    if not height or not width:
        raise ModelError(f"maps need cells to be upsampled; found a grid of {height} x {width}")
    if window is None:
        return float(height), float(width)
    if not (0 < window[0] <= height and 0 < window[1] <= width):
        raise ModelError(f"the window {window} (height, width) must lie inside the grid of {height} x {width} cells")
    return float(window[0]), float(window[1])


def _score_maps(maps: Maps, size: Size, window: Window | None, *, are_logits: bool) -> ScoreMaps:
    from segweave.models.kernels import scores_upsampled

    if not len(maps):
        raise ModelError("the most probable of no labels is not defined; found maps of no label")
    winners, scores = np.empty(size, np.int32), np.empty((2, *size), np.float32)
    scores_upsampled(channels_last(maps), window_in(maps, window), are_logits, winners, scores)
    return ScoreMaps(winners, scores[0], scores[1])
