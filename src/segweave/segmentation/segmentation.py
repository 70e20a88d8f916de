"""`Segmentation`: what was seen, one segment (or void) a pixel. Read this file first."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet

Ids = NDArray[np.int32]
"""(H, W) int32, read-only: 0 = void, k = the k-th segment, counted from 1."""

_AT_ONCE = 1 << 24  # pixels counted together: counting takes up to eight bytes for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One region of an image that a person would call one thing, or all of one stuff.

    label: index into the `LabelSet`. score: 0..1 or None where nobody gave one. crowd: a ground-truth segment
    that covers several uncounted things. track: identity over time. source_id: the id in the file it came from.
    """

    label: int
    score: float | None = None
    crowd: bool = False
    track: int | None = None
    source_id: int | str | None = None

    def __post_init__(self) -> None:
        if type(self.label) is not int:  # numpy's integers become Python's, so that JSON takes them
            object.__setattr__(self, "label", whole(self.label, "a segment's label"))
        if self.label < 0:
            raise InvalidSegmentation(f"a segment's label is an index from 0; found {self.label}")
        if self.track is not None and type(self.track) is not int:
            object.__setattr__(self, "track", whole(self.track, "a segment's track"))
        if self.score is not None and type(self.score) is not float:
            object.__setattr__(self, "score", float(self.score))
        if self.score is not None and not math.isfinite(self.score):
            raise InvalidSegmentation(f"a segment's score is a finite number or None; found {self.score}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Segmentation:
    """Segments of one image that do not overlap: semantic, panoptic, or instances without overlap.

    ids: (H, W) integers, kept as read-only int32; 0 = void, k = `segments[k - 1]`. A segment's identity is its
    position. segments: in that order. labels: the `LabelSet` that `Segment.label` points into.

    Illegal states cannot be built (`InvalidSegmentation`): every id in the map has a segment and every segment has
    a pixel; a stuff label owns at most one segment; only a thing can be a crowd; void is not a label. These are the
    rules of the panoptic format (Kirillov et al. 2019, "Panoptic Segmentation", §3). `assemble` builds a valid one
    from looser parts.

    >>> from segweave.labels import Label, LabelSet
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> seg = Segmentation(np.array([[1, 1, 2], [0, 2, 2]]), (Segment(label=0, score=0.9), Segment(label=1)), labels)
    >>> len(seg), seg.size, seg.areas().tolist()
    (2, (2, 3), [2, 3])
    >>> seg.boxes().tolist()
    [[0, 0, 1, 2], [0, 1, 2, 3]]
    >>> seg.label_indices().tolist()
    [[0, 0, 1], [-1, 1, 1]]
    """

    ids: Ids
    segments: tuple[Segment, ...]
    labels: LabelSet
    _areas: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", frozen_ids(self.ids))
        object.__setattr__(self, "segments", tuple(self.segments))
        check_labels(self.segments, self.labels)
        _check_stuff(self.segments, self.labels)
        object.__setattr__(self, "_areas", _count_areas(self.ids, self.segments))

    def __len__(self) -> int:
        """Number of segments."""
        return len(self.segments)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segmentation):
            return NotImplemented
        same_parts = self.segments == other.segments and self.labels == other.labels
        return same_parts and np.array_equal(self.ids, other.ids)

    def __repr__(self) -> str:
        return f"<Segmentation {summary(self.size, self.segments, self.labels)}>"

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Segmentation, (self.ids, self.segments, self.labels)  # unpickling checks, and freezes the map again

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) px."""
        return self.ids.shape

    def areas(self) -> NDArray[np.int64]:
        """(n,) int64: pixels of each segment, all at least 1."""
        return self._areas

    def void_area(self) -> int:
        """Pixels that belong to no segment."""
        return int(self.ids.size - self._areas.sum())

    def boxes(self) -> NDArray[np.int64]:
        """(n, 4) int64: (top, left, bottom, right) of each segment, px, half-open."""
        if not self.segments:
            return np.zeros((0, 4), np.int64)
        from scipy.ndimage import find_objects

        found = find_objects(self.ids, max_label=len(self))
        return np.array([(r.start, c.start, r.stop, c.stop) for r, c in found], np.int64).reshape(-1, 4)

    def mask(self, index: int) -> NDArray[np.bool_]:
        """(H, W) bool: the pixels of `segments[index]`."""
        if not 0 <= index < len(self):
            raise IndexError(f"segment {index} of {len(self)}: an index counts from 0")
        inside: NDArray[np.bool_] = self.ids == index + 1
        return inside

    def label_indices(self) -> NDArray[np.int32]:
        """(H, W) int32: each pixel's label, an index into `labels`; -1 = void."""
        of_segment = np.array([-1, *(s.label for s in self.segments)], np.int32)
        return of_segment.take(self.ids)

    def label_names(self) -> tuple[str, ...]:
        """(n,) English label name of each segment."""
        return tuple(self.labels[s.label].name for s in self.segments)


def summary(size: tuple[int, int], segments: tuple[Segment, ...], labels: LabelSet) -> str:
    """One line for `repr`: size, number of segments, which labels."""
    names = sorted({labels[s.label].name for s in segments})
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    plural = "segment" if len(segments) == 1 else "segments"
    return f"{size[0]} x {size[1]} px, {len(segments)} {plural} of {labels.name}" + (f": {shown}" if shown else "")


def frozen_ids(ids: NDArray[Any]) -> Ids:
    """(H, W) integers as C-contiguous int32 that nobody can write to; copies only if somebody could."""
    ids = np.asarray(ids)
    if ids.ndim != 2 or ids.dtype.kind not in "iu":
        raise InvalidSegmentation(f"ids must be (H, W) integers; found {ids.dtype} of shape {ids.shape}")
    if ids.dtype == np.int32 and ids.flags.c_contiguous and not _can_be_written(ids):
        return ids
    if ids.size and ids.dtype.itemsize >= 4 and ids.dtype != np.int32:
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high > np.iinfo(np.int32).max:
            raise InvalidSegmentation(f"ids must be 0 or more and fit int32; found {low}..{high}")
    mine = np.array(ids, np.int32, order="C")
    mine.setflags(write=False)
    return mine


def count_ids(ids: Ids, n: int) -> NDArray[np.int64]:
    """(n + 1,) int64: pixels of each id. ids: C order, values in 0..n; unchecked."""
    if ids.size > _AT_ONCE:
        row = ids.reshape(-1)
        pieces = (row[at : at + _AT_ONCE] for at in range(0, row.size, _AT_ONCE))
        return sum((count_ids(piece, n) for piece in pieces), np.zeros(n + 1, np.int64))
    if n > 255 or ids.size < 1 << 16:
        return np.bincount(ids.reshape(-1), minlength=n + 1)
    flat = ids.astype(np.uint8).reshape(-1)
    ends = np.flatnonzero(flat[1:] != flat[:-1])  # segments are flat areas: few runs of equal pixels
    if len(ends) <= flat.size // 8:
        ends = np.append(ends, flat.size - 1)
        lengths = np.diff(ends, prepend=-1)
        return np.bincount(flat[ends], weights=lengths, minlength=n + 1).astype(np.int64)
    # Two neighbours read as one 16-bit number: half the additions of a plain bincount, twice as fast.
    pairs = np.bincount(flat[: flat.size // 2 * 2].view(np.uint16), minlength=1 << 16).reshape(256, 256)
    counts: NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1)
    if flat.size % 2:
        counts[flat[-1]] += 1
    return counts[: n + 1]


def whole(value: object, what: str) -> int:
    """`value` as Python's int; `InvalidSegmentation` when it is not a whole number."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InvalidSegmentation(f"{what} is a whole number; found {value!r}") from None


def checked_size(size: Sequence[int]) -> tuple[int, int]:
    """(height, width) px as Python's ints, both >= 0; else `InvalidSegmentation`."""
    numbers = [whole(n, "a height or width") for n in size]
    if len(numbers) != 2 or min(numbers) < 0:
        raise InvalidSegmentation(f"a size is (height, width) >= 0; found {tuple(size)}")
    return numbers[0], numbers[1]


def check_labels(segments: tuple[Segment, ...], labels: LabelSet) -> None:
    """Every segment's label is in `labels`, and only things are crowds; else `InvalidSegmentation`."""
    for k, segment in enumerate(segments):
        if segment.label >= len(labels):
            raise InvalidSegmentation(
                f"segment {k} has label {segment.label}; {labels.name!r} has labels 0..{len(labels) - 1}"
            )
        if segment.crowd and not labels[segment.label].is_thing:
            raise InvalidSegmentation(
                f"segment {k} is a crowd of {labels[segment.label].name!r}, which is stuff; only things form crowds"
            )


def _check_stuff(segments: tuple[Segment, ...], labels: LabelSet) -> None:
    first: dict[int, int] = {}
    for k, segment in enumerate(segments):
        if labels[segment.label].is_thing:
            continue
        if segment.label in first:
            raise InvalidSegmentation(
                f"segments {first[segment.label]} and {k} are both {labels[segment.label].name!r}; a stuff label owns"
                " at most one segment an image (`assemble` fuses them)"
            )
        first[segment.label] = k


def _count_areas(ids: Ids, segments: tuple[Segment, ...]) -> NDArray[np.int64]:
    n = len(segments)
    low, high = (int(ids.min()), int(ids.max())) if ids.size else (0, 0)
    if low < 0 or high > n:
        raise InvalidSegmentation(f"ids must lie in 0..{n}, one a segment and 0 for void; found {low}..{high}")
    areas = count_ids(ids, n)[1:]
    if not areas.all():
        k = int(np.argmin(areas))
        raise InvalidSegmentation(f"segment {k} owns no pixel (id {k + 1} is not in the map); `assemble` drops such")
    areas.setflags(write=False)
    return areas


def _can_be_written(array: NDArray[Any]) -> bool:
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return True
        base = base.base
    return base is not None  # memory of somebody else (a buffer, a file map): we cannot know
