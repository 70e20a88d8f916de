"""From extended labels to a valid panoptic result: which thing is which among the added ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.rules import Labels
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation, assemble

COMPONENT = "component"
"""The `source_id` of a thing that is a guess: a connected part of its label, for nobody said which thing is which."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mask:
    """A thing that a secondary saw. label: of the output. mask: (H, W) bool. score: None counts as 0."""

    label: int
    mask: NDArray[np.bool_]
    score: float | None = None


def extended_segmentation(
    primary: Segmentation, output: Labels, labels: LabelSet, *, masks: Sequence[Mask] = ()
) -> Segmentation:
    """The panoptic result of extended labels.

    output: (H, W) int32 output labels, -1 = void; the primary's own labels come first in `labels`. Pixels that kept
    their label keep their segment; a primary thing that keeps less than half of its pixels goes, and its rest becomes
    void. Changed pixels of a stuff label are one segment. Those of a thing label belong to a mask where more than half
    of it fired (was changed to its label), the mask with the highest score first, and none is larger than what fired;
    what no mask takes falls into its 8-connected parts, marked by `source_id="component"`.

    >>> from segweave.labels import Label
    >>> car, bag = (Label(name=name, is_thing=True) for name in ("car", "bag"))
    >>> one = Segmentation(np.array([[1, 1, 1, 1]]), (Segment(label=0, score=0.9),), LabelSet("cars", (car,)))
    >>> seg = extended_segmentation(one, np.array([[0, 0, 1, 1]], np.int32), LabelSet("more", (car, bag)))
    >>> seg.ids.tolist(), [(segment.label, segment.source_id) for segment in seg.segments]
    ([[1, 1, 2, 2]], [(0, None), (1, 'component')])
    """
    if output.shape != primary.size:
        raise InvalidSegmentation(f"the output labels are {output.shape}; the primary's result is {primary.size}")
    changed = output != primary.label_indices()
    ids = _kept(primary, changed)
    segments = list(primary.segments)
    for label in np.unique(output[changed]).tolist():
        if label < 0:
            continue
        fired = changed & (output == label)
        if labels[label].is_thing:
            _add_things(ids, segments, fired, label=label, masks=[mask for mask in masks if mask.label == label])
        else:
            segments.append(Segment(label=label))
            ids[fired] = len(segments)
    return assemble(ids, segments, labels)


def _kept(primary: Segmentation, changed: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The primary's ids where they stay; void where they changed, and where a thing has lost more than half of it."""
    ids = np.where(changed, np.int32(0), primary.ids)
    kept = np.bincount(ids.reshape(-1), minlength=len(primary) + 1)[1:]
    is_thing = np.array([primary.labels[segment.label].is_thing for segment in primary.segments], np.bool_)
    goes = is_thing & (2 * kept < primary.areas())
    stays = np.concatenate(([0], np.where(goes, 0, np.arange(1, len(primary) + 1)))).astype(np.int32)
    return stays[ids]


def _add_things(
    ids: NDArray[np.int32],
    segments: list[Segment],
    fired: NDArray[np.bool_],
    *,
    label: int,
    masks: Sequence[Mask],
) -> None:
    """Write the things of one label into `ids`, and append their segments."""
    free = fired.copy()
    for mask in sorted(masks, key=lambda mask: -(mask.score or 0.0)):
        if 2 * np.count_nonzero(mask.mask & fired) > np.count_nonzero(mask.mask):
            segments.append(Segment(label=label, score=mask.score))
            taken = mask.mask & free
            ids[taken] = len(segments)
            free &= ~taken
    parts, n = _components(free)
    ids[free] = parts[free] + len(segments)
    segments += [Segment(label=label, source_id=COMPONENT)] * n


def _components(inside: NDArray[np.bool_]) -> tuple[NDArray[Any], int]:
    """8-connected parts, numbered from 1."""
    from scipy.ndimage import label as components

    parts, n = components(inside, structure=np.ones((3, 3)))
    return parts, int(n)
