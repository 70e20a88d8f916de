"""The shapes of one labelme file, joined into what they stand for."""

from dataclasses import dataclass

from segweave.errors import FormatError
from segweave.formats.dataset import NoteKind
from segweave.formats.json_parts import Entry, entries, shown, text
from segweave.formats.labelme_shapes import Patch, region, union
from segweave.segmentation import Rle, Segment

VOIDS = frozenset({"__ignore__", "_background_"})
"""labelme's own names for what is no label (examples/instance_segmentation/labels.txt)."""

OWN_KEYS = ("crowd", "score", "track", "source_id")
"""What we write into a shape beside labelme's keys; labelme keeps keys of a shape that it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The shapes that are one instance: one alone, or those of one label and one `group_id`.

    label: without blanks at its ends. shapes, places: as in the file. mask: of all its shapes.
    """

    label: str
    shapes: tuple[Entry, ...]
    places: tuple[int, ...]
    mask: Rle

    @property
    def source_id(self) -> int | str | None:
        """What we wrote as such, else the place of the first shape in the file."""
        given = self.shapes[0].get("source_id", False)
        if given is None or (isinstance(given, (int, str)) and not isinstance(given, bool)):
            return given
        return self.places[0]

    def segment(self, label: int, *, is_thing: bool) -> Segment:
        """The segment, with what of `OWN_KEYS` the first shape says."""
        first = self.shapes[0]
        score, track = own_value(first, "score"), own_value(first, "track")
        return Segment(
            label=label,
            score=None if score is None else float(score),
            crowd=is_thing and own_value(first, "crowd") is not None,
            track=None if track is None else int(track),
            source_id=self.source_id,
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is said of the shape at a place in the file."""

    place: int
    reason: str
    kind: NoteKind


@dataclass(frozen=True, slots=True)
class Contents:
    """groups: what covers pixels, in the order of their first shapes, void and unknown labels too. rest: the places of
    all other shapes. faults: what is odd about shapes, those of `rest` among them."""

    groups: tuple[Group, ...]
    rest: tuple[int, ...]
    faults: tuple[Fault, ...]


def shape_label(shape: Entry, where: str) -> str:
    """The label of a shape without blanks at its ends, "" for one that cannot be a label's name."""
    name = text(shape, "label", where).strip()
    try:
        name.encode()
    except UnicodeEncodeError:  # half a surrogate pair: no file in UTF-8 can hold it
        return ""
    return name


def read_contents(doc: Entry, size: tuple[int, int], where: str) -> Contents:
    """All shapes of a file for an image of this size (height, width); errors as in `region`."""
    members: dict[object, list[tuple[int, Entry, Patch]]] = {}
    rest: list[int] = []
    faults: list[Fault] = []
    for place, shape in enumerate(entries(doc, "shapes", where)):
        here = f"{where}: shapes[{place}]"
        label = shape_label(shape, here)
        patch = region(shape, size, here)
        fault = _fault(place, label, patch)
        if isinstance(patch, str) or not label or not patch.mask.any():
            rest.append(place)
        else:
            members.setdefault(_key(shape, label, place, here), []).append((place, shape, patch))
            if label != shape["label"]:
                faults.append(Fault(place, "has blanks around its label; read without them", "assumed"))
        if fault is not None:
            faults.append(fault)
    groups = []
    for group in members.values():
        places, shapes, patches = zip(*group, strict=True)
        label = shape_label(shapes[0], where)
        groups.append(Group(label=label, shapes=shapes, places=places, mask=union(list(patches), size)))
    return Contents(tuple(groups), tuple(rest), tuple(faults))


def own_value(shape: Entry, key: str) -> float | None:
    """A value of ours under `key`; None for one that another tool may have put there.

    score: a finite number. track: a whole number of 64 bits. crowd: 1 where it is true.
    """
    value = shape.get(key)
    if key == "crowd":
        return 1 if value is True else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    fits = abs(value) <= 1e300 if key == "score" else isinstance(value, int) and abs(value) < 2**63
    return value if fits else None


def _key(shape: Entry, label: str, place: int, where: str) -> object:
    """What the shapes of one instance share."""
    group = shape.get("group_id")
    if group is None:
        return place
    if not isinstance(group, (int, str, float)):
        raise FormatError(f"{where}: expected 'group_id' to be a number or null; found {shown(group)}")
    return label, group


def _fault(place: int, label: str, patch: Patch | str) -> Fault | None:
    if isinstance(patch, str):
        return Fault(place, patch, "not-a-region")
    if not label:
        return Fault(place, "has no label; its pixels are void", "unknown-label")
    if not patch.mask.any():
        return Fault(place, "has no pixel in the image", "shape-clipped" if patch.clipped else "empty-segment")
    if patch.clipped:
        return Fault(place, "reaches out of the image; clipped", "shape-clipped")
    return None
