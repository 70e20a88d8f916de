"""Maps whose pixels are codes of a file (label ids, label * 1000 + instance, colours) as a `Segmentation`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.labels import LabelSet
from segweave.segmentation import Ids, Segment, Segmentation, assemble

_FEW = 1 << 16
"""Codes below this are counted by a table of all possible codes, which is faster than looking for runs."""


def dense_codes(codes: NDArray[Any]) -> tuple[Ids, list[int], list[int]]:
    """The distinct values of a map of integers >= 0, ascending, and where they are.

    Returns ((H, W) int32 places in the list of values, values, pixels of each).

    >>> ids, values, areas = dense_codes(np.array([[26001, 7], [7, 7]]))
    >>> ids.tolist(), values, areas
    ([[1, 0], [0, 0]], [7, 26001], [3, 1])
    """
    flat = codes.ravel()
    if not flat.size:
        return np.zeros(codes.shape, np.int32), [], []
    if int(flat.max()) < _FEW:
        counts = np.bincount(flat)
        values = np.flatnonzero(counts)
        place = np.zeros(len(counts), np.int32)
        place[values] = np.arange(len(values))
        return place.take(codes), values.tolist(), counts[values].tolist()
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))  # runs of equal pixels are few
    values, at = np.unique(flat[starts], return_inverse=True)
    lengths = np.diff(starts, append=flat.size)
    areas = np.bincount(at, weights=lengths).astype(np.int64)
    return np.repeat(at.astype(np.int32), lengths).reshape(codes.shape), values.tolist(), areas.tolist()


def from_codes(codes: NDArray[Any], meaning: Callable[[int, int], Segment | None], labels: LabelSet) -> Segmentation:
    """A `Segmentation` from an (H, W) map of integers >= 0.

    meaning(code, pixels): the segment that a code stands for, None for void; asked once for each code present, in
    ascending order. Stuff of one label is fused; segments come in the order of their codes.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> from_codes(np.array([[1001, 0, 1002]]), lambda c, n: Segment(label=0, source_id=c) if c else None, labels).ids
    array([[1, 0, 2]], dtype=int32)
    """
    places, values, areas = _counted(codes)
    found = [meaning(code, area) for code, area in zip(values, areas, strict=True)]
    segments = tuple(segment for segment in found if segment is not None)
    kept = [at for at, segment in zip(places.used, found, strict=True) if segment is not None]
    new_id = np.zeros(places.most + 1, np.int32)
    new_id[kept] = np.arange(1, len(kept) + 1)
    ids = new_id.take(places.ids)
    stuff = [segment.label for segment in segments if not labels[segment.label].is_thing]
    if len(set(stuff)) < len(stuff):
        return assemble(ids, segments, labels)
    ids.setflags(write=False)  # nobody else has it, so that it need not be copied
    return Segmentation(ids, segments, labels)


@dataclass(frozen=True, slots=True)
class _Places:
    """ids: (H, W) integers 0..most. used: the ones that occur, ascending."""

    ids: NDArray[Any]
    used: list[int]
    most: int


def _counted(codes: NDArray[Any]) -> tuple[_Places, list[int], list[int]]:
    """Where each code is, the codes that occur and their pixels; small codes are their own places."""
    if not codes.size or int(codes.max()) >= _FEW:
        ids, values, areas = dense_codes(codes)
        return _Places(ids, list(range(len(values))), len(values)), values, areas
    flat = codes.ravel()
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    if 8 * len(ends) < flat.size:  # runs of equal pixels are few: a quarter of the time of counting each pixel
        ends = np.append(ends, flat.size - 1)
        counts = np.bincount(flat[ends], weights=np.diff(ends, prepend=-1)).astype(np.int64)
    else:
        counts = np.bincount(flat)
    used = np.flatnonzero(counts)
    return _Places(codes, used.tolist(), len(counts)), used.tolist(), counts[used].tolist()
