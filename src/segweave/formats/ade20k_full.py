"""The full ADE20K: `NAME.jpg` with `NAME_seg.png` and `NAME.json` beside it (https://github.com/CSAILVision/ADE20K).

In the PNG (that repository, utils_ade20k.py) the label is R // 10 * 256 + G, 0 = void, and each value of B is one
object. The JSON names the labels: `name_ndx` is the number in the PNG, `name` its synonyms.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.id_png import read_rgb_png
from segweave.formats.json_parts import entries, entry_of, shown, text, whole
from segweave.formats.label_png import Meaning, by_number
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph, make_sample
from segweave.labels import Label, LabelSet, LabelTable, label_table
from segweave.segmentation import Segment, Segmentation

ENDING = "_seg.png"
_MOST = 25 * 256 + 255
"""The largest number that the PNG can hold."""


@dataclass(frozen=True, slots=True)
class _Full:
    """broken: what is wrong with the JSON of an image, by its PNG; said when the image is read."""

    files: tuple[Path, ...]
    root: Path
    images: Path | None
    meaning: Meaning
    broken: Mapping[Path, str]


def seg_files(path: Path) -> list[Path]:
    """The `*_seg.png` in a folder and the folders in it, in natural order; folders of instance masks are left out."""
    found: list[Path] = []
    for top, folders, files in os.walk(path):
        known = set(files)
        folders[:] = [name for name in folders if f"{name}{ENDING}" not in known and name[0] != "."]
        found += [Path(top, name) for name in files if name.endswith(ENDING) and name[0] != "."]
    return sorted(found, key=lambda file: natural_key(file.as_posix()))


def open_full(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open the full ADE20K, a part of it, or one `_seg.png`; `Segment.source_id` is the value of B.

    Every JSON is looked through for the names of labels. A label is a thing unless SceneParsing-150 has it as stuff;
    objects of stuff are fused, with a `Note`. Parts of objects (`_parts_1.png`) are not read. A label of a PNG without
    JSON that no other JSON names is called by its number. A broken JSON raises `FormatError` when its image is read.
    """
    files = seg_files(path) if path.is_dir() else [path]
    root = path if path.is_dir() else path.absolute().parent
    notes: list[Note] = []
    broken: dict[Path, str] = {}
    if labels is None:
        names, bare = _names(files, broken)
        if bare:
            reason = f"{len(bare)} label maps have no JSON that names their labels; the first is {bare[0].name}"
            notes.append(Note(path, "", reason, "assumed"))
            for file in bare:
                names |= dict.fromkeys(_numbers_in(file) - names.keys(), "")
        labels = _table(names)
        reason = "does not say which labels are things; all are but those that are stuff in SceneParsing-150"
        notes.append(Note(path, "", reason, "assumed"))
    if any(file.with_name(file.name.replace(ENDING, "_parts_1.png")).is_file() for file in files):
        notes.append(Note(path, "", "parts of objects (_parts_1.png and on) are not read", "cannot-hold"))
    inside = [folder for folder in (files[0].absolute().parents if files else ()) if folder.name == "images"]
    full = _Full(
        tuple(file.absolute() for file in files), (inside or [root.absolute()])[0], images, by_number(labels), broken
    )
    return Dataset(labels.labels, tuple(notes), partial(_load_sample, full), partial(_name, full), range(len(files)))


def _names(files: Sequence[Path], broken: dict[Path, str]) -> tuple[dict[int, str], list[Path]]:
    """The name of each label of an object ("car, auto"), and the PNGs without JSON; fills `broken`."""
    names: dict[int, str] = {}
    bare: list[Path] = []
    for file in files:
        path = file.with_name(file.name.removesuffix(ENDING) + ".json")
        try:
            if path.is_file():
                for number, name in _objects(path):
                    names.setdefault(number, name)
            else:
                bare.append(file)
        except FormatError as error:
            broken[file.absolute()] = str(error)
    return names, bare


def _objects(path: Path) -> list[tuple[int, str]]:
    """Number and name of each object; parts of objects left out."""
    annotation = entry_of(_load(path), str(path)).get("annotation")
    found: list[tuple[int, str]] = []
    for k, item in enumerate(entries(entry_of(annotation, f"{path}: annotation"), "object", str(path))):
        where = f"{path}: object[{k}]"
        parts = item.get("parts")
        if isinstance(parts, dict) and parts.get("part_level") not in (0, None):
            continue
        found.append((whole(item, "name_ndx", where, high=_MOST), text(item, "name", where)))
    return found


def _load(path: Path) -> object:
    """JSON in UTF-8, or in Latin-1, which some files of the data set are."""
    try:
        data = path.read_bytes()
        try:
            return json.loads(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return json.loads(data.decode("latin-1"))
    except RecursionError:
        raise FormatError(f"{path}: is nested too deep to be read") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise FormatError(f"{path}: cannot be read as JSON: {shown(reason)}") from None


def _table(names: Mapping[int, str]) -> LabelTable:
    """Labels by number. A label is called by the first of its synonyms, by all of them where others share the first,
    with its number behind where others share all."""
    rows = sorted((number, _synonyms(name)) for number, name in names.items() if number)
    taken: set[str] = set()
    labels: list[Label] = []
    known = {label.name: label for label in label_table("ade20k").labels}
    firsts = Counter(synonyms[0] for _, synonyms in rows if synonyms)
    for number, synonyms in rows:
        name = f"class {number}"
        if synonyms:
            name = synonyms[0] if firsts[synonyms[0]] == 1 else ", ".join(synonyms)
        if name in taken:
            name = f"{name} ({number})"
        taken.add(name)
        same = next((known[synonym] for synonym in synonyms if synonym in known), None)
        color = same.color if same else _color(number)
        labels.append(Label(name=name, is_thing=same is None or same.is_thing, color=color))
    return LabelTable(LabelSet("ade20k_full", tuple(labels)), tuple(number for number, _ in rows), ())


def _synonyms(name: str) -> list[str]:
    return [part for part in (" ".join(word.split()) for word in name.split(",")) if part]


def _color(number: int) -> tuple[int, int, int]:
    """A colour of its own for each label, far apart for neighbours."""
    spread = number * 0x9E3779B1 & 0xFFFFFF
    return spread & 255, spread >> 8 & 255, spread >> 16


def _codes(file: Path) -> NDArray[np.int32]:
    """(H, W) int32: label * 256 + object."""
    rgb = read_rgb_png(file)
    label = (np.arange(256, dtype=np.int32) // 10 * 65536).take(rgb[..., 0])
    label |= rgb[..., 1].astype(np.int32) << 8
    label |= rgb[..., 2]
    return label


def _numbers_in(file: Path) -> set[int]:
    try:
        return {int(number) for number in np.unique(_codes(file) >> 8)}
    except FormatError:  # said when the image is read
        return set()


def _name(full: _Full, place: int) -> ImageName:
    file = full.files[place]
    base = file.parent.relative_to(full.root) if file.is_relative_to(full.root) else Path()
    stem = file.name.removesuffix(ENDING)
    return ImageName(stem, (base / stem).as_posix())


def _load_sample(full: _Full, place: int) -> Sample:
    file = full.files[place]
    if file in full.broken:
        raise FormatError(full.broken[file])
    name = _name(full, place)
    folder, _, stem = name.stem.rpartition("/")
    truth, notes = _truth(_codes(file), full.meaning, file, f"image {stem!r}")
    folders = [*((full.images / folder, full.images) if full.images else ()), file.parent]
    path = find_photograph(folders, stem)
    return make_sample(
        truth,
        file=file,
        image_path=path,
        image_id=name.id,
        image_name=name.stem + (path.suffix if path else ".jpg"),
        notes=notes,
    )


def _truth(codes: NDArray[np.int32], meaning: Meaning, file: Path, image: str) -> tuple[Segmentation, list[Note]]:
    notes: list[Note] = []
    objects: dict[int, int] = {}

    def segment(code: int, pixels: int) -> Segment | None:
        number, instance = code >> 8, code & 255
        if number == 0:
            if instance:
                reason = "has no label; its pixels are void"
                notes.append(Note(file, f"{image}, object {instance}, {pixels:,} px", reason, "unknown-label"))
            return None
        if number not in meaning.label_of:
            where = f"{image}, class {number}, object {instance}, {pixels:,} px"
            notes.append(Note(file, where, "is no label of this data set; its pixels are void", "unknown-label"))
            return None
        label = meaning.label_of[number]
        if label is None:
            return None
        objects[label] = objects.get(label, 0) + 1
        return Segment(label=label, source_id=instance)

    truth = from_codes(codes, segment, meaning.labels)
    for label, count in sorted(objects.items()):
        if count > 1 and not meaning.labels[label].is_thing:
            where = f"{image}, {meaning.labels[label].name!r}, {count} objects"
            notes.append(Note(file, where, "are stuff; fused to one segment", "stuff-fused"))
    return truth, notes
