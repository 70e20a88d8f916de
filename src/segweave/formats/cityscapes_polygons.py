"""`*_polygons.json` of Cityscapes: what its label tool draws, in painter's order.

Read as the official json2instanceImg.py does: later objects cover earlier ones, deleted objects and labels with a
negative id are not drawn, "cargroup" is a crowd of "car" where there is no label of that name.
"""

from collections import Counter
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.json_parts import Entry, entries, entry_of, image_size_in, load_json, shown, text
from segweave.formats.outlines import MOST_DRAWN_CORNERS, outline, pillow_filled, pillow_painted
from segweave.formats.shapes import corners
from segweave.labels import LabelTable
from segweave.segmentation import Segment, Segmentation, assemble, mask_to_polygons

_HIDDEN = "is hidden altogether by later objects; dropped"
_OUTSIDE = "lies outside of the image; dropped"
_UNKNOWN = "stands for no label; its pixels are void"
_GROUP = "group"


class ObjectEntry(TypedDict):
    """One object; polygon: (x, y) pixels."""

    label: str
    polygon: list[list[int]]


class PolygonFile(TypedDict):
    """The file of one image."""

    imgHeight: int
    imgWidth: int
    objects: list[ObjectEntry]


def read_polygons(path: Path, table: LabelTable, *, place: str) -> tuple[Segmentation, list[Note]]:
    """The truth of one polygons file; place: names the image in notes."""
    data = entry_of(load_json(path), str(path))
    size = image_size_in(data, str(path), height="imgHeight", width="imgWidth")
    meanings = _Meanings(table)
    rings: list[NDArray[np.float64]] = []
    drawn: list[tuple[int, Segment | None]] = []
    notes: list[Note] = []
    for k, entry in enumerate(entries(data, "objects", str(path))):
        where = f"{path}: object {k}"
        if entry.get("deleted"):
            continue
        name = text(entry, "label", where)
        known, segment = meanings.next(name)
        if not known:
            notes.append(Note(path, f"{place}, object {k} {shown(name)}", _UNKNOWN, "unknown-label"))
        elif segment is None and meanings.is_skipped(name):
            continue
        ring = _ring(entry, where)
        if len(ring) < 2:
            notes.append(Note(path, f"{place}, object {k}", "has fewer than two corners; dropped", "not-a-region"))
            continue
        rings.append(ring)
        drawn.append((k, segment))
    painted = pillow_painted(rings, size)
    notes += _unseen(painted, rings, drawn, file=path, place=place)
    return _assembled(painted, [segment for _, segment in drawn], table), notes


def polygon_file(seg: Segmentation) -> PolygonFile:
    """A segmentation for Cityscapes' label tool: each 8-connected part is an object, the largest first.

    Holes are covered by what lies in them, void ones by an object "unlabeled". Drawn again it gives the labels of the
    pixels back, except where two parts cross diagonally; a thing of several parts becomes several objects.
    """
    parts: list[tuple[int, str, NDArray[np.int64]]] = []
    for k, (segment, box) in enumerate(zip(seg.segments, seg.boxes().tolist(), strict=True), start=1):
        top, left, bottom, right = box
        name = seg.labels[segment.label].name + (_GROUP if segment.crowd else "")
        mask = seg.ids[top:bottom, left:right] == k
        parts += [(area, name, ring + np.array((top, left))) for area, ring in _outlines(mask, enclosed=False)]
    parts += [(area, "unlabeled", ring) for area, ring in _outlines(seg.ids == 0, enclosed=True)]
    parts.sort(key=lambda part: -part[0])
    objects = [ObjectEntry(label=name, polygon=ring[:, ::-1].tolist()) for _, name, ring in parts]
    return PolygonFile(imgHeight=seg.size[0], imgWidth=seg.size[1], objects=objects)


def _outlines(mask: NDArray[np.bool_], *, enclosed: bool) -> list[tuple[int, NDArray[np.int64]]]:
    """(pixels with its holes filled, outline) of each 8-connected part; enclosed: only parts away from the border."""
    from scipy.ndimage import binary_fill_holes, find_objects, label

    if not mask.any():
        return []
    part_ids, _ = label(mask, structure=np.ones((3, 3)))
    found: list[tuple[int, NDArray[np.int64]]] = []
    for k, (rows, columns) in enumerate(find_objects(part_ids), start=1):
        at_border = not (rows.start and columns.start and rows.stop < len(mask) and columns.stop < mask.shape[1])
        if enclosed and at_border:
            continue
        part = part_ids[rows, columns] == k
        ring = outline(part)
        if ring is None:
            part = binary_fill_holes(part)
            ring = outline(part)
        if ring is None:
            ring = np.minimum(mask_to_polygons(part)[0].outer, np.array(part.shape) - 1).astype(np.int64)
        found.append((int(part.sum()), ring + np.array((rows.start, columns.start))))
    return found


class _Meanings:
    """What the names in one file stand for; counts the things of each label, as ids of Cityscapes do."""

    def __init__(self, table: LabelTable) -> None:
        self.labels = table.labels
        self.number = dict(zip(table.labels.names, table.source_ids, strict=True))
        self.index = {name: k for k, name in enumerate(table.labels.names)}
        self.void = {void.name: void.source_id for void in table.voids}
        self.seen: Counter[str] = Counter()

    def next(self, name: str) -> tuple[bool, Segment | None]:
        """Whether a name is known, and the segment it begins or goes on with; None for void."""
        crowd = False
        if name not in self.number and name not in self.void and name.endswith(_GROUP):
            name, crowd = name.removesuffix(_GROUP).rstrip(), True
        if name not in self.number:
            return name in self.void or name == "unlabeled", None
        label, number = self.index[name], self.number[name]
        if crowd or not self.labels[label].is_thing:
            return True, Segment(label=label, crowd=crowd and self.labels[label].is_thing, source_id=number)
        self.seen[name] += 1
        return True, Segment(label=label, source_id=number * 1000 + self.seen[name] - 1)

    def is_skipped(self, name: str) -> bool:
        """Is it a name that is not drawn at all, such as "license plate" with its id -1?"""
        return self.void.get(name, 0) < 0


def _ring(entry: Entry, where: str) -> NDArray[np.float64]:
    pairs = entry.get("polygon")
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise FormatError(f"{where}: expected 'polygon' to be a list of [x, y]; found {shown(pairs)}")
    if len(pairs) > MOST_DRAWN_CORNERS:
        raise FormatError(f"{where}: has {len(pairs):,} corners; expected at most {MOST_DRAWN_CORNERS:,}")
    return corners([number for pair in pairs for number in pair], where, least=0)


def _unseen(
    painted: NDArray[np.int32],
    rings: list[NDArray[np.float64]],
    drawn: list[tuple[int, Segment | None]],
    *,
    file: Path,
    place: str,
) -> list[Note]:
    """A note for each thing that has no pixel left."""
    present = np.bincount(painted.ravel(), minlength=len(rings) + 1)[1:] > 0
    notes: list[Note] = []
    for seen, ring, (k, segment) in zip(present.tolist(), rings, drawn, strict=True):
        if not seen and segment is not None:
            if pillow_filled(ring, (painted.shape[0], painted.shape[1])).any():
                notes.append(Note(file, f"{place}, object {k}", _HIDDEN, "overlap"))
            else:
                notes.append(Note(file, f"{place}, object {k}", _OUTSIDE, "shape-clipped"))
    return notes


def _assembled(painted: NDArray[np.int32], drawn: list[Segment | None], table: LabelTable) -> Segmentation:
    """Objects without number (stuff, crowds) of one label become one segment."""
    segments: list[Segment] = []
    first: dict[Segment, int] = {}  # things differ by their source id
    new_id = np.zeros(len(drawn) + 1, np.int32)
    for k, segment in enumerate(drawn, start=1):
        if segment is None:
            continue
        if segment not in first:
            segments.append(segment)
            first[segment] = len(segments)
        new_id[k] = first[segment]
    return assemble(new_id.take(painted), segments, table.labels)
