"""From loose parts to a valid `Segmentation`: the one place where ids are renumbered."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation.segmentation import Segment, Segmentation, check_labels, count_ids


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
    check_labels(tuple(segments), labels)
    dense = np.ascontiguousarray(ids, np.int32)
    areas = count_ids(dense, len(segments))[1:]
    groups = _groups(segments, areas, labels)
    new_id = np.zeros(len(segments) + 1, np.int32)
    for new, group in enumerate(groups, start=1):
        for k in group:
            new_id[k + 1] = new
    unchanged = np.array_equal(new_id, np.arange(len(segments) + 1))
    if not unchanged:
        dense = new_id.take(dense)
        dense.setflags(write=False)  # nobody else has it, so that it need not be copied
    return Segmentation(dense, tuple(_fuse(segments, areas, group) for group in groups), labels)


def _groups(segments: Sequence[Segment], areas: NDArray[np.int64], labels: LabelSet) -> list[list[int]]:
    """Indices of the candidates that become one segment each, in order of their first part."""
    groups: list[list[int]] = []
    stuff: dict[int, list[int]] = {}
    for k, segment in enumerate(segments):
        if not areas[k]:
            continue
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
    if len(group) == 1:
        return largest
    return replace(largest, score=mean_score((int(areas[k]), segments[k].score) for k in group))


def mean_score(parts: Iterable[tuple[int, float | None]]) -> float | None:
    """Mean of the scores of (area, score) parts weighted by area, of those that have one; None when none has."""
    scored = [(area, score) for area, score in parts if score is not None]
    if not scored:
        return None
    mean = sum(area * score for area, score in scored) / sum(area for area, _ in scored)
    values = [score for _, score in scored]
    return min(max(mean, min(values)), max(values))  # rounding must not lead out of 0..1, nor change equal scores
