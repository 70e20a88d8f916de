"""Reading COCO panoptic: `coco_panoptic.py` says what the format is."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.coco_categories import Categories, read_categories
from segweave.formats.coco_files import Photographs, absolute_names_note, images_by_id, is_own, is_rgb_png
from segweave.formats.coco_guess import guess_categories
from segweave.formats.coco_panoptic import PanopticWriter
from segweave.formats.coco_panoptic_sample import PanopticIndex, image_name, load_sample, png_path
from segweave.formats.coco_two_channel import is_two_channel, open_two_channel
from segweave.formats.dataset import Dataset, Note
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.json_parts import Entry, entries, entry_of, load_json, name_or_number
from segweave.formats.json_sketch import json_files, json_keys, only_file
from segweave.labels import LabelTable

_KEY = "segments_info"


def open_coco_panoptic(
    json_path: str | Path, *, labels: LabelTable | None = None, images: str | Path | None = None
) -> Dataset:
    """Open a COCO panoptic data set; its samples are `Segmentation`s, read when they are asked for.

    json_path: the JSON file, a folder that holds one, or one of its PNGs: then a data set of that image. The PNGs lie
    in the folder called like the JSON without `.json`, or beside the JSON. labels: what the category ids mean, before
    all that the file says. images: a folder of photographs to look in before the usual places.
    Files of segweave give back scores, tracks, source ids and label set; in others the PNG's id becomes `source_id`.
    Without `categories` the label set is guessed (`guess_categories`), without `images` the size is that of the PNG.
    A folder of PNGs without a JSON, or one of them, is read in the 2-channel format (`open_two_channel`).

    Kept as a `Note`: segments without a pixel, of an unknown category or listed twice (dropped), pixels of an id that
    nothing lists (void), several stuff segments of one label (fused), a crowd flag on stuff (dropped), images without
    annotation (left out), areas that are not those of the PNG (not used). Everything else that does not fit raises
    `FormatError`, when the data set is opened or when the sample is read.
    """
    path = Path(json_path)
    folder = None if images is None else Path(images)
    if path.suffix.lower() == ".png" and path.is_file():
        index_file = _json_of_png(path)
        if index_file is None:
            return open_two_channel(path, labels=labels, images=folder)
        return _only_image(_open_index(index_file, labels, folder), path)
    if path.is_dir() and not _index_files(path) and is_two_channel(path, labels):
        return open_two_channel(path, labels=labels, images=folder)
    return _open_index(only_file(path, _KEY, "COCO panoptic"), labels, folder)


def open_coco_prediction(json_path: Path, truth: Categories) -> Dataset:
    """`open_coco_panoptic` for a prediction: without `categories` its category ids are those of the truth's file."""
    if json_path.suffix.lower() == ".png" or (json_path.is_dir() and not _index_files(json_path)):
        return open_coco_panoptic(json_path)
    path = only_file(json_path, _KEY, "COCO panoptic")
    data = _whole_file(load_json(path), str(path))
    categories = read_categories(data, path, given=None) if "categories" in data else truth
    return _dataset(*_index(data, path, categories, None))


def _open_index(path: Path, labels: LabelTable | None, images: Path | None) -> Dataset:
    data = _whole_file(load_json(path), str(path))
    if "categories" in data:
        categories = read_categories(data, path, given=labels)
    else:
        categories = guess_categories(entries(data, "annotations", str(path)), path, given=labels)
    return _dataset(*_index(data, path, categories, images))


def _dataset(index: PanopticIndex, notes: tuple[Note, ...]) -> Dataset:
    load, name = partial(load_sample, index), partial(image_name, index)
    return Dataset(index.categories.labels, notes, load, name, range(len(index.pairs)))


def _index(
    data: Entry, path: Path, categories: Categories, images: Path | None
) -> tuple[PanopticIndex, tuple[Note, ...]]:
    pairs, notes = _pairs(data, path)
    index = PanopticIndex(path, categories, pairs, Photographs.near(path, images), is_own(data))
    return index, (*categories.notes, *notes)


def _only_image(data: Dataset, png: Path) -> Dataset:
    """The data set of one PNG alone."""
    load = data.load
    assert isinstance(load, partial)
    index: PanopticIndex = load.args[0]
    for place, (_, annotation) in enumerate(index.pairs):
        name = annotation.get("file_name")
        # by the name first, because looking for every file of a large data set takes long
        if not isinstance(name, str) or not name.replace("\\", "/").endswith(png.name):
            continue
        if png_path(index, annotation, str(index.path)).resolve() == png.resolve():
            return replace(data, places=range(place, place + 1))
    raise FormatError(f"{png}: is not listed in {index.path}; expected a 'file_name' there that names it")


def _whole_file(value: object, where: str) -> Entry:
    """The file as an object; BDD100K has a single annotation in a file, others a list of them."""
    if isinstance(value, list) and value:
        return {"annotations": value}
    data = entry_of(value, where)
    return {"annotations": [data]} if _KEY in data and "annotations" not in data else data


def _pairs(data: Entry, path: Path) -> tuple[tuple[tuple[Entry, Entry], ...], tuple[Note, ...]]:
    """Each image with its annotation, in the order of the images."""
    annotations: dict[int | str, Entry] = {}
    for i, annotation in enumerate(entries(data, "annotations", str(path))):
        where = f"{path}: annotations[{i}]"
        number = name_or_number(annotation, "image_id", where)
        if number in annotations:
            raise FormatError(f"{where}: image {number!r} has an annotation before; expected one an image")
        annotations[number] = annotation
    if "images" not in data:
        return tuple(({"id": number}, annotation) for number, annotation in annotations.items()), ()
    images = images_by_id(data, path)
    stranger = next((number for number in annotations if number not in images), None)
    if stranger is not None:
        place = list(annotations).index(stranger)
        raise FormatError(f"{path}: annotations[{place}]: is for image {stranger!r}, which is not in 'images'")
    bare = [number for number in images if number not in annotations]
    reason = f"{len(bare)} images have no annotation and are left out; the first is {bare[0]!r}" if bare else ""
    notes = (Note(path, "images", reason, "assumed"),) if bare else ()
    pairs = tuple((image, annotations[number]) for number, image in images.items() if number in annotations)
    return pairs, notes + absolute_names_note([image for image, _ in pairs], path)


def _index_files(path: Path) -> list[Path]:
    return [file for file in json_files(path) if _KEY in json_keys(file)]


def _json_of_png(png: Path) -> Path | None:
    """The JSON that lists an id PNG: called like its folder, or the only one beside it."""
    named = png.parent.with_name(f"{png.parent.name}.json")
    if named.is_file() and _KEY in json_keys(named):
        return named
    beside = [file for file in sorted(png.parent.glob("*.json")) if _KEY in json_keys(file)]
    return beside[0] if len(beside) == 1 else None


def _recognise(path: Path) -> bool:
    if path.is_file() and path.suffix.lower() == ".png":
        return is_rgb_png(path) and (_json_of_png(path) is not None or is_two_channel(path))
    return bool(_index_files(path)) or (path.is_dir() and is_two_channel(path))


FORMAT = Format(
    name="coco-panoptic",
    title="COCO panoptic: one JSON and a folder of id PNGs",
    holds=Holds(crowd="each", score="optional", track=True, source_id=True),
    index="panoptic.json",
    recognise=_recognise,
    open=open_coco_panoptic,
    writer=PanopticWriter,
)
