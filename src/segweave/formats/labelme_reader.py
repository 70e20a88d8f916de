"""Reading labelme: `labelme.py` says what the format is."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError, ImageError, InvalidSegmentation
from segweave.formats.dataset import Dataset, Extra, ImageName, Note, Sample
from segweave.formats.format import Format
from segweave.formats.images import image_size
from segweave.formats.json_parts import Entry, entry_of, image_size_in, load_json
from segweave.formats.json_sketch import json_keys
from segweave.formats.labelme import HOLDS, LabelmeWriter
from segweave.formats.labelme_contents import Contents, Group, read_contents
from segweave.formats.labelme_labels import Names, names_in, own_names
from segweave.formats.labelme_layers import FORMAT_NAME
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph, make_sample
from segweave.formats.sources import IMAGE_SUFFIXES
from segweave.labels import LabelTable
from segweave.segmentation import Instances

_ONLY_INSIDE = "its photograph is only inside the JSON (imageData), not in a file; extract it to have it"
_ENOUGH = 30
"""JSON files looked at before a folder is taken for another format."""


@dataclass(frozen=True, slots=True)
class _Index:
    """root: the folder that names are relative to. label_of: index of each label; voids: labels that mean void."""

    root: Path
    files: tuple[Path, ...]
    names: Names
    label_of: Mapping[str, int]
    images: Path | None


def open_labelme(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a folder of labelme files, at any depth, or one of them.

    Labels are those given, else those in the files, in the order of a `labels.txt` if there is one; all are things,
    because labelme does not say. JSON files of other kinds are left out with a note. Raises `FormatError`.
    """
    root = path if path.is_dir() else path.parent
    found = sorted(_json_files(path), key=lambda file: natural_key(file.relative_to(root).as_posix()))
    if labels is not None:
        files, strangers = _split(found)
        names = own_names(labels)
    else:
        files, strangers, names = names_in(found, root)
    if not files:
        raise FormatError(f"{path}: has no labelme file; expected *.json with 'shapes' beside the photographs")
    notes = list(names.notes)
    notes += [Note(file, "", "is no labelme file; left out", "assumed") for file in strangers]
    label_of = {name: i for i, name in enumerate(names.labels.names)}
    index = _Index(root, tuple(files), names, label_of, images)
    return Dataset(names.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(files)))


def _json_files(path: Path) -> Iterator[Path]:
    """The file itself, or those in a folder at any depth, in no order; hidden folders are left out."""
    if not path.is_dir():
        yield path
        return
    for parent, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(".json") and not name.startswith("._"):  # macOS leaves such files
                yield Path(parent, name)


def _split(found: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The files of labelme, broken ones too so that their error is seen, and those of other kinds."""
    files: list[Path] = []
    strangers: list[Path] = []
    for file in found:
        (files if _looks_like_labelme(file) or not _is_other_json(file) else strangers).append(file)
    return files, strangers


def _is_other_json(file: Path) -> bool:
    try:
        data = load_json(file)
    except FormatError:
        return False
    return not (isinstance(data, dict) and "shapes" in data)


def _looks_like_labelme(file: Path) -> bool:
    keys = json_keys(file)
    return "shapes" in keys and not keys.isdisjoint({"imagePath", "imageData", "imageHeight"})


def _recognise(path: Path) -> bool:
    if path.is_file() and path.suffix.lower() != ".json":
        return False
    return any(_looks_like_labelme(file) for file in islice(_json_files(path), _ENOUGH))


def _name(index: _Index, place: int) -> ImageName:
    """By the JSON; the photograph, which is looked for by what is in the JSON, may be called otherwise."""
    stem = index.files[place].relative_to(index.root).with_suffix("").as_posix()
    return ImageName(stem, stem)


def _load_sample(index: _Index, place: int) -> Sample:
    file = index.files[place]
    doc = entry_of(load_json(file), str(file))
    name = _name(index, place)
    photograph, file_name = _photograph(index, file, doc)
    size = _size(doc, photograph, str(file))
    contents = read_contents(doc, size, str(file))
    truth, notes = _truth(index, contents, size, file, f"image {name.id!r}")
    sample = make_sample(
        truth,
        file=file,
        image_path=photograph,
        image_id=name.id,
        image_name=(PurePosixPath(name.stem).parent / file_name).as_posix(),
        notes=notes,
        extra=Extra(FORMAT_NAME, _kept(file, doc)),
    )
    if photograph is None and doc.get("imageData"):
        said = tuple(
            replace(note, reason=_ONLY_INSIDE) if note.kind == "image-missing" else note for note in sample.notes
        )
        return replace(sample, notes=said)
    return sample


def _truth(
    index: _Index, contents: Contents, size: tuple[int, int], file: Path, image: str
) -> tuple[Instances, list[Note]]:
    """The instances, those painted last first, and notes for all that is none or is odd."""
    masks, segments = [], []
    notes = [Note(file, f"{image}, shape {fault.place}", fault.reason, fault.kind) for fault in contents.faults]
    others: dict[str, list[Group]] = {}
    for group in reversed(contents.groups):
        label = index.label_of.get(group.label)
        if label is None:
            others.setdefault(group.label, []).append(group)
            continue
        is_thing = index.names.labels[label].is_thing
        if not is_thing and group.shapes[0].get("crowd") is True:
            place = f"{image}, shape {group.places[0]}"
            reason = f"{group.label!r} is stuff, which forms no crowds; the mark is dropped"
            notes.append(Note(file, place, reason, "crowd-on-stuff"))
        masks.append(group.mask)
        segments.append(group.segment(label, is_thing=is_thing))
    for name, groups in others.items():
        pixels = sum(group.mask.area() for group in groups)
        place = f"{image}, label {name!r}, {pixels:,} px of shapes {', '.join(str(g.places[0]) for g in groups[:9])}"
        if name in index.names.voids:
            if not index.names.given:
                notes.append(Note(file, place, "stands for void", "void-label"))
        else:
            notes.append(Note(file, place, "is not in the label set; its pixels are void", "unknown-label"))
    try:
        return Instances(size, tuple(masks), tuple(segments), index.names.labels), notes
    except InvalidSegmentation as error:
        raise FormatError(f"{file}: {error}") from None


def _photograph(index: _Index, file: Path, doc: Entry) -> tuple[Path | None, str]:
    """Where the photograph is, and what it is called.

    labelme writes `imagePath` relative to the JSON, often into a folder beside that of the JSON
    ("..\\images\\a.jpg"). Such a path is followed as far as it stays within the folder above the data set; else, and
    where nothing is there, the photograph is looked for by its name and by that of the JSON.
    """
    stated = doc.get("imagePath")
    stated = stated.replace("\\", "/") if isinstance(stated, str) and "\0" not in stated else ""
    name = PurePosixPath(stated).name
    wanted = [candidate for candidate in (name, f"{file.stem}.jpg") if candidate not in ("", "..")]
    try:
        given = [] if index.images is None else [index.images / file.parent.relative_to(index.root), index.images]
        beside = [file.parent, index.root, index.root / "images", index.root.parent / "images"]
        found = _named(given, wanted) or _followed(index.root, file.parent, stated) or _named(beside, wanted)
    except (OSError, ValueError):  # a name too long, or not for this disk
        found = None
    if found is not None:
        return found, found.name
    has_suffix = PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
    return None, name if name not in ("", "..") and has_suffix else f"{file.stem}.jpg"


def _named(folders: Iterable[Path], wanted: Iterable[str]) -> Path | None:
    folders = list(folders)
    return next((found for name in wanted if (found := find_photograph(folders, name)) is not None), None)


def _followed(root: Path, folder: Path, stated: str) -> Path | None:
    """The file at the path that labelme wrote, while it is an image within the folder above the data set."""
    path = os.path.normpath(os.path.join(os.path.abspath(folder), stated))
    within = os.path.dirname(os.path.abspath(root)).rstrip(os.sep) + os.sep
    is_relative = bool(stated) and not stated.startswith("/") and not re.match(r"[A-Za-z]:", stated)
    if not is_relative or not path.startswith(within) or Path(path).suffix.lower() not in IMAGE_SUFFIXES:
        return None
    return folder / os.path.relpath(path, os.path.abspath(folder)) if os.path.isfile(path) else None


def _size(doc: Entry, photograph: Path | None, where: str) -> tuple[int, int]:
    """(height, width) px: as stated, else that of the photograph; old files state none."""
    if doc.get("imageHeight") is not None and doc.get("imageWidth") is not None:
        return image_size_in(doc, where, height="imageHeight", width="imageWidth")
    if photograph is not None:
        return image_size(photograph)
    data = doc.get("imageData")
    if isinstance(data, str) and data:
        return _embedded_size(data, where)
    raise FormatError(
        f"{where}: states no imageHeight and imageWidth, and its photograph is not there; add one of them"
    )


def _embedded_size(data: str, where: str) -> tuple[int, int]:
    import base64

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "imageData")
        try:
            path.write_bytes(base64.b64decode(data))
            return image_size(path)
        except (ImageError, ValueError) as error:
            reason = str(error).removeprefix(f"{path}: ")
            raise FormatError(f"{where}: states no size, and its imageData cannot be read: {reason}") from None


def _kept(file: Path, doc: Entry) -> str:
    """All of the file but the photograph in it, which can be megabytes."""
    if not doc.get("imageData"):
        with suppress(OSError, ValueError):  # ValueError: JSON may be UTF-16 too
            return file.read_text(encoding="utf-8")
    return json.dumps({key: value for key, value in doc.items() if key != "imageData"})


FORMAT = Format(
    name=FORMAT_NAME,
    title="labelme: a JSON of shapes beside each photograph",
    holds=HOLDS,
    index="",
    recognise=_recognise,
    open=open_labelme,
    writer=LabelmeWriter,
)
