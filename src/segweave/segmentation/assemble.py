"""From loose parts to a valid `Segmentation`: the one place where ids are renumbered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation.segmentation import Segment, Segmentation


def assemble(ids: NDArray[Any], segments: Sequence[Segment], labels: LabelSet) -> Segmentation:
    """Build a valid `Segmentation` from a map and candidate segments.

    ids: (H, W) integers, 0 = void, k = `segments[k - 1]`. Candidates without a pixel are dropped; stuff segments of
    one label are fused (score: mean weighted by area, of those that have one; track and source id of the largest).
    Order is kept; a fused segment stands where its first part stood.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> loose = [Segment(label=1, score=0.5), Segment(label=0), Segment(label=1, score=1.0)]
    >>> seg = assemble(np.array([[1, 3, 3, 3]]), loose, labels)
    >>> seg.ids.tolist(), seg.segments[0].label, seg.segments[0].score
    ([[1, 1, 1, 1]], 1, 0.875)
    """
    ids = np.asarray(ids)
    if ids.ndim != 2 or ids.dtype.kind not in "iu":
        raise InvalidSegmentation(f"ids must be (H, W) integers; found {ids.dtype} of shape {ids.shape}")
    if ids.size and not 0 <= ids.min() <= ids.max() <= len(segments):
        raise InvalidSegmentation(f"ids must lie in 0..{len(segments)}; found {ids.min()}..{ids.max()}")
    areas = np.bincount(ids.ravel(), minlength=len(segments) + 1)[1:]
    groups = _groups(segments, areas, labels)
    new_id = np.zeros(len(segments) + 1, np.int32)
    for k, group in enumerate(groups, start=1):
        new_id[np.array(group) + 1] = k
    unchanged = np.array_equal(new_id, np.arange(len(segments) + 1))
    new_ids = np.array(ids, np.int32) if unchanged else new_id[ids]
    new_ids.setflags(write=False)
    return Segmentation(new_ids, tuple(_fuse(segments, areas, group) for group in groups), labels)


def _groups(segments: Sequence[Segment], areas: NDArray[np.int64], labels: LabelSet) -> list[list[int]]:
    """Indices of the candidates that become one segment each, in order of their first part."""
    groups: list[list[int]] = []
    stuff: dict[int, list[int]] = {}
    for k, segment in enumerate(segments):
        if not areas[k]:
            continue
        if segment.label >= len(labels):
            raise InvalidSegmentation(f"segment {k} has label {segment.label}; {labels.name!r} has {len(labels)}")
        if labels[segment.label].is_thing:
            groups.append([k])
        elif segment.label in stuff:
            stuff[segment.label].append(k)
        else:
            stuff[segment.label] = [k]
            groups.append(stuff[segment.label])
    return groups


def _fuse(segments: Sequence[Segment], areas: NDArray[np.int64], group: list[int]) -> Segment:
    largest = segments[max(group, key=lambda k: areas[k])]
    scored = [(areas[k], score) for k in group if (score := segments[k].score) is not None]
    if len(group) == 1 or not scored:
        return largest
    mean = sum(area * score for area, score in scored) / sum(area for area, _ in scored)
    return replace(largest, score=float(mean))
