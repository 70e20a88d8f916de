"""Mask queries (MaskFormer, Mask2Former, OneFormer, EoMT) to results in the photograph's pixels.

A query says which label it is (or none) and, on a grid, where. The rules are those of Cheng et al. 2021, "Per-Pixel
Classification is Not All You Need", §3.4, with the numbers of the code of Cheng et al. 2022, "Masked-attention Mask
Transformer". Queries are dropped before anything is upsampled, the grid is read directly at the photograph's pixel
centres (where the papers resize to the network's input first and then again), and no (queries, H, W) array ever exists.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.labels import LabelSet
from segweave.models.decode import semantic_result
from segweave.models.preprocess import Size
from segweave.models.upsample import Maps, upsampled_argmax, window_in
from segweave.models.upsample import Window as Window
from segweave.segmentation import Instances, Rle, Segment, Segmentation, assemble

ClassLogits = NDArray[np.float32]
"""(queries, labels + 1) float32; the last column is "no label"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRule:
    """How mask queries become segments; the defaults are the papers' for COCO.

    score: a query is heard when its label is surer than this (panoptic). mask: a pixel is in a query's mask from this
    probability on. overlap: a query that wins less than this share of its mask is dropped (panoptic). most: so many of
    the best pairs of query and label are looked at (instances).
    """

    score: float = 0.8
    mask: float = 0.5
    overlap: float = 0.8
    most: int = 100

    def __post_init__(self) -> None:
        for name in ("score", "mask", "overlap"):
            if not 0 <= getattr(self, name) <= 1:
                raise ModelError(f"{name} is a share, 0..1; found {getattr(self, name)}")
        if self.most < 1:
            raise ModelError(f"most is a number of instances, 1 or more; found {self.most}")


PAPERS = QueryRule()
"""The defaults of the papers."""


def decode_queries_panoptic(
    class_logits: ClassLogits,
    mask_logits: Maps,
    *,
    size: Size,
    labels: LabelSet,
    rule: QueryRule = PAPERS,
    window: Window | None = None,
) -> Segmentation:
    """Panoptic result: every pixel goes to the query of the largest score x mask probability.

    class_logits: (q, len(labels) + 1), the last column = no label. mask_logits: (q, h, w). size: (height, width) of
    the photograph; window: the part of the grid that shows it, from the top left (None: all). In this order: queries
    whose best label is none or not above `rule.score` go; masks are interpolated; the best query wins each pixel;
    queries that win less than `rule.overlap` of their mask (logits at or above that of `rule.mask`) go; pixels outside
    their winner's mask, and of queries that went, are void; stuff of one label is one segment. A segment's score is its
    label's times the mean mask probability over its pixels, read at the nearest sample.

    >>> from segweave.labels import Label, LabelSet
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> class_logits = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]], np.float32)  # a cat, grass, nothing
    >>> mask_logits = np.array([[[9, -9]], [[-9, 9]], [[9, 9]]], np.float32)
    >>> seg = decode_queries_panoptic(class_logits, mask_logits, size=(1, 4), labels=labels)
    >>> seg.ids.tolist(), seg.label_names()
    ([[1, 1, 2, 2]], ('cat', 'grass'))
    """
    from segweave.models.masks.kernels import query_winners, take_queries

    _check(class_logits, mask_logits, labels)
    probabilities = _softmax(class_logits)
    label_of, scores = probabilities.argmax(axis=1), probabilities.max(axis=1)
    heard = np.flatnonzero((label_of < len(labels)) & (scores > rule.score))
    inside = window_in(mask_logits, window)
    if not len(heard):
        return Segmentation(np.zeros(size, np.int32), (), labels)
    maps = _finite(np.ascontiguousarray(mask_logits[heard], np.float32))
    winners = np.empty(size, np.int32)
    counts = query_winners(maps, scores[heard], _logit(rule.mask), inside, winners)
    # Mask2Former, panoptic_inference: mask_area / original_area < overlap_threshold goes
    kept = np.flatnonzero((counts[:, 2] > 0) & (counts[:, 0] >= rule.overlap * counts[:, 1]))
    id_of = np.zeros(len(heard), np.int32)
    id_of[kept] = 1 + np.arange(len(kept))
    sums = take_queries(winners, id_of, maps, inside)
    means = sums[kept] / counts[kept, 2]
    found = [
        Segment(label=int(label_of[q]), score=float(scores[q] * mean))
        for q, mean in zip(heard[kept], means, strict=True)
    ]
    return assemble(winners, found, labels)


def decode_queries_semantic(
    class_logits: ClassLogits, mask_logits: Maps, *, size: Size, labels: LabelSet, window: Window | None = None
) -> Segmentation:
    """Semantic result: the label of the most evidence (`query_probabilities`), upsampled bilinearly.

    Arguments as in `decode_queries_panoptic`. Every query has a say, however unsure, and no pixel is void. A segment's
    score is the mean share of its label in the evidence of all labels, over its pixels.
    """
    _check(class_logits, mask_logits, labels)
    if not len(class_logits) or not len(labels):
        return Segmentation(np.zeros(size, np.int32), (), labels)
    evidence = query_probabilities(class_logits, mask_logits)
    indices = upsampled_argmax(evidence, size, window=window)
    shares = evidence.transpose(1, 2, 0)
    shares /= np.maximum(shares.sum(axis=2, keepdims=True), np.finfo(np.float32).tiny)
    return semantic_result(indices, shares, labels, window=window)


def decode_queries_instances(
    class_logits: ClassLogits,
    mask_logits: Maps,
    *,
    size: Size,
    labels: LabelSet,
    rule: QueryRule = PAPERS,
    window: Window | None = None,
) -> Instances:
    """Things as masks that may overlap, best first: the `rule.most` best pairs of query and label, stuff left out.

    Arguments as in `decode_queries_panoptic`. A query may stand for several labels. Its mask is where the interpolated
    logit is at or above that of `rule.mask`; empty ones are left out. The score is the label's probability times the
    mean mask probability over the mask (Cheng et al. 2022, instance_inference). No score is too low: `rule.score` and
    `rule.overlap` are not used.
    """
    _check(class_logits, mask_logits, labels)
    probabilities = _softmax(class_logits)[:, : len(labels)]
    inside = window_in(mask_logits, window)
    best = np.argsort(-probabilities, axis=None, kind="stable")[: rule.most]
    pairs = [divmod(int(k), len(labels)) for k in best]
    things = [(q, label) for q, label in pairs if labels[label].is_thing]
    masks = {q: _query_mask(mask_logits[q], size, inside, _logit(rule.mask)) for q in sorted({q for q, _ in things})}
    found = [
        (Segment(label=label, score=float(probabilities[q, label] * masks[q][1])), masks[q][0])
        for q, label in things
        if masks[q][0].area()
    ]
    found.sort(key=lambda pair: -(pair[0].score or 0.0))
    return Instances(size, tuple(mask for _, mask in found), tuple(segment for segment, _ in found), labels)


def query_probabilities(class_logits: ClassLogits, mask_logits: Maps) -> Maps:
    """(n, h, w) float32 >= 0: the evidence for each label in each cell, summed over the queries.

    class_logits: (q, n + 1), the last column = no label; mask_logits: (q, h, w). Each query adds its probability of
    the label times its mask probability (Cheng et al. 2021, §3.4, "semantic inference"). NOT normalised: a cell that
    no query wants sums to almost 0, one that several want to more than 1. Divide by the sum for shares.

    >>> class_logits = np.array([[50, 0, 0], [0, 50, 0]], np.float32)
    >>> query_probabilities(class_logits, np.array([[[50, 0]], [[50, -99]]], np.float32)).round(3).tolist()
    [[[1.0, 0.5]], [[1.0, 0.0]]]
    """
    from scipy.special import expit

    queries, height, width = mask_logits.shape
    weights = _softmax(class_logits)[:, :-1].astype(np.float32)
    chances = expit(mask_logits.astype(np.float32, copy=False)).reshape(queries, height * width)
    evidence = _finite(chances.T @ weights)  # (h w, n): each cell's labels side by side, as the kernels read them
    return evidence.reshape(height, width, weights.shape[1]).transpose(2, 0, 1)


def _softmax(class_logits: ClassLogits) -> NDArray[np.float64]:
    logits = class_logits.astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _finite(exponentials / exponentials.sum(axis=1, keepdims=True))


def _check(class_logits: ClassLogits, mask_logits: Maps, labels: LabelSet) -> None:
    if class_logits.ndim != 2 or class_logits.shape[1] != len(labels) + 1:
        raise ModelError(
            f"class logits must be (queries, {len(labels) + 1}): the labels of {labels.name!r} and one column for none;"
            f" found {class_logits.shape}"
        )
    if mask_logits.ndim != 3 or len(mask_logits) != len(class_logits):
        raise ModelError(f"mask logits must be ({len(class_logits)} queries, h, w); found {mask_logits.shape}")


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    if not math.isfinite(values.sum()):
        raise ModelError("the network's answer has values that are not finite (overflow in half precision?)")
    return values


def _logit(probability: float) -> float:
    """As a float32, like the network's logits: then equal means equal."""
    if probability in (0, 1):
        return math.inf if probability else -math.inf
    return float(np.float32(math.log(probability / (1 - probability))))


def _query_mask(logits: NDArray[np.float32], size: Size, window: Window, threshold: float) -> tuple[Rle, float]:
    """One query's mask at the photograph's size, and the mean mask probability in it."""
    from segweave.models.kernels import sample_positions
    from segweave.models.masks.kernels import mask_above, probability_inside

    samples = _finite(np.ascontiguousarray(logits, np.float32))
    starts, places = [], []
    for axis in (0, 1):
        before, weight, _ = sample_positions(size[axis], samples.shape[axis], window[axis])
        near = np.flatnonzero((samples >= threshold).any(axis=1 - axis))
        # only pixels beside such a sample can be inside
        start, stop = np.searchsorted(before, [near[0] - 1, near[-1] + 1]).tolist() if len(near) else (0, 0)
        starts.append(start)
        places.append((before[start:stop], weight[start:stop]))
    (top, left), (rows, columns) = starts, places
    mask = np.zeros((size[0], len(columns[0])), bool)
    part = mask[top : top + len(rows[0])]
    mask_above(samples[None], rows, columns, threshold, part)
    rle = Rle.from_mask(mask).widened(left, size[1])
    total = probability_inside(samples[None], rows, columns, part)
    return rle, min(total / max(rle.area(), 1), 1.0)
