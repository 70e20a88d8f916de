"""From CVAT's shapes to `Instances`: order, groups, labels, and notes for what is left out."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, LabelError
from segweave.formats.cvat_regions import Mask, Region, Window, window_of
from segweave.formats.dataset import Note, NoteKind
from segweave.formats.label_file import ENDING
from segweave.labels import Color, Label, LabelSet, LabelTable
from segweave.segmentation import Instances, Rle, Segment

OWN_ATTRIBUTES = ("crowd", "score", "track")
"""What we write as attributes of a shape, because CVAT has no field for it."""

REGIONS = ("polygon", "box", "ellipse", "mask")
"""Shapes that cover pixels; all others (polyline, points, cuboid, skeleton, tag) do not."""

_SMALL = 1 << 22
"""px; in a larger image only the columns of a shape are looked at, not to scan it for each of many small shapes."""

_HALF = 0.5
"""px; a shape that reaches out of the image by no more holds no pixel's centre there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape of an image. place: for notes and messages. region: None for what is no region. z: higher is nearer.

    group: shapes of one label with the same number, other than 0, are parts of one thing. track: of a video track.
    lost: attributes of ours whose value means nothing.
    """

    place: str
    label: str
    region: Region | None
    z: int = 0
    group: int = 0
    track: int | None = None
    crowd: bool = False
    score: float | None = None
    source_id: int | None = None
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What the label names in a file mean. voids: names that stand for void."""

    labels: LabelSet
    index: dict[str, int]
    voids: frozenset[str]


def names_of(
    path: Path, table: LabelTable | None, listed: Sequence[tuple[str, Color | None]]
) -> tuple[Names, list[Note]]:
    """The labels of a data set: those of `table` where there is one, else those the file lists, all things.

    listed: (name, colour) as in the file; a name that stands there twice counts once.
    """
    if table is not None:
        voids = [row.name for row in table.voids]
        reason = "stand for void; their shapes are left out"
        notes = [Note(path, ", ".join(map(repr, voids)), reason, "void-label")] if voids else []
        return Names(table.labels, {n: i for i, n in enumerate(table.labels.names)}, frozenset(voids)), notes
    first: dict[str, Color | None] = {}
    for name, color in listed:
        if name.strip():
            first.setdefault(name.strip(), color)
    try:
        made = [Label(name=n, is_thing=True, color=c) if c else Label(name=n, is_thing=True) for n, c in first.items()]
        labels = LabelSet(path.stem, tuple(made))
    except LabelError as error:
        raise FormatError(f"{path}: labels: {error}") from None
    reason = f"the file does not say which labels are things; all are taken as such (a NAME{ENDING} beside it can say)"
    return Names(labels, {n: i for i, n in enumerate(first)}, frozenset()), [Note(path, "", reason, "assumed")]


def hex_color(text: str) -> Color | None:
    """`#1a2b3c` as three numbers; None for anything else, since only pictures need it."""
    digits = text.strip().removeprefix("#")
    if len(digits) != 6 or not all(c in "0123456789abcdefABCDEF" for c in digits):
        return None
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def smallest_size(shapes: Iterable[Shape]) -> tuple[int, int]:
    """(height, width) px of the smallest image that holds all shapes, at least 1 x 1."""
    boxes = [shape.region.box for shape in shapes if shape.region is not None]
    bottom, right = (max([1.0, *(box[side] for box in boxes)]) for side in (2, 3))
    return math.ceil(bottom), math.ceil(right)


def draw(shapes: Sequence[Shape], size: tuple[int, int], names: Names, *, file: Path) -> tuple[Instances, list[Note]]:
    """The instances of one image, the nearest first, and notes for all shapes that are not what they were.

    Painter's order: by `z`, then by place in the file, so the last of the highest `z` becomes the first instance. A
    group stands where its nearest part stands. Two tracks stay two, grouped or not.
    """
    notes: list[Note] = []

    def note(shape: Shape, reason: str, kind: NoteKind) -> None:
        notes.append(Note(file, shape.place, reason, kind))

    things: dict[tuple[object, ...], list[Shape]] = {}
    for k, shape in sorted(enumerate(shapes), key=lambda pair: (pair[1].z, pair[0]), reverse=True):
        if shape.region is None:
            note(shape, "is no region; left out", "not-a-region")
        elif shape.label in names.voids:
            continue
        elif shape.label not in names.index:
            note(shape, "its label is not in the label set; its pixels are void", "unknown-label")
        else:
            key = (shape.label, shape.group, shape.track) if shape.group else (k,)
            things.setdefault(key, []).append(shape)
    masks, segments = [], []
    for group in things.values():
        rle = _joined(group, size, notes, file)
        if rle is not None:
            masks.append(rle)
            segments.append(_segment(group, names, notes, file))
    return Instances(size, tuple(masks), tuple(segments), names.labels), notes


def _joined(group: Sequence[Shape], size: tuple[int, int], notes: list[Note], file: Path) -> Rle | None:
    """All pixels of the shapes of one thing, None where there is none."""
    height, width = size
    windows = [window_of(region, size) for shape in group if (region := shape.region) is not None]
    left, right = min(window[1] for window in windows), max(window[3] for window in windows)
    if height * width <= _SMALL:  # no need to widen it
        left, right = 0, width
    strip = np.zeros((height, right - left), bool, order="F")  # as `Rle` runs
    for shape, window in zip(group, windows, strict=True):
        inside = _inside(shape, window, size, file)
        top, first, bottom, last = window
        if not inside.any():
            notes.append(Note(file, shape.place, "encloses no pixel's centre; dropped", "shape-clipped"))
            continue
        if _reaches_out(shape, size):
            notes.append(Note(file, shape.place, "reaches out of the image; clipped", "shape-clipped"))
        strip[top:bottom, first - left : last - left] |= inside
    if not strip.any():
        return None
    rle = Rle.from_mask(strip)
    return rle if right - left == width else rle.widened(left, width)


def _inside(shape: Shape, window: Window, size: tuple[int, int], file: Path) -> NDArray[np.bool_]:
    region = shape.region
    assert region is not None
    if isinstance(region, Mask) and (region.size[0] > size[0] or region.size[1] > size[1]):
        raise FormatError(
            f"{file}: {shape.place}: has a box of {region.size} pixels (height, width); the image has {size}"
        )
    if window[0] == window[2] or window[1] == window[3]:
        return np.zeros((0, 0), bool)
    return region.fill(window)


def _reaches_out(shape: Shape, size: tuple[int, int]) -> bool:
    """Does it hold pixels' centres out of the image?"""
    assert shape.region is not None
    top, left, bottom, right = shape.region.box
    return min(top, left) < -_HALF or bottom > size[0] + _HALF or right > size[1] + _HALF


def _segment(group: Sequence[Shape], names: Names, notes: list[Note], file: Path) -> Segment:
    """What a thing is, by its nearest shape; a part that is a crowd makes it one."""
    nearest = group[0]
    label = names.index[nearest.label]
    crowd = any(shape.crowd for shape in group)
    if crowd and not names.labels[label].is_thing:
        reason = "is marked as a crowd, but its label is stuff; the mark is dropped"
        notes.append(Note(file, nearest.place, reason, "crowd-on-stuff"))
        crowd = False
    for shape in group:
        for lost in shape.lost:
            notes.append(Note(file, shape.place, f"its attribute {lost!r} says nothing we can keep", "cannot-hold"))
    return Segment(label=label, score=nearest.score, crowd=crowd, track=nearest.track, source_id=nearest.source_id)
