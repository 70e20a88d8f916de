"""Reading COCO instances: `coco_instances.py` says what the format is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segweave.errors import FormatError, ImageError
from segweave.formats.coco_categories import Categories, read_categories
from segweave.formats.coco_files import (
    Photographs,
    absolute_names_note,
    images_by_id,
    is_json_list,
    is_own,
    photograph_name,
)
from segweave.formats.coco_instances import InstancesWriter
from segweave.formats.coco_masks import read_labelled_mask
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.images import image_size
from segweave.formats.json_parts import (
    Entry,
    entries,
    entry_of,
    flag,
    image_size_in,
    load_json,
    name_or_number,
    number_or_none,
    whole,
)
from segweave.formats.json_sketch import json_files, json_keys
from segweave.formats.photographs import image_stem, make_sample
from segweave.labels import LabelTable
from segweave.segmentation import Instances, Rle, Segment

_KINDS = {"segmentation", "iscrowd", "bbox"}


@dataclass(frozen=True, slots=True)
class InstancesIndex:
    """The JSON file; annotations are checked when their image is read. own: written by segweave."""

    path: Path
    categories: Categories
    images: tuple[Entry, ...]
    annotations: Mapping[int | str, list[Entry]]
    photographs: Photographs
    own: bool


def open_coco_instances(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a COCO instances file, or the folder that holds one; samples are `Instances`, in the order of the file.

    labels: what names or ids of `categories` mean, before what the file says. images: a folder of photographs to look
    in before the usual places. Polygons are filled as cocoapi does. Files of segweave give back scores, tracks,
    source ids and label set; in others the annotation's id becomes `source_id`. An image without annotation is one
    without objects.

    Kept as a `Note`: annotations without a mask, with a mask of another size or of an unknown category (dropped),
    parts without three corners or outside the image (dropped), a crowd flag on stuff (dropped), absolute file names.
    Everything else that does not fit raises `FormatError`, when the data set is opened or when the sample is read.
    """
    path = _only_file(path)
    data = entry_of(load_json(path), str(path))
    categories = read_categories(data, path, given=labels)
    listed = images_by_id(data, path)
    of_image: dict[int | str, list[Entry]] = {}
    for i, annotation in enumerate(entries(data, "annotations", str(path))):
        where = f"{path}: annotations[{i}]"
        number = name_or_number(annotation, "image_id", where)
        if number not in listed:
            raise FormatError(f"{where}: is for image {number!r}, which is not in 'images'")
        of_image.setdefault(number, []).append(annotation)
    entries_of_images = tuple(listed.values())
    index = InstancesIndex(path, categories, entries_of_images, of_image, Photographs.near(path, images), is_own(data))
    notes = (*categories.notes, *absolute_names_note(entries_of_images, path))
    return Dataset(categories.labels, notes, partial(load_sample, index), partial(_name, index), range(len(listed)))


def _name(index: InstancesIndex, place: int) -> ImageName:
    return ImageName(_number(index, place), image_stem(_file_name(index, place)))


def _number(index: InstancesIndex, place: int) -> int | str:
    return name_or_number(index.images[place], "id", str(index.path))


def _file_name(index: InstancesIndex, place: int) -> str:
    where = f"{index.path}: image {_number(index, place)!r}"
    return str(photograph_name(index.images[place].get("file_name"), where))


def load_sample(index: InstancesIndex, place: int) -> Sample:
    """Read the image at `place` of `index.images`, with its annotations."""
    image = index.images[place]
    number = _number(index, place)
    name = f"image {number!r}"
    where = f"{index.path}: {name}"
    image_name = _file_name(index, place)
    photograph = index.photographs.find([image_name])
    if image.get("height") is None and image.get("width") is None and photograph is not None:
        try:
            size = image_size(photograph)
        except ImageError as error:
            raise FormatError(f"{where}: states no size, and its photograph cannot be read: {error}") from None
    else:
        size = image_size_in(image, where)
    notes: list[Note] = []
    found = [_read(index, entry, size, name, notes) for entry in index.annotations.get(number, ())]
    kept = [pair for pair in found if pair is not None]
    masks, segments = tuple(mask for mask, _ in kept), tuple(segment for _, segment in kept)
    return make_sample(
        Instances(size, masks, segments, index.categories.labels),
        file=index.path,
        image_path=photograph,
        image_id=number,
        image_name=image_name,
        notes=notes,
    )


def _read(
    index: InstancesIndex, entry: Entry, size: tuple[int, int], name: str, notes: list[Note]
) -> tuple[Rle, Segment] | None:
    """One annotation, None where nothing of it can be kept; what is lost goes into `notes`."""
    number = None if entry.get("id") is None else name_or_number(entry, "id", f"{index.path}: {name}")
    place = f"{name}, annotation {number!r}"
    where = f"{index.path}: {place}"
    found = read_labelled_mask(entry, index.categories, size=size, at=(index.path, place), notes=notes)
    if found is None:
        return None
    label, mask = found
    crowd = flag(entry, "iscrowd", where) if entry.get("iscrowd") is not None else False
    if crowd and not index.categories.labels[label].is_thing:
        reason = "a crowd of stuff, which forms no crowds; the flag is dropped"
        notes.append(Note(index.path, place, reason, "crowd-on-stuff"))
        crowd = False
    source_id = None if index.own else number
    if entry.get("source_id") is not None:
        source_id = name_or_number(entry, "source_id", where)
    segment = Segment(
        label=label,
        crowd=crowd,
        score=number_or_none(entry, "score", where),
        track=None if entry.get("track") is None else whole(entry, "track", where, low=-(2**63), high=2**63 - 1),
        source_id=source_id,
    )
    return mask, segment


def is_instances_file(path: Path) -> bool:
    """Is this a JSON file with images and annotations that are masks or boxes?

    A file of images and categories alone, as lies beside detections, is not a data set of its own.
    """
    keys = json_keys(path)
    if "segments_info" in keys or is_json_list(path):
        return False
    # of a large file only its ends are looked at, where the word "annotations" itself may be missing
    if {"image_id", "category_id"} <= keys:
        return bool(keys & _KINDS)
    return {"images", "annotations", "categories"} <= keys and not path.name.endswith("images.json")


def _only_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = [file for file in json_files(path) if is_instances_file(file)]
    if len(found) == 1:
        return found[0]
    if not found:
        expected = "expected a *.json with 'images', 'annotations' and 'categories' in it or in annotations/"
        raise FormatError(f"{path}: has no COCO instances file; {expected}")
    names = ", ".join(str(file.relative_to(path)) for file in found)
    raise FormatError(f"{path}: holds {len(found)} COCO instances files: {names}; name the one to read")


def _recognise(path: Path) -> bool:
    return any(is_instances_file(file) for file in json_files(path))


FORMAT = Format(
    name="coco-instances",
    title="COCO instances: one JSON with polygons or run lengths",
    holds=Holds(overlap=True, crowd="each", score="optional", track=True, source_id=True),
    index="instances.json",
    recognise=_recognise,
    open=open_coco_instances,
    writer=InstancesWriter,
)
