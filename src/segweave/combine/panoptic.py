"""A semantic and an instance result of one image as one panoptic result."""

import numpy as np

from segweave.errors import InvalidSegmentation, LabelError
from segweave.segmentation import Ids, Instances, Segment, Segmentation, assemble


def panoptic_fpn(
    semantic: Segmentation, instances: Instances, *, score: float = 0.5, overlap: float = 0.5, stuff_area: int = 4096
) -> Segmentation:
    """Instances over each other by score, then stuff where nothing lies (Kirillov et al. 2019, "Panoptic FPN", §3.2).

    Instances below `score` go. The others are laid down from high to low score (of equal ones the earlier first); one
    of whose mask more than the share `overlap` is already covered goes, else it takes what is free. What no instance
    took goes to the stuff segments of `semantic`; a stuff segment of which fewer than `stuff_area` px are left becomes
    void, and so does what `semantic` holds for a thing. Order: instances as laid down, then stuff. Scores, tracks and
    source ids stay. The numbers are those for COCO, about 640 x 480 px (panopticapi,
    combine_semantic_and_instance_predictions.py, which uses > and < in the same places).

    `InvalidSegmentation` when the sizes differ or an instance has no score, `LabelError` when the label sets differ.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Rle
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> semantic = Segmentation(np.ones((1, 4), np.int32), (Segment(label=1),), labels)
    >>> cats = [Rle.from_mask(np.array([m])) for m in ([1, 1, 0, 0], [1, 1, 1, 0])]
    >>> found = Instances((1, 4), cats, (Segment(label=0, score=0.9), Segment(label=0, score=0.8)), labels)
    >>> panoptic_fpn(semantic, found, stuff_area=1).ids.tolist()  # two thirds of the second cat are covered
    [[1, 1, 2, 2]]
    """
    _check(semantic, instances)
    ids, segments = _laid_down(instances, score, overlap)
    left = np.bincount(semantic.ids[ids == 0], minlength=len(semantic) + 1)
    id_of = np.zeros(len(semantic) + 1, np.int32)
    for k, segment in enumerate(semantic.segments, start=1):
        if not semantic.labels[segment.label].is_thing and left[k] >= max(stuff_area, 1):
            segments.append(segment)
            id_of[k] = len(segments)
    return assemble(np.where(ids > 0, ids, id_of.take(semantic.ids)), segments, semantic.labels)


def _check(semantic: Segmentation, instances: Instances) -> None:
    if semantic.size != instances.size:
        raise InvalidSegmentation(
            f"results of one image have one size; found {semantic.size} (semantic) and {instances.size} (instances)"
        )
    if semantic.labels != instances.labels:
        raise LabelError(
            f"results of one image need one label set; found {semantic.labels.name!r} (semantic) and"
            f" {instances.labels.name!r} (instances)"
        )
    scoreless = [k for k, s in enumerate(instances.segments) if s.score is None]
    if scoreless:
        raise InvalidSegmentation(f"instance {scoreless[0]} has no score; instances are laid down by score")


def _laid_down(instances: Instances, score: float, overlap: float) -> tuple[Ids, list[Segment]]:
    """The map of the instances alone, and what each id in it is."""
    ids, segments = np.zeros(instances.size, np.int32), list[Segment]()
    scores = np.array([s.score for s in instances.segments], np.float64)
    areas, boxes = instances.areas(), instances.boxes()
    for k in np.argsort(-scores, kind="stable"):
        if scores[k] < score:
            break
        top, left, bottom, right = boxes[k]
        mask = instances.mask(int(k))[top:bottom, left:right]
        part = ids[top:bottom, left:right]
        free = mask & (part == 0)
        if (areas[k] - np.count_nonzero(free)) / areas[k] > overlap:
            continue
        segments.append(instances.segments[k])
        part[free] = len(segments)
    return ids, segments
