"""Semantic <-> panoptic <-> instances as plain functions; each docstring says what is lost.

>>> from segweave.labels import Label
>>> cat, grass = Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)
>>> semantic = from_label_indices(np.array([[0, 1, 0, -1]]), LabelSet("pets", (cat, grass)))
>>> panoptic = semantic_to_panoptic(semantic)
>>> semantic.ids.tolist(), panoptic.ids.tolist(), panoptic.label_names()
([[1, 2, 1, 0]], [[1, 3, 2, 0]], ('cat', 'cat', 'grass'))
>>> panoptic_to_semantic(panoptic) == semantic
True
>>> cats = panoptic_to_instances(panoptic)
>>> cats.areas().tolist(), instances_to_panoptic(cats).ids.tolist()
([1, 1], [[1, 0, 2, 0]])
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation.assemble import assemble, mean_score
from segweave.segmentation.instances import Instances
from segweave.segmentation.rle import Rle
from segweave.segmentation.segmentation import Segment, Segmentation


def from_label_indices(indices: NDArray[Any], labels: LabelSet, *, void: int = -1) -> Segmentation:
    """A semantic result from a label map: one segment for each label present, in label order.

    indices: (H, W) integers, an index into `labels` or `void`. Any other value raises `InvalidSegmentation`.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> seg = from_label_indices(np.array([[1, 1, 255]]), labels, void=255)
    >>> seg.ids.tolist(), seg.label_names()
    ([[1, 1, 0]], ('grass',))
    """
    indices = np.asarray(indices)
    if indices.ndim != 2 or indices.dtype.kind not in "iu":
        raise InvalidSegmentation(f"a label map must be (H, W) integers; found {indices.dtype} {indices.shape}")
    is_void = indices == void
    wrong = ~is_void & ((indices < 0) | (indices >= len(labels)))
    if wrong.any():
        row, column = (int(v) for v in np.argwhere(wrong)[0])
        raise InvalidSegmentation(
            f"the label map has {int(indices[row, column])} at row {row}, column {column};"
            f" {labels.name!r} has labels 0..{len(labels) - 1}, void is {void}"
        )
    candidates = indices.astype(np.int32) + np.int32(1)
    candidates[is_void] = 0
    return assemble(candidates, [Segment(label=i) for i in range(len(labels))], labels)


def panoptic_to_semantic(seg: Segmentation) -> Segmentation:
    """One segment a label. Lost: which thing is which, tracks, crowd marks, source ids, and scores of the parts
    (a fused segment has their mean weighted by area)."""
    order = sorted({s.label for s in seg.segments})
    new_id = np.array([0, *(order.index(s.label) + 1 for s in seg.segments)], np.int32)
    return assemble(new_id[seg.ids], [_mean_of_label(seg, label) for label in order], seg.labels)


def semantic_to_panoptic(seg: Segmentation, *, min_area: int = 1) -> Segmentation:
    """Each 8-connected part of a thing segment becomes a thing of its own; parts under `min_area` px become void.

    Lost: nothing of the labels, but identity is a guess: things that touch stay one, a thing cut in two by another
    becomes two. Crowds stay whole. Tracks and source ids go, except where a thing had one part.
    """
    from scipy.ndimage import label as components

    ids = np.zeros(seg.size, np.int32)
    parts: list[Segment] = []
    for k, (segment, (top, left, bottom, right)) in enumerate(zip(seg.segments, seg.boxes(), strict=True)):
        window = (slice(top, bottom), slice(left, right))
        inside = seg.ids[window] == k + 1
        if segment.crowd or not seg.labels[segment.label].is_thing:
            ids[window][inside] = len(parts) + 1
            parts.append(segment)
            continue
        part_ids, n = components(inside, structure=np.ones((3, 3)))
        large = np.flatnonzero(np.bincount(part_ids.ravel(), minlength=n + 1)[1:] >= min_area) + 1
        new_id = np.zeros(n + 1, np.int32)
        new_id[large] = len(parts) + 1 + np.arange(len(large))
        ids[window][inside] = new_id[part_ids[inside]]
        parts += [segment if n == 1 else replace(segment, track=None, source_id=None)] * len(large)
    return assemble(ids, parts, seg.labels)


def panoptic_to_instances(seg: Segmentation) -> Instances:
    """The things as masks, in order. Lost: stuff, and which pixels were void."""
    things = [k for k, s in enumerate(seg.segments) if seg.labels[s.label].is_thing]
    boxes = seg.boxes()
    masks = tuple(_columns(seg, k, int(boxes[k][1]), int(boxes[k][3])) for k in things)
    return Instances(seg.size, masks, tuple(seg.segments[k] for k in things), seg.labels)


def instances_to_panoptic(instances: Instances) -> Segmentation:
    """Paint the masks on void, crowds first, then by score from low to high (none counts as 0; at equal scores the
    earlier mask wins). Lost: hidden pixels; a mask that is hidden altogether goes; stuff masks of one label fuse."""
    height, width = instances.size
    columns = np.zeros(height * width, np.int32)  # RLE runs down the columns
    n = len(instances)
    order = sorted(range(n), key=lambda k: (not instances.segments[k].crowd, instances.segments[k].score or 0.0, -k))
    for k in order:
        for start, end in instances.masks[k].spans().tolist():
            columns[start:end] = k + 1
    return assemble(columns.reshape(width, height).T, instances.segments, instances.labels)


def _columns(seg: Segmentation, index: int, left: int, right: int) -> Rle:
    """The mask of a segment that lies within columns left..right, looking at these only."""
    return Rle.from_mask(seg.ids[:, left:right] == index + 1).widened(left, seg.size[1])


def _mean_of_label(seg: Segmentation, label: int) -> Segment:
    same = [(int(area), s.score) for area, s in zip(seg.areas(), seg.segments, strict=True) if s.label == label]
    return Segment(label=label, score=mean_score(same))
