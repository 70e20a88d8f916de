"""The shapes of a labelme file about to be written: those it had before where they still hold, else new ones."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from segweave.errors import FormatError
from segweave.formats.dataset import Extra, NoteKind
from segweave.formats.json_parts import Entry, entry_of, image_size_in
from segweave.formats.labelme_contents import OWN_KEYS, Contents, Group, own_value, read_contents
from segweave.formats.labelme_drawn import drawn
from segweave.segmentation import Instances, Rle, Segment

FORMAT_NAME = "labelme"

Fault = tuple[str, NoteKind]

_FILE_KEYS = frozenset({"shapes", "imagePath", "imageData", "imageHeight", "imageWidth"})
_GEOMETRY = frozenset({"label", "points", "group_id", "shape_type", "mask", *OWN_KEYS})
_EMPTY = Contents((), (), ())


@dataclass(frozen=True, slots=True)
class _Before:
    """What the file held. keys: its own, beside those that are written anew. shapes: as they were.

    size: of its image, (height, width).
    """

    keys: dict[str, object]
    shapes: Sequence[Entry]
    contents: Contents
    size: tuple[int, int]


def layers(
    truth: Instances, extra: Extra | None, where: str
) -> tuple[list[dict[str, object]], dict[str, object], list[Fault]]:
    """(shapes, the first one painted first; the file's own other keys; what of it could not be put back)."""
    before = _before(extra, truth.size, where)
    known = [group for group in before.contents.groups if group.label in truth.labels]
    found = _matched(truth, known)
    kept, faults = _kept(before, known, truth.size)
    faults += _gone(known, found)
    numbers = count(_free_number(known))
    taken: set[tuple[str, object]] = set()
    shapes: list[dict[str, object]] = []
    for k in reversed(range(len(truth))):
        segment, group = truth.segments[k], found.get(k)
        while kept and group is not None and kept[0] < group.places[0]:
            shapes.append(dict(before.shapes[kept.pop(0)]))
        name = truth.labels[segment.label].name
        layer = _layer(name, truth.masks[k], group)
        number = layer[0]["group_id"]
        if (len(layer) > 1 and number is None) or (name, number) in taken:
            number = next(numbers)
        if number is not None:
            taken.add((name, number))
        place = len(shapes)
        for shape in layer:
            shape["group_id"] = number
            _mark(shape, segment, place)
        shapes += layer
    shapes += [dict(before.shapes[place]) for place in kept]
    return shapes, before.keys, faults


def _before(extra: Extra | None, size: tuple[int, int], where: str) -> _Before:
    if extra is None or extra.format != FORMAT_NAME:
        return _Before({}, (), _EMPTY, size)
    try:
        doc = entry_of(json.loads(extra.text), where)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: what was kept of its labelme file cannot be read: {error}") from None
    if doc.get("imageHeight") is not None and doc.get("imageWidth") is not None:
        size = image_size_in(doc, where, height="imageHeight", width="imageWidth")
    contents = read_contents(doc, size, where)
    shapes = doc["shapes"]
    assert isinstance(shapes, list)
    return _Before({key: value for key, value in doc.items() if key not in _FILE_KEYS}, shapes, contents, size)


def _matched(truth: Instances, groups: Sequence[Group]) -> dict[int, Group]:
    """The group that each segment was read from, by its id and pixels, else by its id alone."""
    found: dict[int, Group] = {}
    used: set[int] = set()
    for exact in (True, False):
        waiting: dict[object, list[Group]] = defaultdict(list)
        for group in reversed(groups):
            if group.places[0] not in used and (exact or group.source_id is not None):
                waiting[group.source_id, group.mask.counts if exact else b""].append(group)
        for k, (segment, mask) in enumerate(zip(truth.segments, truth.masks, strict=True)):
            fitting = waiting.get((segment.source_id, mask.counts if exact else b""))
            if k not in found and fitting:
                found[k] = fitting.pop(0)
                used.add(found[k].places[0])
    return found


def _kept(before: _Before, known: Sequence[Group], size: tuple[int, int]) -> tuple[list[int], list[Fault]]:
    """Places of the shapes that are no segments of ours: points, lines, void; and whether they no longer fit."""
    segments = {place for group in known for place in group.places}
    places = [place for place in range(len(before.shapes)) if place not in segments]
    if places and before.size != size:
        reason = f"{len(places)} shapes that are no segments are not put back: they were drawn on {before.size} pixels"
        return [], [(reason, "cannot-hold")]
    return places, []


def _gone(known: Sequence[Group], found: dict[int, Group]) -> list[Fault]:
    """Groups without a segment, or drawn anew with fewer shapes, that have more to say than where they are."""
    still = {group.places[0] for group in found.values()}
    gone = sum(any(_says_more(shape) for shape in group.shapes) for group in known if group.places[0] not in still)
    return [(f"flags and other keys of {gone} shapes go with their segments", "cannot-hold")] if gone else []


def _says_more(shape: Entry) -> bool:
    return any(value for value in _others(shape).values())


def _others(shape: Entry) -> dict[str, object]:
    """Flags, description and the keys of other tools."""
    return {key: value for key, value in shape.items() if key not in _GEOMETRY}


def _free_number(groups: Sequence[Group]) -> int:
    """A group id above all that are in use."""
    numbers = [shape.get("group_id") for group in groups for shape in group.shapes]
    return max((int(n) for n in numbers if isinstance(n, (int, float)) and abs(n) < 2**53), default=-1) + 1


def _layer(name: str, mask: Rle, group: Group | None) -> list[dict[str, object]]:
    """The shapes of a segment: as they were while their pixels are the same; else new ones with the old other keys.

    Each has a `group_id`, which may be None.
    """
    if group is not None and group.mask == mask:
        shapes = [dict(shape) for shape in group.shapes]
        for shape in shapes:
            shape.setdefault("group_id", None)
            shape["label"] = shape["label"] if group.label == name else name
        return shapes
    number = None if group is None else group.shapes[0].get("group_id")
    new: list[dict[str, object]] = []
    for k, geometry in enumerate(drawn(mask)):
        old = {} if group is None else _others(group.shapes[min(k, len(group.shapes) - 1)])
        new.append(
            {
                "label": name,
                "points": geometry.points,
                "group_id": number,
                "description": "",
                "shape_type": geometry.shape_type,
                "flags": {},
                "mask": geometry.mask,
                **old,
            }
        )
    return new


def _mark(shape: dict[str, object], segment: Segment, place: int) -> None:
    """Enter what labelme has no keys for; place: of the segment's first shape, which is its id where none is given."""
    for key, value in (("score", segment.score), ("track", segment.track), ("crowd", segment.crowd or None)):
        if value is not None:
            shape[key] = value
        elif own_value(shape, key) is not None:
            del shape[key]
    if "source_id" in shape or segment.source_id != place:
        shape["source_id"] = segment.source_id
