"""One image of a list of detections: `coco_results_reader.py` opens the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segweave.errors import FormatError, ImageError
from segweave.formats.coco_categories import Categories
from segweave.formats.coco_files import Photographs, photograph_name
from segweave.formats.coco_masks import read_labelled_mask, read_rle
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.images import image_size
from segweave.formats.json_parts import Entry, image_size_in, number_or_none, shown
from segweave.formats.photographs import image_stem, make_sample
from segweave.segmentation import Instances, Rle, Segment

ImageId = int | str


@dataclass(frozen=True, slots=True)
class ResultsIndex:
    """images: what is known of each image; an empty entry where no file says it."""

    path: Path
    categories: Categories
    images: tuple[tuple[ImageId, Entry], ...]
    detections: Mapping[ImageId, list[Entry]]
    photographs: Photographs


def result_name(index: ResultsIndex, place: int) -> ImageName:
    """What the image at `place` of `index.images` is called."""
    return ImageName(index.images[place][0], image_stem(_file_name(index, place)))


def _file_name(index: ResultsIndex, place: int) -> str:
    """The photograph's name as a file says it, "" where none does."""
    number, image = index.images[place]
    name = image.get("file_name")
    return "" if name is None else str(photograph_name(name, f"{index.path}: image {number!r}"))


def load_sample(index: ResultsIndex, place: int) -> Sample:
    """Read the image at `place` of `index.images`, with its detections."""
    number, image = index.images[place]
    rows = index.detections.get(number, [])
    name = f"image {number!r}"
    where = f"{index.path}: {name}"
    stems = [f"{number:012d}", str(number)] if isinstance(number, int) else [number]
    image_name = _file_name(index, place)
    names = [image_name] if image_name else [f"{s}.jpg" for s in stems if "/" not in s and "\\" not in s]
    photograph = index.photographs.find(names)
    size = _size(image, rows, photograph, where)
    notes: list[Note] = []
    found = [_read(index, row, size, f"{name}, detection {k}", notes) for k, row in enumerate(rows)]
    kept = [pair for pair in found if pair is not None]
    masks, segments = tuple(mask for mask, _ in kept), tuple(segment for _, segment in kept)
    return make_sample(
        Instances(size, masks, segments, index.categories.labels),
        file=index.path,
        image_path=photograph,
        image_id=number,
        image_name=image_name or (photograph.name if photograph else ""),
        notes=notes,
    )


def box_areas(data: Dataset, sample: Sample, place: int) -> tuple[float, ...] | None:
    """px of the boxes that the list states of the detections of `sample`, read at `place` of `data`.

    COCO's evaluation sorts detections into small and large by these, where the list's first detection has a box. None
    where it has none, and for data sets of other formats.
    """
    load = data.load
    if not (isinstance(load, partial) and load.func is load_sample):
        return None
    index: ResultsIndex = load.args[0]
    first = next((row for rows in index.detections.values() for row in rows), {})
    if not first.get("bbox"):
        return None
    rows = index.detections.get(index.images[place][0], [])
    if len(rows) > len(sample.truth):
        name = f"image {sample.image_id!r}"
        rows = [row for k, row in enumerate(rows) if _read(index, row, sample.size, f"{name}, detection {k}", [])]
    areas = []
    for row in rows:
        box = row.get("bbox")
        if not (isinstance(box, list) and len(box) == 4 and all(isinstance(n, int | float) for n in box)):
            raise FormatError(
                f"{index.path}: image {sample.image_id!r}: expected a 'bbox' of 4 numbers; found {shown(box)}"
            )
        areas.append(float(box[2]) * float(box[3]))
    return tuple(areas)


def _size(image: Entry, rows: Sequence[Entry], photograph: Path | None, where: str) -> tuple[int, int]:
    if image.get("height") is not None or image.get("width") is not None:
        return image_size_in(image, where)
    for row in rows:
        if isinstance(mask := row.get("segmentation"), dict):
            return read_rle(mask, where, None)[0]
    if photograph is not None:
        try:
            return image_size(photograph)
        except ImageError as error:
            raise FormatError(f"{where}: no mask says its size, and its photograph cannot be read: {error}") from None
    raise FormatError(f"{where}: no mask says its size; expected its photograph, or a file with 'images' beside")


def _read(
    index: ResultsIndex, row: Entry, size: tuple[int, int], place: str, notes: list[Note]
) -> tuple[Rle, Segment] | None:
    """One detection, None where nothing of it can be kept; what is lost goes into `notes`."""
    where = f"{index.path}: {place}"
    score = number_or_none(row, "score", where)
    if score is None:
        raise FormatError(f"{where}: expected a 'score'; a list of detections has one each")
    found = read_labelled_mask(row, index.categories, size=size, at=(index.path, place), notes=notes)
    return None if found is None else (found[1], Segment(label=found[0], score=score))
