"""Reading "CVAT for images 1.1" and "CVAT for video 1.1".

Format: https://docs.cvat.ai/docs/manual/advanced/xml_format/. When the file is opened only its outline is read: where
each image and each shape of a track lies. What is in them is read with the sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.cvat_frames import Frames, find_frames, frame_size
from segweave.formats.cvat_meta import Meta, read_meta
from segweave.formats.cvat_numbers import whole_of, whole_or_text
from segweave.formats.cvat_shapes import Names, Shape, draw, names_of
from segweave.formats.cvat_tags import read_shape
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.json_parts import checked_pixels
from segweave.formats.names import inner_path
from segweave.formats.photographs import find_photograph, image_stem, make_sample
from segweave.formats.xml_parts import Element, Part, Spot, elements, parts
from segweave.labels import LabelTable

_KEEP = frozenset({"id", "name", "subset", "task_id", "label", "frame", "outside", "keyframe", "group_id", "group"})


@dataclass(frozen=True, slots=True)
class _Track:
    """A track. attributes: of its element."""

    attributes: dict[str, str]
    number: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sample to be: an image, a frame of tracks, or both. task: "" in files of one task. seen: in tracks."""

    image: Part | None
    task: str
    frame: int
    seen: Sequence[tuple[_Track, Spot]]


@dataclass(slots=True)
class _Outline:
    """What a file holds and where. used: label names of its shapes. seen: shapes of tracks by (task, frame).

    gaps: for each track that lists key frames only, the most frames from one that is visible to the next listed.
    """

    images: list[Part] = field(default_factory=list)
    meta: Spot | None = None
    used: set[str] = field(default_factory=set)
    seen: dict[tuple[str, int], list[tuple[_Track, Spot]]] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)
    strange: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Index:
    """An open file. ids: one an entry. images: the folder the user named."""

    path: Path
    meta: Meta
    names: Names
    entries: tuple[_Entry, ...]
    ids: tuple[int | str, ...]
    frames: Frames
    images: Path | None


def open_xml(path: Path, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open an XML file of CVAT: its `<image>`s in the order of the file, then the frames that only tracks have.

    image_id: the number CVAT gave the image (its frame); where several tasks share numbers the name without suffix.
    """
    outline = _read_outline(path)
    meta = read_meta(None if outline.meta is None else elements(path, [outline.meta])[0], path)
    names, notes = names_of(path, labels, meta.labels or [(name, None) for name in sorted(outline.used)])
    entries = tuple(_entries(outline, path))
    alone = [entry.frame for entry in entries if entry.image is None]
    folders = [path.parent / "images", path.parent] if images is None else [images]
    frames, guessed = find_frames(path, folders, alone, count=meta.count, start=meta.start, step=meta.step)
    index = _Index(path, meta, names, entries, _identities(entries), frames, images)
    notes += [*meta.notes, *guessed, *_outline_notes(outline, meta, path)]
    return Dataset(names.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(entries)))


def _read_outline(path: Path) -> _Outline:
    outline = _Outline()
    track: list[Part] = []
    for part in parts(path, depth=2, keep=_KEEP):
        match part.depth, part.parent, part.tag:
            case 2, "image", _:
                outline.used.add(part.attributes.get("label", ""))
            case 2, "track", _:
                track.append(part)
            case 1, _, "image":
                outline.images.append(part)
            case 1, _, "track":
                _add_track(outline, part, track, path)
                track = []
            case 1, _, "meta":
                outline.meta = part.spot
            case 1, _, tag if tag != "version":
                outline.strange.add(tag)
            case 0, _, tag if tag != "annotations":
                raise FormatError(f"{path}: its root is <{tag}>; expected <annotations>, as CVAT writes it")
    return outline


def _add_track(outline: _Outline, part: Part, shapes: list[Part], path: Path) -> None:
    where = f"{path}:{part.spot.line}: track"
    track = _Track(part.attributes, whole_of(part.attributes, "id", where))
    outline.used.add(part.attributes.get("label", ""))
    listed: list[tuple[int, bool]] = []
    for shape in shapes:
        if "frame" not in shape.attributes:  # an attribute or tag of the track, no shape
            continue
        frame = whole_of(shape.attributes, "frame", f"{path}:{shape.spot.line}: track {track.number}", low=0)
        outside = shape.attributes.get("outside") == "1"
        listed.append((frame, outside))
        if not outside:
            outline.seen.setdefault((part.attributes.get("task_id", ""), frame), []).append((track, shape.spot))
    if all(shape.attributes.get("keyframe") != "0" for shape in shapes):
        pairs = pairwise(sorted(listed))
        outline.gaps.append(max((after - frame for (frame, gone), (after, _) in pairs if not gone), default=0))


def _entries(outline: _Outline, path: Path) -> list[_Entry]:
    """The images, then the frames of tracks that no image stands for, by task and number."""
    entries = []
    seen = dict(outline.seen)
    for image in outline.images:
        task, number = image.attributes.get("task_id", ""), whole_or_text(image.attributes.get("id", ""))
        tracked = seen.pop((task, number), []) if isinstance(number, int) else []
        entries.append(_Entry(image, task, number if isinstance(number, int) else 0, tracked))
    return entries + [_Entry(None, task, frame, seen[task, frame]) for task, frame in sorted(seen)]


def _identities(entries: Sequence[_Entry]) -> tuple[int | str, ...]:
    """CVAT's numbers where they tell the images apart, else their names, else their places."""
    numbers: list[int | str] = []
    names: list[int | str] = []
    for entry in entries:
        attributes = {} if entry.image is None else entry.image.attributes
        number = entry.frame if entry.image is None else whole_or_text(attributes.get("id", ""))
        numbers.append(number)
        name = attributes.get("name", "")
        folder, _, last = name.replace("\\", "/").rpartition("/")
        stem = f"{folder}/{last.rpartition('.')[0] or last}".lstrip("/")
        names.append(stem or f"{entry.task}/{number}".lstrip("/"))
    for ids in (numbers, names):
        if len(set(ids)) == len(ids) and "" not in ids:
            return tuple(ids)
    return tuple(range(len(entries)))


def _outline_notes(outline: _Outline, meta: Meta, path: Path) -> list[Note]:
    notes = [
        Note(path, f"<{tag}>", "is no part of the format that we know; left out", "not-a-region")
        for tag in sorted(outline.strange)
    ]
    gaps = sum(gap > meta.step for gap in outline.gaps)
    if gaps:
        reason = "list key frames only; what lies between these is not filled in (CVAT's own export lists all frames)"
        notes.append(Note(path, f"{gaps} {'track' if gaps == 1 else 'tracks'}", reason, "assumed"))
    return notes


def _name(index: _Index, place: int) -> ImageName:
    entry = index.entries[place]
    stem = index.frames.stem(entry.frame) if entry.image is None else image_stem(_image_name(entry.image, index.path))
    return ImageName(index.ids[place], stem)


def _load_sample(index: _Index, place: int) -> Sample:
    entry = index.entries[place]
    spots = [spot for _, spot in entry.seen]
    if entry.image is None:
        photograph, shown = index.frames.find(entry.frame)
        shapes = _tracked(index, entry, elements(index.path, spots), f"frame {entry.frame}")
        stated = index.meta.size_of(entry.task)
        size, notes = frame_size(shapes, photograph, stated=stated, where=(index.path, f"frame {entry.frame}"))
    else:
        image, *tracked = elements(index.path, [entry.image.spot, *spots])
        name = _image_name(entry.image, index.path)
        photograph, shown = _photograph(_folders(index, image), name)
        shapes = _listed(index, image, name) + _tracked(index, entry, tracked, f"image {name!r}")
        size, notes = _image_size(image, f"{index.path}:{image.line}: image {name!r}"), []
    truth, more = draw(shapes, size, index.names, file=index.path)
    return make_sample(
        truth,
        file=index.path,
        image_path=photograph,
        image_id=index.ids[place],
        image_name=shown,
        notes=[*notes, *more],
    )


def _listed(index: _Index, image: Element, name: str) -> list[Shape]:
    return [
        read_shape(shape, shape.attributes.get("label", ""), index.path, place=f"image {name!r}, shape {k}")
        for k, shape in enumerate(image.children)
    ]


def _tracked(index: _Index, entry: _Entry, found: Sequence[Element], place: str) -> list[Shape]:
    shapes = []
    for (track, _), element in zip(entry.seen, found, strict=True):
        for key in ("group_id", "group"):  # CVAT writes it to the track
            if key in track.attributes:
                element.attributes.setdefault(key, track.attributes[key])
        label = track.attributes.get("label", "")
        at = f"{place}, track {track.number}"
        shapes.append(read_shape(element, label, index.path, place=at, track=track.number))
    return shapes


def _image_name(image: Part, path: Path) -> str:
    return inner_path(image.attributes.get("name"), f"{path}:{image.spot.line}: image").as_posix()


def _photograph(folders: Sequence[Path], name: str) -> tuple[Path | None, str]:
    """The photograph, and its name with suffix: frames of videos have none in the XML, and are saved as .PNG."""
    stem = image_stem(name)
    found = find_photograph(folders, name) or find_photograph(folders, f"{stem}.PNG")
    return found, name + found.suffix if found is not None and stem == name else name


def _image_size(image: Element, where: str) -> tuple[int, int]:
    height, width = (whole_of(image.attributes, key, where, low=1) for key in ("height", "width"))
    return checked_pixels((height, width), where)


def _folders(index: _Index, image: Element) -> list[Path]:
    """Where the photographs are; exports of projects put those of a subset in a folder of its name."""
    beside = index.path.parent
    bases = [beside / "images", beside] if index.images is None else [index.images]
    subset = image.attributes.get("subset", "")
    if not subset:
        return bases
    inner = inner_path(subset, f"{index.path}:{image.line}: subset")
    return [folder for base in bases for folder in (base / inner, base)]
