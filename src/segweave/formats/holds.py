"""What a format can hold, as a row of facts, and the truth cut down to it with a note for every loss.

`save_dataset` cuts down before any writer sees a sample. So a writer writes all it is given, and for each format
reading what was written gives back `reduce(truth, holds)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from segweave.formats.dataset import NoteKind
from segweave.segmentation import (
    Instances,
    Rle,
    Segment,
    Segmentation,
    assemble,
    instances_to_panoptic,
    panoptic_to_semantic,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What a format can say.

    overlap: masks may share pixels; its samples are `Instances`, else `Segmentation`s. identity: things of one label
    stay apart. crowd: each crowd marked, one crowd a label (several become one), or none. score: where it is required
    a segment without one gets 1.0. track: of a segment. source_id: kept as it was given; where it is not, nothing is
    noted, because ids only tie a segment to the file it came from, and the format gives it one of its own.
    """

    overlap: bool = False
    identity: bool = True
    crowd: Literal["each", "one a label", "no"] = "no"
    score: Literal["optional", "required", "no"] = "no"
    track: bool = False
    source_id: bool = False


Lost = tuple[str, NoteKind]
"""What was lost of one image, and the kind of note that says so."""


def reduce(truth: Segmentation | Instances, holds: Holds) -> tuple[Segmentation | Instances, list[Lost]]:
    """The part of a truth that a format can hold, and what is lost, each reason once.

    >>> from segweave.labels import Label, LabelSet
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> cats = Segmentation(np.array([[1, 2]]), (Segment(label=0), Segment(label=0, score=0.5)), labels)
    >>> seg, lost = reduce(cats, Holds(identity=False))
    >>> seg.ids.tolist(), lost
    ([[1, 1]], [('1 score is dropped', 'cannot-hold'), ('2 things become 1 segment a label', 'cannot-hold')])
    """
    lost: list[Lost] = []
    if isinstance(truth, Segmentation) and holds.overlap:
        truth = segments_as_instances(truth)
    elif isinstance(truth, Instances) and not holds.overlap:
        truth, hidden = _painted(truth)
        lost += hidden
    truth, dropped = _without_fields(truth, holds)
    lost += dropped
    if isinstance(truth, Segmentation) and not holds.identity:
        before = sum(truth.labels[s.label].is_thing for s in truth.segments)
        truth = panoptic_to_semantic(truth)
        after = sum(truth.labels[s.label].is_thing for s in truth.segments)
        if after < before:
            lost.append((f"{_count(before, 'thing')} become {after} segment a label", "cannot-hold"))
    if isinstance(truth, Segmentation) and holds.crowd == "one a label":
        truth, fused = _crowds_fused(truth)
        lost += fused
    return truth, lost


def segments_as_instances(seg: Segmentation) -> Instances:
    """Every segment as a mask, stuff too, in the same order; nothing is lost."""
    columns = range(len(seg))
    masks = []
    for k, (_, left, _, right) in zip(columns, seg.boxes().tolist(), strict=True):
        masks.append(Rle.from_mask(seg.ids[:, left:right] == k + 1).widened(left, seg.size[1]))
    return Instances(seg.size, tuple(masks), seg.segments, seg.labels)


def _painted(instances: Instances) -> tuple[Segmentation, list[Lost]]:
    seg = instances_to_panoptic(instances)
    hidden = int(instances.areas().sum() - seg.areas().sum())
    gone = len(instances) - len(seg)
    lost: list[Lost] = []
    if hidden:
        lost.append((f"{_count(hidden, 'pixel')} of masks hidden by others dropped", "overlap"))
    if gone:
        lost.append((f"{_count(gone, 'mask')} hidden altogether, or fused with stuff of the same label", "overlap"))
    return seg, lost


def _without_fields(truth: Segmentation | Instances, holds: Holds) -> tuple[Segmentation | Instances, list[Lost]]:
    """Scores, tracks, crowd marks and source ids that the format has no place for, taken off."""
    segments = truth.segments
    lost: list[Lost] = []
    scores = sum(s.score is not None for s in segments)
    tracks = sum(s.track is not None for s in segments)
    crowds = sum(s.crowd for s in segments)
    if holds.score == "required" and scores < len(segments):
        lost.append((f"{_count(len(segments) - scores, 'segment')} without a score, taken as 1.0", "assumed"))
        segments = tuple(s if s.score is not None else replace(s, score=1.0) for s in segments)
    if scores and holds.score == "no":
        lost.append((f"{_count(scores, 'score')} {_is(scores)} dropped", "cannot-hold"))
        segments = tuple(replace(s, score=None) for s in segments)
    if tracks and not holds.track:
        lost.append((f"{_count(tracks, 'track')} {_is(tracks)} dropped", "cannot-hold"))
        segments = tuple(replace(s, track=None) for s in segments)
    if crowds and holds.crowd == "no":
        lost.append((f"{_count(crowds, 'crowd')} {_is(crowds)} no longer marked as such", "cannot-hold"))
        segments = tuple(replace(s, crowd=False) for s in segments)
    if not holds.source_id:
        segments = tuple(s if s.source_id is None else replace(s, source_id=None) for s in segments)
    return replace_segments(truth, segments), lost


def replace_segments(truth: Segmentation | Instances, segments: Sequence[Segment]) -> Segmentation | Instances:
    """The same pixels with other segments, as many."""
    if all(new is old for new, old in zip(segments, truth.segments, strict=True)):
        return truth
    if isinstance(truth, Segmentation):
        return Segmentation(truth.ids, tuple(segments), truth.labels)
    return replace(truth, segments=tuple(segments))


def _crowds_fused(seg: Segmentation) -> tuple[Segmentation, list[Lost]]:
    """All crowds of a label as one, which stands where the first stood."""
    first: dict[int, int] = {}
    new_id = np.arange(len(seg) + 1, dtype=np.int32)
    for k, segment in enumerate(seg.segments, start=1):
        if segment.crowd:
            new_id[k] = first.setdefault(segment.label, k)
    crowds = sum(s.crowd for s in seg.segments)
    if crowds == len(first):
        return seg, []
    fused = assemble(new_id[seg.ids], seg.segments, seg.labels)
    return fused, [(f"{_count(crowds, 'crowd')} become {len(first)}, one a label", "cannot-hold")]


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def _is(n: int) -> str:
    return "is" if n == 1 else "are"
