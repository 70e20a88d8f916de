"""Reading VOC segmentation: `voc.py` says what the format is.

Every label PNG is an image of the data set. Those named in `ImageSets/Segmentation` come first, in the order of
`trainval.txt`, `default.txt`, `train.txt`, `val.txt` and then the other lists; those in no list follow by name. To
read one list alone, open it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from segweave.errors import FormatError
from segweave.formats.codes import dense_codes, from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample, names_by_stem
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.label_file import find_label_file
from segweave.formats.label_png import (
    LabelPng,
    Meaning,
    by_color,
    by_number,
    checked,
    read_label_png,
    rgb_code,
    unknown_note,
)
from segweave.formats.photographs import find_photograph, make_sample
from segweave.formats.voc import PHOTOGRAPHS, VOID, VocWriter, voc_palette
from segweave.formats.voc_labels import voc_table
from segweave.formats.voc_layout import Layout, find_layout, find_names, has_layout
from segweave.labels import LabelSet, LabelTable
from segweave.segmentation import Ids, Segment, Segmentation, assemble

_NO_OBJECT = (0, VOID)


@dataclass(frozen=True, slots=True)
class _Voc:
    """number, color: what the values of label PNGs mean."""

    layout: Layout
    photographs: tuple[Path, ...]
    labels: LabelSet
    number: Meaning
    color: Meaning
    names: tuple[ImageName, ...]


def open_voc(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a VOC folder, a VOCdevkit folder with one year in it, one PNG of either kind, or one list of names.

    Labels: the table given, else `class_names.txt` or `labelmap.txt`, else the 20 + 1 of VOC. 0 is the label that the
    table gives it (background), 255 void. A thing is one object of one label; `source_id` is its object's index.

    Kept as a `Note`: no object PNG (things of a label are one segment); pixels of a thing label without an object
    (one segment of their own); objects whose pixels have several labels (one segment a label); objects on pixels
    of stuff or void; indices that no label has.
    """
    layout = find_layout(path)
    labels = labels or find_label_file(layout.root)
    notes: list[Note] = []
    if labels is None:
        labels, said = voc_table(layout.root)
        notes += said
    stems, bare = find_names(layout)
    names = names_by_stem(stems)
    notes += bare
    if names and not layout.objects.is_dir():
        reason = f"has no {layout.objects.name}; things of one label are one segment"
        notes.append(Note(layout.root, "", reason, "assumed"))
    folders = (*([images] if images else []), layout.root / PHOTOGRAPHS)
    number, color = by_number(labels), _color_meaning(labels, str(layout.root))
    voc = _Voc(layout, folders, labels.labels, number, color, names)
    return Dataset(labels.labels, tuple(notes), partial(_load_sample, voc), names.__getitem__, range(len(names)))


def _color_meaning(table: LabelTable, where: str) -> Meaning:
    """For RGB files: by the table's colours, where they tell its labels apart; else by the palette's."""
    palette = {rgb_code(color): k for k, color in enumerate(voc_palette())}
    of_number = by_number(table).label_of
    by_palette = {code: of_number[k] for code, k in palette.items() if k in of_number}
    try:
        own = by_color(table, where)
    except FormatError:
        return Meaning(table.labels, by_palette, False)
    void = rgb_code(voc_palette()[VOID])
    return Meaning(table.labels, {void: None} | dict(own.label_of), False)


def _load_sample(voc: _Voc, place: int) -> Sample:
    name = voc.names[place]
    file = _png(voc.layout.classes, name.stem)
    image = f"image {name.stem!r}"
    classes = read_label_png(file)
    object_file = _png(voc.layout.objects, name.stem)
    notes: list[Note] = []
    has_objects = object_file.is_file()
    objects = read_label_png(object_file) if has_objects else LabelPng(np.zeros_like(classes.codes), False)
    if not has_objects and voc.layout.objects.is_dir():
        notes.append(Note(file, image, "has no object PNG; things of one label are one segment", "assumed"))
    if objects.codes.shape != classes.codes.shape:
        sizes = f"{objects.codes.shape} pixels (height, width), {file} {classes.codes.shape}"
        raise FormatError(f"{object_file}: has {sizes}; they must be equal")
    truth, said = _joined(voc, classes, objects, _Place(file, image, has_objects))
    path = find_photograph(voc.photographs, name.stem)
    suffix = path.suffix if path else ".jpg"
    return make_sample(
        truth, file=file, image_path=path, image_id=name.id, image_name=name.stem + suffix, notes=[*notes, *said]
    )


def _png(folder: Path, name: str) -> Path:
    loud = folder / f"{name}.PNG"
    return loud if loud.is_file() else folder / f"{name}.png"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where notes belong, and whether objects are known there."""

    file: Path
    image: str
    has_objects: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    """Pixels of one label value and one object index. label: None for void."""

    label: int | None
    object: int
    pixels: int


def _joined(voc: _Voc, classes: LabelPng, objects: LabelPng, place: _Place) -> tuple[Segmentation, list[Note]]:
    """Pixels of one label and one object are a segment; where the two PNGs disagree the label stands, with a note."""
    of_pixel, label_values = _few(classes)
    object_of_pixel, numbers = _few(objects)
    numbers = _object_numbers(objects, numbers)
    if len(label_values) * len(numbers) >= 1 << 31:
        raise FormatError(f"{place.file}: has {len(label_values):,} values; expected a label map")
    meaning = voc.color if classes.by_color else voc.number
    pairs: list[_Pair] = []
    unknown: dict[int, int] = {}

    def segment(code: int, pixels: int) -> Segment | None:
        value, number = label_values[code // len(numbers)], numbers[code % len(numbers)]
        if value not in meaning.label_of:
            unknown[value] = unknown.get(value, 0) + pixels
        label = meaning.label_of.get(value)
        pairs.append(_Pair(label, number, pixels))
        if label is None:
            return None
        is_object = voc.labels[label].is_thing and number not in _NO_OBJECT
        return Segment(label=label, source_id=number if is_object else None)

    joint = of_pixel * np.int32(len(numbers))
    joint += object_of_pixel
    truth = _one_without_object(from_codes(joint, segment, voc.labels), voc.labels)
    strange = checked(list(unknown.items()), place.file)
    notes = [unknown_note(classes, *pair, file=place.file, place=place.image) for pair in strange]
    return truth, [*notes, *(_disagreements(voc.labels, pairs, place) if place.has_objects else [])]


def _few(png: LabelPng) -> tuple[Ids, Sequence[int]]:
    """The pixels as small numbers, and what each stands for."""
    if not png.by_color and png.codes.size and int(png.codes.max()) < 256:
        return png.codes, range(256)
    ids, values, _ = dense_codes(png.codes)
    return ids, values


def _one_without_object(truth: Segmentation, labels: LabelSet) -> Segmentation:
    """Pixels of a thing label with object 0 and with object 255 are one segment, not two."""
    first: dict[int, int] = {}
    new_id = np.arange(len(truth) + 1, dtype=np.int32)
    for k, segment in enumerate(truth.segments, start=1):
        if segment.source_id is None and labels[segment.label].is_thing:
            new_id[k] = first.setdefault(segment.label, k)
    if (new_id == np.arange(len(new_id))).all():
        return truth
    return assemble(new_id.take(truth.ids), truth.segments, labels)


def _object_numbers(objects: LabelPng, values: Sequence[int]) -> Sequence[int]:
    """The index of each object value; colours go back through the palette, others of them count from 256."""
    if not objects.by_color:
        return values
    palette = {rgb_code(color): k for k, color in enumerate(voc_palette())}
    return [palette.get(value, 256 + k) for k, value in enumerate(values)]


def _disagreements(labels: LabelSet, pairs: Sequence[_Pair], place: _Place) -> list[Note]:
    notes: list[Note] = []
    loose: dict[int, int] = {}
    labels_of: dict[int, set[int]] = {}
    lost: dict[int, int] = {}
    for pair in pairs:
        if pair.label is not None and labels[pair.label].is_thing:
            if pair.object in _NO_OBJECT:
                loose[pair.label] = loose.get(pair.label, 0) + pair.pixels
            else:
                labels_of.setdefault(pair.object, set()).add(pair.label)
        elif pair.object not in _NO_OBJECT:
            lost[pair.object] = lost.get(pair.object, 0) + pair.pixels
    for label, pixels in sorted(loose.items()):
        where = f"{place.image}, {labels[label].name!r}, {pixels:,} px"
        notes.append(Note(place.file, where, "belong to no object; one segment of their own", "unlisted-pixels"))
    for number, found in sorted(labels_of.items()):
        if len(found) > 1:
            names = " and ".join(repr(labels[label].name) for label in sorted(found))
            where = f"{place.image}, object {number}, {names}"
            notes.append(Note(place.file, where, "has several labels; one segment each", "duplicate"))
    for number, pixels in sorted(lost.items()):
        where = f"{place.image}, object {number}, {pixels:,} px"
        notes.append(Note(place.file, where, "lie on void or stuff; not part of the object", "unlisted-pixels"))
    return notes


FORMAT = Format(
    name="voc",
    title="Pascal VOC: palette PNGs of labels and objects",
    holds=Holds(),
    index="",
    recognise=has_layout,
    open=open_voc,
    writer=VocWriter,
)
