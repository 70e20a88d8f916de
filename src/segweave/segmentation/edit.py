"""Corrections: each function returns a new, valid `Segmentation` and leaves the old one as it was.

Segments are named by their index, from 0; a wrong index, label, box or mask raises `InvalidSegmentation`. Segments
left without a pixel go, and those behind them move up.

>>> from segweave.labels import Label, LabelSet
>>> cat, grass = Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)
>>> pets = LabelSet("pets", (cat, grass))
>>> seg = Segmentation(np.array([[1, 2, 1, 0]]), (Segment(label=0, score=0.9), Segment(label=1)), pets)
>>> split_components(seg, 0).ids.tolist()
[[1, 2, 3, 0]]
>>> merge(split_components(seg, 0), [0, 2]) == seg
True
>>> relabel(seg, 0, 1).ids.tolist()
[[1, 1, 1, 0]]
>>> crop(seg, (0, 1, 1, 4)).ids.tolist(), resize(seg, (1, 2)).ids.tolist()
([[2, 1, 0]], [[1, 0]])
>>> here = np.array([[0, 1, 1, 1]])
>>> paint(seg, here, Segment(label=0)).ids.tolist(), paint_into(seg, here, 1).ids.tolist()
([[1, 2, 2, 2]], [[1, 2, 2, 2]])
>>> erase(seg, here).ids.tolist()
[[1, 0, 0, 0]]
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import LabelMap
from segweave.segmentation.assemble import assemble
from segweave.segmentation.instances import Instances
from segweave.segmentation.segmentation import Segment, Segmentation


def relabel(seg: Segmentation, index: int, label: int) -> Segmentation:
    """Give segment `index` another label; if that label is stuff and present already, the two become one."""
    _check_index(seg, index)
    if not 0 <= label < len(seg.labels):
        raise InvalidSegmentation(f"label {label} is not in {seg.labels.name!r}, which has 0..{len(seg.labels) - 1}")
    segments = list(seg.segments)
    crowd = segments[index].crowd and seg.labels[label].is_thing
    segments[index] = replace(segments[index], label=label, crowd=crowd)
    return assemble(seg.ids, segments, seg.labels)


@overload
def map_labels(seg: Segmentation, label_map: LabelMap) -> Segmentation: ...
@overload
def map_labels(seg: Instances, label_map: LabelMap) -> Instances: ...
@overload
def map_labels(seg: Segmentation | Instances, label_map: LabelMap) -> Segmentation | Instances: ...
def map_labels(seg: Segmentation | Instances, label_map: LabelMap) -> Segmentation | Instances:
    """Say the result in another label set.

    In a `Segmentation` labels that map to nothing become void, and stuff of one label is fused. In `Instances` the
    masks of labels that map to nothing go; all others stay as they are, in order. Stuff is no crowd: that flag goes
    where a thing becomes stuff. Raises `LabelError` when `label_map` starts from another label set than the result's.

    >>> from segweave.labels import Label, LabelSet
    >>> fine = LabelSet("fine", (Label(name="lawn", is_thing=False), Label(name="meadow", is_thing=False)))
    >>> coarse = LabelSet("coarse", (Label(name="grass", is_thing=False),))
    >>> seg = Segmentation(np.array([[1, 2]]), (Segment(label=0), Segment(label=1)), fine)
    >>> map_labels(seg, LabelMap(fine, coarse, (0, 0))).ids.tolist()
    [[1, 1]]
    """
    if label_map.source != seg.labels:
        kind = "segmentation has" if isinstance(seg, Segmentation) else "instances have"
        raise LabelError(f"the map starts from {label_map.source.name!r}; the {kind} {seg.labels.name!r}")
    new = [_mapped(segment, label_map) for segment in seg.segments]
    kept = [segment for segment in new if segment is not None]
    if isinstance(seg, Instances):
        masks = tuple(mask for mask, segment in zip(seg.masks, new, strict=True) if segment is not None)
        return Instances(seg.size, masks, tuple(kept), label_map.target)
    is_kept = np.array([False, *(segment is not None for segment in new)])
    new_id = np.where(is_kept, np.cumsum(is_kept), 0).astype(np.int32)
    return assemble(new_id[seg.ids], kept, label_map.target)


def _mapped(segment: Segment, label_map: LabelMap) -> Segment | None:
    target = label_map.targets[segment.label]
    if target is None:
        return None
    return replace(segment, label=target, crowd=segment.crowd and label_map.target[target].is_thing)


def merge(seg: Segmentation, indices: Sequence[int]) -> Segmentation:
    """Make one segment of several; it keeps the first one's label, score, track and place."""
    if len(indices) == 0:
        return seg
    for index in indices:
        _check_index(seg, index)
    new_id = np.arange(len(seg) + 1, dtype=np.int32)
    new_id[np.array(indices) + 1] = indices[0] + 1
    return assemble(new_id[seg.ids], seg.segments, seg.labels)


def split_components(seg: Segmentation, index: int) -> Segmentation:
    """Split a thing into its 8-connected parts, the largest first; that one keeps track and source id.

    The parts follow all other segments except the largest, which stays in place. Stuff cannot be split
    (`InvalidSegmentation`): it owns one segment an image however many parts it has.
    """
    from scipy.ndimage import label as components

    _check_index(seg, index)
    segment = seg.segments[index]
    if not seg.labels[segment.label].is_thing:
        raise InvalidSegmentation(f"segment {index} is {seg.labels[segment.label].name!r}, stuff; only things split")
    top, left, bottom, right = seg.boxes()[index]
    ids = seg.ids.copy()
    window = ids[top:bottom, left:right]
    part_ids, n = components(window == index + 1, structure=np.ones((3, 3)))
    largest_first = np.argsort(-np.bincount(part_ids.ravel(), minlength=n + 1)[1:], kind="stable")
    new_id = np.zeros(n + 1, np.int32)
    new_id[largest_first + 1] = [index + 1, *range(len(seg) + 1, len(seg) + n)]
    window[part_ids > 0] = new_id[part_ids[part_ids > 0]]
    parts = [replace(segment, track=None, source_id=None)] * (n - 1)
    return assemble(ids, [*seg.segments, *parts], seg.labels)


def crop(seg: Segmentation, box: tuple[int, int, int, int]) -> Segmentation:
    """Cut out a box (top, left, bottom, right) px, half-open, within the image; segments outside it go."""
    top, left, bottom, right = box
    height, width = seg.size
    if not (0 <= top <= bottom <= height and 0 <= left <= right <= width):
        raise InvalidSegmentation(f"box {box} (top, left, bottom, right) does not lie within {height} x {width} px")
    return assemble(seg.ids[top:bottom, left:right], seg.segments, seg.labels)


def resize(seg: Segmentation, size: tuple[int, int]) -> Segmentation:
    """Nearest pixel centre: row r takes from floor((r + 0.5) * old height / new height). Vanished segments go."""
    rows, columns = (nearest(old, new) for old, new in zip(seg.size, size, strict=True))
    return assemble(seg.ids[np.ix_(rows, columns)], seg.segments, seg.labels)


def nearest(old: int, new: int) -> NDArray[np.int64]:
    """(new,) int64: for each new pixel the old one under its centre, in whole-number arithmetic."""
    if new < 0 or (new and not old):
        raise InvalidSegmentation(f"cannot resize {old} px to {new} px")
    return (2 * np.arange(new, dtype=np.int64) + 1) * old // (2 * new) if new else np.zeros(0, np.int64)


def paint(seg: Segmentation, mask: NDArray[Any], segment: Segment) -> Segmentation:
    """Put a new segment on the pixels of `mask` (H, W), over what was there; stuff joins its label's segment."""
    ids = np.where(_checked_mask(seg, mask), len(seg) + 1, seg.ids)
    return assemble(ids, [*seg.segments, segment], seg.labels)


def paint_into(seg: Segmentation, mask: NDArray[Any], index: int) -> Segmentation:
    """Extend segment `index` by the pixels of `mask` (H, W), over what was there."""
    _check_index(seg, index)
    return assemble(np.where(_checked_mask(seg, mask), index + 1, seg.ids), seg.segments, seg.labels)


def erase(seg: Segmentation, mask: NDArray[Any]) -> Segmentation:
    """Make the pixels of `mask` (H, W) void."""
    return assemble(np.where(_checked_mask(seg, mask), 0, seg.ids), seg.segments, seg.labels)


def _check_index(seg: Segmentation, index: int) -> None:
    if not 0 <= index < len(seg):
        raise InvalidSegmentation(f"there is no segment {index}; this segmentation has {len(seg)}, counted from 0")


def _checked_mask(seg: Segmentation, mask: NDArray[Any]) -> NDArray[np.bool_]:
    mask = np.asarray(mask)
    if mask.shape != seg.size:
        raise InvalidSegmentation(f"the mask has shape {mask.shape}; the segmentation has {seg.size}")
    inside: NDArray[np.bool_] = mask != 0
    return inside
