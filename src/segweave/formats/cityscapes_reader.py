"""Reading Cityscapes: `cityscapes.py` says what the format is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.cityscapes_layout import Kind, Truth, find_truths, photograph_folders, photograph_of
from segweave.formats.cityscapes_panoptic import Listed, listed_images, png_key, read_panoptic
from segweave.formats.cityscapes_polygons import read_polygons
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.index_png import read_index_png
from segweave.formats.label_file import find_label_file
from segweave.formats.photographs import make_sample
from segweave.labels import LabelSet, LabelTable, label_table
from segweave.segmentation import Segment, Segmentation

SHIPPED = "cityscapes"
UNLABELED = 0
_NUMBERED: tuple[Kind, ...] = ("instanceIds", "instanceTrainIds")
_NO_NUMBERS = "has no instanceIds; all things of a label are one segment"
_MINUS_ONE = (255, 65535)  # "license plate" is -1, which 8 and 16 bits hold as this
_VOID_TRAIN_ID = 255
_UNKNOWN = "stands for no label; its pixels are void"
_FUSED = "is of the same stuff label as another value; fused with it"
_MOST_UNKNOWN = 256  # values without a label in one image; with more it is no label map

_Meaning = Callable[[int], Segment | None]
"""What a number in a PNG stands for, None for void; `KeyError` for no label."""


@dataclass(frozen=True, slots=True)
class _Index:
    """What is needed to read any image. ids, train_ids: label index of each number, None for void. listed: what
    panoptic JSONs say, of images without instanceIds. unique: no two images have the same base."""

    table: LabelTable
    ids: dict[int, int | None]
    train_ids: dict[int, int | None]
    truths: tuple[Truth, ...]
    listed: dict[str, Listed]
    folders: dict[Path, tuple[Path, ...]]
    unique: bool


def open_cityscapes(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a data set (its root, the folder gtFine or gtCoarse, a split, a city), or one file of it.

    Of each image the file that says most is read: instanceIds, else the panoptic JSON of the split, labelIds,
    labelTrainIds, polygons. image_id is the base of the file names, with its folders where two images share one.
    """
    truths, found_notes = find_truths(path)
    notes = list(found_notes)
    table = labels or _label_file(path, truths[0].root) or label_table(SHIPPED)
    listed = _listed(truths) if path.is_dir() else {}  # a file that was named is read itself
    if not listed and all(not truth.files.keys() - {"labelIds", "labelTrainIds"} for truth in truths):
        notes.append(Note(path, "", _NO_NUMBERS, "assumed"))
    user = () if images is None else (images,)
    index = _Index(
        table,
        _numbers(table),
        {k: k for k in range(len(table.labels))} | {_VOID_TRAIN_ID: None},
        truths,
        listed,
        {root: (*user, *photograph_folders(root)) for root in {truth.root for truth in truths}},
        len({truth.base for truth in truths}) == len(truths),
    )
    return Dataset(table.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(truths)))


def _label_file(path: Path, root: Path) -> LabelTable | None:
    """The label file of a data set of which a part was named: in a folder above, as far as the one with gtFine."""
    above = path.absolute()
    while above.is_relative_to(root.parent) and above != above.parent:
        if above.is_dir() and (found := find_label_file(above)):
            return found
        above = above.parent
    return None


def _numbers(table: LabelTable) -> dict[int, int | None]:
    voids: dict[int, int | None] = {UNLABELED: None, **{void.source_id: None for void in table.voids}}
    if -1 in voids:
        voids |= dict.fromkeys(_MINUS_ONE)
    return voids | {number: k for k, number in enumerate(table.source_ids)}


def _listed(truths: tuple[Truth, ...]) -> dict[str, Listed]:
    """Annotations in panoptic JSONs by the name of the image, of the images that need them."""
    needy = [truth for truth in truths if not truth.files.keys() & set(_NUMBERED)]
    entries = {root: listed_images(root) for root in {truth.root for truth in needy}}
    found: dict[str, Listed] = {}
    for truth in needy:
        key = png_key(truth.folder, truth.base)
        if entry := entries[truth.root].get(key) or entries[truth.root].get((key[0], truth.base)):
            found[truth.name] = entry
    return found


def _name(index: _Index, place: int) -> ImageName:
    truth = index.truths[place]
    return ImageName(truth.base if index.unique else truth.name, truth.name)


def _load_sample(index: _Index, place: int) -> Sample:
    truth = index.truths[place]
    name = _name(index, place)
    file, seg, notes = _read(index, truth, f"image {name.id!r}")
    photograph = photograph_of(truth, index.folders[truth.root])
    return make_sample(
        seg,
        file=file,
        image_path=photograph,
        image_id=name.id,
        image_name=name.stem + (photograph.suffix if photograph else ".png"),
        notes=notes,
    )


def _read(index: _Index, truth: Truth, place: str) -> tuple[Path, Segmentation, list[Note]]:
    """The file that says most of an image, and what it says."""
    labels, files = index.table.labels, truth.files
    if file := files.get("instanceIds"):
        return file, *_decoded(file, labels, _of_instances(labels, index.ids), place)
    if file := files.get("instanceTrainIds"):
        return file, *_decoded(file, labels, _of_instances(labels, index.train_ids), place)
    if listed := index.listed.get(truth.name):
        return listed.json_path, *read_panoptic(listed, labels, index.ids, place=place)
    if file := files.get("labelIds"):
        return file, *_decoded(file, labels, _of_labels(index.ids), place)
    if file := files.get("labelTrainIds"):
        return file, *_decoded(file, labels, _of_labels(index.train_ids), place)
    return files["polygons"], *read_polygons(files["polygons"], index.table, place=place)


def _of_labels(label_of: Mapping[int, int | None]) -> _Meaning:
    def meaning(code: int) -> Segment | None:
        label = label_of[code]
        return None if label is None else Segment(label=label, source_id=code)

    return meaning


def _of_instances(labels: LabelSet, label_of: Mapping[int, int | None]) -> _Meaning:
    """label * 1000 + n is a thing; the number of a thing label alone is a crowd ("cargroup")."""

    def meaning(code: int) -> Segment | None:
        alone = code < 1000 or code == _MINUS_ONE[1]
        label = label_of[code if alone else code // 1000]
        return None if label is None else Segment(label=label, crowd=alone and labels[label].is_thing, source_id=code)

    return meaning


def _decoded(file: Path, labels: LabelSet, meaning: _Meaning, place: str) -> tuple[Segmentation, list[Note]]:
    """A PNG of numbers, and a note for each number without a meaning and for stuff with several numbers."""
    notes: list[Note] = []
    stuff: set[int] = set()

    def segment_of(code: int, pixels: int) -> Segment | None:
        try:
            segment = meaning(code)
        except KeyError:
            notes.append(Note(file, f"{place}, value {code}, {pixels:,} px", _UNKNOWN, "unknown-label"))
            return None
        if segment is not None and not labels[segment.label].is_thing:
            if segment.label in stuff:
                notes.append(Note(file, f"{place}, value {code}", _FUSED, "stuff-fused"))
            stuff.add(segment.label)
        return segment

    truth = from_codes(read_index_png(file), segment_of, labels)
    unknown = sum(note.kind == "unknown-label" for note in notes)
    if unknown > _MOST_UNKNOWN:
        raise FormatError(f"{file}: has {unknown:,} values that stand for no label; expected a map of label ids")
    return truth, notes
