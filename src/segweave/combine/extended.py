"""From extended labels to results: which thing is which among the added ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segweave.combine.parts import Bools, Place, eight_connected, places
from segweave.combine.rules import Labels
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation, assemble, from_label_indices
from segweave.segmentation.segmentation import count_ids

COMPONENT = "component"
"""The `source_id` of a thing that is a guess: a connected part of its label, for nobody said which thing is which."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mask:
    """A thing that a secondary saw. label: of the output. mask: (H, W) bool. score: None counts as 0."""

    label: int
    mask: Bools
    score: float | None = None


def extended_segmentation(
    primary: Segmentation,
    output: Labels,
    labels: LabelSet,
    *,
    masks: Sequence[Mask] = (),
    least: float = 0.0,
) -> Segmentation:
    """The panoptic result of extended labels.

    output: (H, W) int32 output labels, -1 = void; the primary's own labels come first in `labels`. Pixels that kept
    their label keep their segment; a primary thing that keeps less than half of its pixels goes, and its rest becomes
    void. Changed pixels of a stuff label are one segment. Those of a thing label belong to a mask where more than half
    of it fired (was changed to its label) and is not another's, the mask with the highest score first, and none is
    larger than what fired; what no mask takes falls into its 8-connected parts, marked by `source_id="component"`. A
    part of fewer than `least` px that touches a mask's thing is a piece of it. Scores of added segments are those of
    their masks; `with_scores` gives the others one.

    >>> from segweave.labels import Label
    >>> car, bag = (Label(name=name, is_thing=True) for name in ("car", "bag"))
    >>> one = Segmentation(np.array([[1, 1, 1, 1]]), (Segment(label=0, score=0.9),), LabelSet("cars", (car,)))
    >>> seg = extended_segmentation(one, np.array([[0, 0, 1, 1]], np.int32), LabelSet("more", (car, bag)))
    >>> seg.ids.tolist(), [(segment.label, segment.source_id) for segment in seg.segments]
    ([[1, 1, 2, 2]], [(0, None), (1, 'component')])
    """
    _check_size(primary, output)
    changed = output != primary.label_indices()
    ids = _kept(primary, changed)
    segments = list(primary.segments)
    numbered = np.where(changed, output + 1, 0)  # void, -1, is 0 too
    for number, place in places(numbered):
        fired, label = numbered[place] == number, number - 1
        if labels[label].is_thing:
            seen = [mask for mask in masks if mask.label == label]
            inside = [mask.mask[place] for mask in seen]
            owners, found = _things(fired, seen, inside, label=label, least=least)
        else:
            owners, found = fired.astype(np.int32), [Segment(label=label)]
        ids[place][fired] = owners[fired] + len(segments)
        segments += found
    return assemble(ids, segments, labels)


def extended_semantic(primary: Segmentation, output: Labels, labels: LabelSet) -> Segmentation:
    """The semantic result of extended labels, one segment a label, with the primary's scores; `with_scores` gives the
    added ones theirs. Arguments as `extended_segmentation`'s; primary: a semantic result.
    """
    _check_size(primary, output)
    known = {segment.label: segment.score for segment in primary.segments}
    seg = from_label_indices(output, labels)
    segments = [replace(segment, score=known.get(segment.label)) for segment in seg.segments]
    return Segmentation(seg.ids, tuple(segments), labels)


def _check_size(primary: Segmentation, output: Labels) -> None:
    if output.shape != primary.size:
        raise InvalidSegmentation(f"the output labels are {output.shape}; the primary's result is {primary.size}")


def _kept(primary: Segmentation, changed: Bools) -> NDArray[np.int32]:
    """The primary's ids where they stay; void where they changed, and where a thing has lost more than half of it."""
    ids = np.where(changed, np.int32(0), primary.ids)
    kept = count_ids(ids, len(primary))[1:]
    is_thing = np.array([primary.labels[segment.label].is_thing for segment in primary.segments], np.bool_)
    goes = is_thing & (2 * kept < primary.areas())
    stays = np.concatenate(([0], np.where(goes, 0, np.arange(1, len(primary) + 1)))).astype(np.int32)
    return stays.take(ids)


def _things(
    fired: Bools, masks: Sequence[Mask], inside: Sequence[Bools], *, label: int, least: float
) -> tuple[NDArray[np.int32], list[Segment]]:
    """The things of one label: (h, w) int32, from 1, whose each pixel that fired is; and their segments.

    inside: what of each mask lies in the window that `fired` shows; the masks are those of the whole photograph.
    """
    owners, found, free = np.zeros(fired.shape, np.int32), list[Segment](), fired.copy()
    for mask, here in sorted(zip(masks, inside, strict=True), key=lambda pair: -(pair[0].score or 0.0)):
        mine = here & free
        if 2 * np.count_nonzero(mine) > np.count_nonzero(mask.mask):
            found.append(Segment(label=label, score=mask.score))
            owners[mine] = len(found)
            free &= ~mine
    parts, pixels = eight_connected(free)
    alone = pixels >= 0
    alone[0] = False
    for part, place in places(parts) if found else ():
        if pixels[part] < least and (owner := _touching(owners, parts, part, place)):
            owners[place][parts[place] == part] = owner
            alone[part] = False
    number = np.where(alone, len(found) + np.cumsum(alone), 0)
    np.copyto(owners, number[parts], where=alone[parts], casting="same_kind")
    return owners, found + [Segment(label=label, source_id=COMPONENT)] * int(alone.sum())


def _touching(owners: NDArray[np.int32], parts: NDArray[np.int32], part: int, place: Place) -> int:
    """The owner of most of the pixels around a part, 0 where nobody owns any."""
    from scipy.ndimage import binary_dilation

    rows, columns = (slice(max(side.start - 1, 0), side.stop + 1) for side in place)
    here = parts[rows, columns] == part
    around = owners[rows, columns][binary_dilation(here, np.ones((3, 3))) & ~here]
    counts = np.bincount(around[around > 0], minlength=1)
    return int(counts.argmax())
