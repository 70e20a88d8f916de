"""UPSNet's panoptic head: stuff and instances compete for each pixel by their logits. It has no weights."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Ids, Segment, Segmentation, assemble

Logits = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRule:
    """Which instances compete, and which stuff is kept; the defaults are the paper's for COCO (§3.2, §4).

    score: an instance needs a higher one. box_overlap: of boxes with a larger intersection over union only the best
    stays. mask_overlap: an instance goes when more than this share of its mask is covered by better ones of its label.
    stuff_area: stuff of fewer px becomes void.
    """

    score: float = 0.6
    box_overlap: float = 0.5
    mask_overlap: float = 0.3
    stuff_area: int = 4096


UPSNET = HeadRule()
"""The defaults of the paper."""


@dataclass(frozen=True, slots=True, eq=False)
class _Instance:
    """One that competes: what it is, the window of pixels in its box, and its mask logits there."""

    segment: Segment
    window: tuple[slice, slice]
    logits: NDArray[np.float32]


def panoptic_head(
    semantic_logits: Logits,
    mask_logits: Logits,
    boxes: Logits,
    *,
    label_indices: NDArray[np.integer[Any]],
    scores: Logits,
    labels: LabelSet,
    rule: HeadRule = UPSNET,
) -> Segmentation:
    """Each pixel to the stuff label, the instance or the "unknown" of the largest logit (Xiong et al. 2019, §3.1).

    semantic_logits: (len(labels), h, w); the result has this size. mask_logits: (k, m, m), of each instance's own
    label; boxes: (k, 4) top, left, bottom, right in px of that size, not rounded; label_indices, scores: (k,), labels
    of things. In its box an instance has the semantic logit of its label plus its mask logit, interpolated bilinearly;
    outside it does not compete (in the paper it does, with 0). Unknown has the largest semantic logit of a thing minus
    the largest that an instance has from the semantic logits, 0 outside its box: a thing that no instance stands for.
    Those pixels become void. At a tie stuff wins, then the better instance.

    Order: stuff by label, then instances by score. An instance's score is the one given; that of stuff is the mean
    probability of its label (softmax of all labels). The paper's vote of both heads on an instance's label is not
    taken: the label is the one given.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> semantic = np.array([[[3, 3, 0, 3]], [[1, 1, 4, 1]]], np.float32)  # a cat, grass, a cat
    >>> box, mask = np.array([[0, 0, 1, 3]]), np.full((1, 28, 28), 2, np.float32)
    >>> cat = {"label_indices": np.array([0]), "scores": np.array([0.9])}
    >>> panoptic_head(semantic, mask, box, **cat, labels=labels, rule=HeadRule(stuff_area=1)).ids.tolist()
    [[2, 2, 1, 0]]
    """
    _check(semantic_logits, mask_logits, boxes, label_indices, scores, labels)
    size = semantic_logits.shape[1], semantic_logits.shape[2]
    best_first = [int(k) for k in np.argsort(-scores, kind="stable") if scores[k] > rule.score]
    found = []
    for k in _separate(boxes, best_first, rule.box_overlap):
        segment = Segment(label=int(label_indices[k]), score=float(scores[k]))
        found.append(_Instance(segment, *_in_box(mask_logits[k], boxes[k].tolist(), size)))
    competing = _uncovered(found, size, rule.mask_overlap)
    stuff = [k for k, label in enumerate(labels) if not label.is_thing]
    ids, best = _best_stuff(semantic_logits, stuff)
    claimed = _compete(semantic_logits, competing, ids, best, first_id=len(stuff) + 1)
    for label in set(range(len(labels))) - set(stuff):
        ids[semantic_logits[label] - claimed > best] = 0  # unknown wins where it does for one of the things
    stuff_segments = _scored_stuff(semantic_logits, ids, stuff, rule.stuff_area)
    return assemble(ids, [*stuff_segments, *(instance.segment for instance in competing)], labels)


def _check(
    semantic_logits: Logits, mask_logits: Logits, boxes: Logits, label_indices: Any, scores: Logits, labels: LabelSet
) -> None:
    if semantic_logits.ndim != 3 or len(semantic_logits) != len(labels):
        raise InvalidSegmentation(
            f"semantic logits must be ({len(labels)}, h, w), one map a label; found {semantic_logits.shape}"
        )
    k = len(boxes)
    if boxes.shape != (k, 4) or mask_logits.ndim != 3 or not k == len(mask_logits) == len(label_indices) == len(scores):
        found = ", ".join(str(a.shape) for a in (mask_logits, boxes, label_indices, scores))
        raise InvalidSegmentation(
            f"mask logits (k, m, m), boxes (k, 4), label indices and scores (k,) must fit; found {found}"
        )
    if not all(np.isfinite(a).all() for a in (semantic_logits, mask_logits, boxes, scores)):
        raise InvalidSegmentation("logits, boxes and scores must be finite numbers; found others")
    for n, label in enumerate(label_indices.tolist()):
        if not 0 <= label < len(labels) or not labels[label].is_thing:
            raise InvalidSegmentation(f"instance {n} has label {label}, which is no thing of {labels.name!r}")


def _separate(boxes: Logits, best_first: list[int], box_overlap: float) -> list[int]:
    """Those of which no better one has a box of a larger intersection over union (non-maximum suppression)."""
    kept: list[int] = []
    for k in best_first:
        others = boxes[kept]
        both = np.minimum(others[:, 2:], boxes[k, 2:]) - np.maximum(others[:, :2], boxes[k, :2])
        shared = both.clip(0).prod(axis=1)
        union = _area(others) + _area(boxes[k : k + 1]) - shared
        if not (shared > box_overlap * union).any():
            kept.append(k)
    return kept


def _area(boxes: Logits) -> Logits:
    areas: Logits = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    return areas


def _in_box(logits: Logits, box: list[float], size: tuple[int, int]) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
    """The window of pixels whose centres lie in the box, and a mask's logits at these, bilinear, clamped at its rim."""
    rows, row_weights = _weights((box[0], box[2]), logits.shape[0], size[0])
    columns, column_weights = _weights((box[1], box[3]), logits.shape[1], size[1])
    return (rows, columns), (row_weights @ logits @ column_weights.T).astype(np.float32)


def _weights(span: tuple[float, float], n_samples: int, n_pixels: int) -> tuple[slice, NDArray[np.float64]]:
    """The pixels whose centres lie in a span, and (pixels, samples): what each sample of the span weighs for each."""
    start, stop = span
    first = min(max(math.ceil(start - 0.5), 0), n_pixels)
    last = max(min(math.ceil(stop - 0.5), n_pixels), first)
    centers = np.arange(first, last) + 0.5
    position = np.clip((centers - start) / max(stop - start, 1e-9) * n_samples - 0.5, 0, n_samples - 1)
    return slice(first, last), np.maximum(1 - np.abs(position[:, None] - np.arange(n_samples)), 0)


def _uncovered(found: list[_Instance], size: tuple[int, int], mask_overlap: float) -> list[_Instance]:
    """Those with a mask of which better ones of the same label cover no more than the share `mask_overlap`."""
    canvases: dict[int, NDArray[np.bool_]] = {}
    kept = []
    for instance in found:
        canvas = canvases.setdefault(instance.segment.label, np.zeros(size, bool))[instance.window]
        mask = instance.logits > 0
        area = np.count_nonzero(mask)
        if area and np.count_nonzero(mask & canvas) / area <= mask_overlap:
            canvas |= mask
            kept.append(instance)
    return kept


def _best_stuff(semantic_logits: Logits, stuff: list[int]) -> tuple[Ids, NDArray[np.float32]]:
    """1 + the place in `stuff` of the largest logit at each pixel, and that logit; 0 and -inf without stuff."""
    size = semantic_logits.shape[1:]
    ids, best = np.zeros(size, np.int32), np.full(size, -np.inf, np.float32)
    for n, label in enumerate(stuff, start=1):  # one after the other: no second copy of all maps
        wins = semantic_logits[label] > best
        np.copyto(ids, n, where=wins)
        np.copyto(best, semantic_logits[label], where=wins, casting="same_kind")
    return ids, best


def _compete(
    semantic_logits: Logits, competing: list[_Instance], ids: Ids, best: NDArray[np.float32], *, first_id: int
) -> NDArray[np.float32]:
    """Write the ids of instances that beat all before them to `ids`, and their logits to `best`.

    Returns (h, w): the largest semantic logit that an instance has of its label, 0 outside its box and without any.
    """
    claimed = np.full(best.shape, -np.inf, np.float32)
    boxes_here = np.zeros(best.shape, np.int32)
    for n, instance in enumerate(competing, start=first_id):
        window = instance.window
        own = semantic_logits[instance.segment.label][window].astype(np.float32)
        total = own + instance.logits
        wins = total > best[window]
        best[window][wins], ids[window][wins] = total[wins], n
        np.maximum(claimed[window], own, out=claimed[window])
        boxes_here[window] += 1
    outside = (boxes_here < len(competing)) | (boxes_here == 0)
    np.maximum(claimed, 0, out=claimed, where=outside)
    return claimed


def _scored_stuff(semantic_logits: Logits, ids: Ids, stuff: list[int], stuff_area: int) -> list[Segment]:
    """The segments of the ids 1..len(stuff); those of fewer than `stuff_area` pixels become void in `ids`."""
    highest = semantic_logits.max(axis=0) if len(semantic_logits) else 0
    total = np.zeros(ids.shape)
    for logits in semantic_logits:
        total += np.exp(logits - highest)
    segments = []
    for n, label in enumerate(stuff, start=1):
        mask = ids == n
        small = np.count_nonzero(mask) < stuff_area
        ids[mask] = 0 if small else n
        chances = np.exp(semantic_logits[label] - highest)[mask] / total[mask]
        segments.append(Segment(label=label, score=min(float(chances.mean()), 1.0) if len(chances) else None))
    return segments
