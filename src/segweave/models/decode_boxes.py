"""Boxes with small masks in them (Mask R-CNN) to instances in the photograph's pixels."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.labels import LabelSet
from segweave.models.preprocess import Size
from segweave.models.upsample import Maps
from segweave.segmentation import Instances, Rle, Segment


def decode_boxes(
    boxes: NDArray[np.floating[Any]],
    scores: NDArray[np.floating[Any]],
    label_indices: NDArray[np.integer[Any]],
    *,
    masks: Maps,
    size: Size,
    labels: LabelSet,
    threshold: float = 0.5,
) -> Instances:
    """Each mask stretched over its box, at the photograph's full resolution.

    boxes: (k, 4) top, left, bottom, right, px of the photograph, not rounded; may reach outside. scores, label_indices:
    (k,). masks: (k, h, w) probabilities (28 x 28 in the paper), the samples at the centres of h x w cells of the box.
    A pixel is inside where the bilinear interpolation at its centre is at or above `threshold`; beyond the outermost
    samples the mask fades to 0 within one cell (detectron2's `paste_masks_in_image`; torchvision rounds boxes to whole
    pixels first, which moves borders by up to one). Order is kept; masks without a pixel are left out.

    He et al. 2017, "Mask R-CNN", §3.1.

    >>> from segweave.labels import Label, LabelSet
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> box, score, cat = np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([0.9]), np.array([0])
    >>> cats = decode_boxes(box, score, cat, masks=np.ones((1, 28, 28), np.float32), size=(4, 5), labels=labels)
    >>> cats.mask(0).astype(int).tolist()
    [[0, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0]]
    """
    k = len(boxes)
    if boxes.shape != (k, 4) or masks.ndim != 3 or not k == len(scores) == len(label_indices) == len(masks):
        shapes = ", ".join(str(a.shape) for a in (boxes, scores, label_indices, masks))
        raise ModelError(f"boxes (k, 4), scores (k,), label indices (k,) and masks (k, h, w) must fit; found {shapes}")
    if not (np.isfinite(boxes).all() and np.isfinite(masks).all()):
        raise ModelError("boxes and masks must be finite numbers; found others")
    pasted = [_pasted(mask, box.tolist(), size, threshold) for mask, box in zip(masks, boxes, strict=True)]
    segments = [Segment(label=int(i), score=float(s)) for i, s in zip(label_indices, scores, strict=True)]
    kept = [n for n, mask in enumerate(pasted) if mask.area()]
    return Instances(size, tuple(pasted[n] for n in kept), tuple(segments[n] for n in kept), labels)


def _pasted(mask: NDArray[np.float32], box: Sequence[float], size: Size, threshold: float) -> Rle:
    from segweave.models.masks.kernels import mask_above

    ringed = np.pad(mask.astype(np.float32, copy=False), 1)  # zeros around it: what it fades to
    rows = _places((box[0], box[2]), size[0], len(mask))
    columns = _places((box[1], box[3]), size[1], mask.shape[1])
    inside = np.zeros((size[0], len(columns[1])), bool)
    top, left = rows[0], columns[0]
    mask_above(ringed[None], rows[1:], columns[1:], threshold, inside[top : top + len(rows[1])])
    return Rle.from_mask(inside).widened(left, size[1])


def _places(span: tuple[float, float], n_out: int, n_in: int) -> tuple[int, NDArray[np.int64], NDArray[np.float64]]:
    """The first pixel that a span of n_in cells (a ring cell at either end) reaches, and for each from there on the
    sample before it and the weight of the one after."""
    start, stop = span
    if start >= stop:
        return 0, np.zeros(0, np.int64), np.zeros(0)
    reach = (stop - start) / n_in / 2 + 0.5
    first = min(max(math.floor(start - reach), 0), n_out)
    last = max(min(math.ceil(stop + reach), n_out), first)
    position = np.clip((np.arange(first, last) + 0.5 - start) / (stop - start) * n_in + 0.5, 0, n_in + 1)
    before = position.astype(np.int64)
    return first, before, position - before
