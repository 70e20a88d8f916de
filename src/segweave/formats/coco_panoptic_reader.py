"""Reading COCO panoptic: `coco_panoptic.py` says what the format is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.coco_categories import read_categories
from segweave.formats.coco_panoptic import OWN_DESCRIPTION, PanopticWriter
from segweave.formats.dataset import Dataset, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.id_png import LARGEST_ID, read_id_png
from segweave.formats.json_parts import (
    Entry,
    entries,
    entry_of,
    flag,
    load_json,
    name_or_number,
    number_or_none,
    text,
    whole,
)
from segweave.formats.json_sketch import json_files, json_keys, only_file
from segweave.formats.names import inner_path
from segweave.labels import LabelSet, LabelTable
from segweave.segmentation import Ids, Segment, assemble


@dataclass(frozen=True, slots=True)
class _Index:
    """The JSON file, checked as far as the list of images goes; segments are checked when an image is read.

    label_of: label index of each category id. pairs: (image, its annotation). own: written by segweave.
    """

    path: Path
    labels: LabelSet
    label_of: dict[int, int]
    pairs: tuple[tuple[Entry, Entry], ...]
    image_folders: tuple[Path, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class _Listed:
    """A segment as the JSON lists it. png_id: its value in the PNG. area: px, None where it is not said."""

    png_id: int
    area: int | None
    segment: Segment


def open_coco_panoptic(
    json_path: str | Path, *, labels: LabelTable | None = None, images: str | Path | None = None
) -> Dataset:
    """Open a COCO panoptic data set; its samples are `Segmentation`s, read when they are asked for.

    The PNGs lie in the folder called like the JSON without `.json`, or beside the JSON. images: the folder of the
    photographs; without it the usual places near the JSON are tried, and `image_path` is None where none is found.
    Files of segweave give back scores, tracks, source ids and label set; in others the PNG's id becomes `source_id`.

    Kept as a `Note`: segments without a pixel (dropped), several stuff segments of one label (fused), a crowd flag on
    stuff (dropped), images without annotation (left out), areas that are not those of the PNG (not used). Everything
    else that does not fit raises `FormatError`, when the data set is opened or when the sample is read.
    """
    path = only_file(Path(json_path), "segments_info", "COCO panoptic")
    data = entry_of(load_json(path), str(path))
    info = data.get("info")
    info = info if isinstance(info, dict) else {}
    named = info.get("label_set")
    found, label_of = read_categories(data, str(path), name=named if isinstance(named, str) and named else path.stem)
    pairs, notes = _pairs(data, path)
    folders = (Path(images),) if images is not None else _image_folders(path)
    own = info.get("description") == OWN_DESCRIPTION
    index = _Index(path, found, label_of, pairs, folders, own)
    return Dataset(found, notes, partial(_load_sample, index), range(len(pairs)))


def _pairs(data: Entry, path: Path) -> tuple[tuple[tuple[Entry, Entry], ...], tuple[Note, ...]]:
    """Each image with its annotation, in the order of the images."""
    images: dict[int | str, Entry] = {}
    for i, image in enumerate(entries(data, "images", str(path))):
        number = name_or_number(image, "id", f"{path}: images[{i}]")
        if number in images:
            raise FormatError(f"{path}: images[{i}]: image id {number!r} is listed before; ids must be unique")
        images[number] = image
    annotations: dict[int | str, Entry] = {}
    for i, annotation in enumerate(entries(data, "annotations", str(path))):
        where = f"{path}: annotations[{i}]"
        number = name_or_number(annotation, "image_id", where)
        if number not in images:
            raise FormatError(f"{where}: is for image {number!r}, which is not in 'images'")
        if number in annotations:
            raise FormatError(f"{where}: image {number!r} has an annotation before; expected one an image")
        annotations[number] = annotation
    bare = [number for number in images if number not in annotations]
    reason = f"{len(bare)} images have no annotation and are left out; the first is {bare[0]!r}" if bare else ""
    pairs = tuple((image, annotations[number]) for number, image in images.items() if number in annotations)
    return pairs, (Note(path, "images", reason, "assumed"),) if bare else ()


def _image_folders(path: Path) -> tuple[Path, ...]:
    """Where COCO and its users keep the photographs of `annotations/panoptic_val2017.json`: in `val2017/` or
    `images/val2017/` beside `annotations/`, in `images/`, or beside the JSON."""
    beside, above, split = path.parent, path.parent.parent, path.stem.removeprefix("panoptic_")
    return beside, beside / "images", above / split, above / "images" / split, above / "images"


def _load_sample(index: _Index, place: int) -> Sample:
    image, annotation = index.pairs[place]
    number = name_or_number(image, "id", str(index.path))
    name = f"image {number!r}"
    where = f"{index.path}: {name}"
    size = whole(image, "height", where, low=1), whole(image, "width", where, low=1)
    image_name = inner_path(image.get("file_name"), where)
    png = _png_path(index.path, inner_path(text(annotation, "file_name", where), where))
    ids = read_id_png(png)
    if ids.shape != size:
        raise FormatError(f"{png}: {name}: has {ids.shape} pixels (height, width); {index.path} says {size}")
    listed, notes = _listed(index, annotation, name)
    dense, areas = _dense(ids, listed, f"{png}: {name}")
    notes += _check_areas(index, listed, areas, name)
    seg = assemble(dense, [entry.segment for entry in listed], index.labels)
    path = next((found for folder in index.image_folders if (found := folder / image_name).is_file()), None)
    return Sample(
        image_path=path, size=size, truth=seg, image_id=number, image_name=str(image_name), notes=tuple(notes)
    )


def _png_path(json_path: Path, name: PurePosixPath) -> Path:
    in_folder = json_path.with_suffix("") / name
    return in_folder if in_folder.is_file() or not (beside := json_path.parent / name).is_file() else beside


def _listed(index: _Index, annotation: Entry, name: str) -> tuple[list[_Listed], list[Note]]:
    """The segments of one image, and a note for each crowd flag on stuff."""
    listed: list[_Listed] = []
    notes: list[Note] = []
    seen: set[int] = set()
    for entry in entries(annotation, "segments_info", f"{index.path}: {name}"):
        where = f"{index.path}: {name}"
        png_id = whole(entry, "id", where, low=1, high=LARGEST_ID)
        where = f"{where}, segment {png_id}"
        if png_id in seen:
            raise FormatError(f"{where}: is listed twice; ids must be unique in an image")
        seen.add(png_id)
        category = whole(entry, "category_id", where)
        if category not in index.label_of:
            raise FormatError(f"{where}: category id {category} is not in 'categories'")
        label = index.label_of[category]
        crowd = flag(entry, "iscrowd", where) if "iscrowd" in entry else False
        if crowd and not index.labels[label].is_thing:
            reason = f"{index.labels[label].name!r} is stuff, which forms no crowds; the flag is dropped"
            notes.append(Note(index.path, f"{name}, segment {png_id}", reason, "crowd-on-stuff"))
            crowd = False
        segment = Segment(
            label=label,
            crowd=crowd,
            score=number_or_none(entry, "score", where),
            track=None if entry.get("track") is None else whole(entry, "track", where, low=-(2**63), high=2**63 - 1),
            source_id=_source_id(entry, png_id, where, own=index.own),
        )
        listed.append(_Listed(png_id, whole(entry, "area", where) if "area" in entry else None, segment))
    return listed, notes


def _source_id(entry: Entry, png_id: int, where: str, *, own: bool) -> int | str | None:
    if entry.get("source_id") is not None:
        return name_or_number(entry, "source_id", where)
    return None if own else png_id


def _dense(ids: Ids, listed: Sequence[_Listed], where: str) -> tuple[NDArray[np.int32], list[int]]:
    """(H, W) int32 with 0 = void, k = `listed[k - 1]`, and the pixels of each listed segment.

    Goes by runs of equal pixels, of which there are few."""
    flat = ids.ravel()
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    values = flat[starts]
    known = np.array([0, *(entry.png_id for entry in listed)], np.int32)
    order = np.argsort(known)
    at = np.minimum(np.searchsorted(known[order], values), len(known) - 1)
    new = order[at]
    unlisted = known[new] != values
    if unlisted.any():
        wrong = int(values[unlisted][0])
        area = int((flat == wrong).sum())
        raise FormatError(f"{where}: id {wrong} has {area} pixels but is not in 'segments_info'")
    lengths = np.diff(starts, append=flat.size)
    areas = np.bincount(new, weights=lengths, minlength=len(known))[1:]
    return np.repeat(new.astype(np.int32), lengths).reshape(ids.shape), areas.astype(int).tolist()


def _check_areas(index: _Index, listed: Sequence[_Listed], areas: Sequence[int], name: str) -> list[Note]:
    """Notes for what `assemble` drops and fuses, and for listed areas that are not those of the PNG.

    In a file of ours such an area is a `FormatError`: our ids are 1..n, so it is the only sign of a swapped PNG."""
    notes: list[Note] = []
    stuff: dict[int, int] = {}
    for entry, area in zip(listed, areas, strict=True):
        place, label = f"{name}, segment {entry.png_id}", entry.segment.label
        if not area:
            notes.append(Note(index.path, place, "has no pixels in the PNG; dropped", "empty-segment"))
            continue
        if entry.area is not None and entry.area != area:
            if index.own:
                raise FormatError(f"{index.path}: {place}: 'area' is {entry.area}; the PNG has {area} pixels of it")
            reason = f"'area' is {entry.area}; the PNG's {area} pixels are used"
            notes.append(Note(index.path, place, reason, "wrong-area"))
        if not index.labels[label].is_thing and stuff.setdefault(label, entry.png_id) != entry.png_id:
            reason = f"is {index.labels[label].name!r} (stuff) like segment {stuff[label]}; fused with it"
            notes.append(Note(index.path, place, reason, "stuff-fused"))
    return notes


def _recognise(path: Path) -> bool:
    return any("segments_info" in json_keys(file) for file in json_files(path))


FORMAT = Format(
    name="coco-panoptic",
    title="COCO panoptic: one JSON and a folder of id PNGs",
    holds=Holds(crowd="each", score="optional", track=True, source_id=True),
    index="panoptic.json",
    recognise=_recognise,
    open=open_coco_panoptic,
    writer=PanopticWriter,
)
