"""One image of a COCO panoptic data set: its PNG and what the JSON says of the PNG's ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.coco_categories import Categories
from segweave.formats.coco_files import Photographs, is_file, photograph_name, scene_names
from segweave.formats.dataset import ImageName, Note, Sample
from segweave.formats.id_png import LARGEST_ID, read_id_png
from segweave.formats.json_parts import (
    Entry,
    entries,
    flag,
    image_size_in,
    name_or_number,
    number_or_none,
    text,
    whole,
)
from segweave.formats.names import inner_path
from segweave.formats.photographs import image_stem, make_sample
from segweave.segmentation import Ids, Segment, Segmentation, assemble


@dataclass(frozen=True, slots=True)
class PanopticIndex:
    """The JSON file, checked as far as the list of images goes; segments are checked when an image is read.

    pairs: (image, its annotation). own: written by segweave.
    """

    path: Path
    categories: Categories
    pairs: tuple[tuple[Entry, Entry], ...]
    photographs: Photographs
    own: bool


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """A segment as the JSON lists it. png_id: its value in the PNG. area: px, None where it is not said.

    crowd: as flagged, though `segment` of stuff is none. segment: None where it is void, or its category unknown.
    """

    png_id: int
    category: int
    area: float | None
    crowd: bool
    segment: Segment | None


def image_name(index: PanopticIndex, place: int) -> ImageName:
    """What the image at `place` of `index.pairs` is called."""
    image, annotation = index.pairs[place]
    number = name_or_number(image, "id", str(index.path))
    return ImageName(number, image_stem(_image_names(image, annotation, f"{index.path}: image {number!r}")[0]))


def load_sample(index: PanopticIndex, place: int) -> Sample:
    """Read the image at `place` of `index.pairs`."""
    image, annotation = index.pairs[place]
    number = name_or_number(image, "id", str(index.path))
    name = f"image {number!r}"
    where = f"{index.path}: {name}"
    size = stated_size(index, place)
    png = png_path(index, annotation, where)
    full_name, candidates = _image_names(image, annotation, where)
    ids = read_id_png(png)
    if size is not None and ids.shape != size:
        raise FormatError(f"{png}: {name}: has {ids.shape} pixels (height, width); {index.path} says {size}")
    listed, notes = _listed(index, annotation, name)
    dense, areas, unlisted = _dense(ids, listed)
    notes += _check_areas(index, listed, areas, name)
    for value, pixels in unlisted:
        reason = f"its {pixels:,} pixels are not in 'segments_info'; they are void"
        notes.append(Note(png, f"{name}, id {value}", reason, "unlisted-pixels"))
    segments = [entry.segment for entry in listed if entry.segment is not None]
    # `assemble` counts all pixels before the constructor does; it is for what has to be dropped or fused
    build = assemble if any(note.kind in ("empty-segment", "stuff-fused") for note in notes) else Segmentation
    path = index.photographs.find(candidates, but=png)
    if path is not None and not full_name.endswith(path.suffix):
        full_name = full_name if "file_name" in image else full_name + path.suffix
    return make_sample(
        build(dense, tuple(segments), index.categories.labels),
        file=index.path,
        image_path=path,
        image_id=number,
        image_name=full_name,
        notes=notes,
    )


def read_listed(index: PanopticIndex, place: int) -> list[ListedSegment]:
    """The segments of an image as the JSON lists them, each id once."""
    image, annotation = index.pairs[place]
    return _listed(index, annotation, f"image {name_or_number(image, 'id', str(index.path))!r}")[0]


def stated_size(index: PanopticIndex, place: int) -> tuple[int, int] | None:
    """(height, width) px of an image as the JSON says it."""
    image = index.pairs[place][0]
    if image.get("height") is None and image.get("width") is None:
        return None
    return image_size_in(image, f"{index.path}: image {image.get('id')!r}")


def png_path(index: PanopticIndex, annotation: Entry, where: str) -> Path:
    """Where the id PNG of an annotation is; where nothing is, the place in the folder called like the JSON."""
    name = inner_path(text(annotation, "file_name", where), where)
    own_folder, beside = index.path.with_suffix(""), index.path.parent
    for folder in (own_folder, beside, beside / "panoptic", beside.parent / own_folder.name):
        if is_file(folder / name):
            return folder / name
    return own_folder / name


def _image_names(image: Entry, annotation: Entry, where: str) -> tuple[str, tuple[str, ...]]:
    """The image's name, and the names its photograph may have; without `images` that of the PNG, without suffix."""
    if "file_name" in image:
        return scene_names(str(photograph_name(image["file_name"], where)))
    png = str(inner_path(annotation.get("file_name"), where))
    name, candidates = scene_names(png)
    if candidates != (png,):
        return name, candidates
    stem = png.removesuffix(".png")
    return stem, (f"{stem}.jpg",)


def _listed(index: PanopticIndex, annotation: Entry, name: str) -> tuple[list[ListedSegment], list[Note]]:
    """The segments of one image, and a note for each that is not as it should be."""
    listed: list[ListedSegment] = []
    notes: list[Note] = []
    seen: dict[int, int] = {}
    of_image = f"{index.path}: {name}"
    for entry in entries(annotation, "segments_info", of_image):
        png_id = whole(entry, "id", of_image, low=1, high=LARGEST_ID)
        place = f"{name}, segment {png_id}"
        where = f"{of_image}, segment {png_id}"
        category = whole(entry, "category_id", where)
        if png_id in seen:
            if seen[png_id] != category:
                said = f"first as category {seen[png_id]}, then as {category}"
                raise FormatError(f"{where}: is listed twice, {said}; ids must be unique in an image")
            notes.append(Note(index.path, place, "is listed twice; taken once", "duplicate"))
            continue
        seen[png_id] = category
        area = number_or_none(entry, "area", where)
        label = index.categories.label_of.get(category)
        segment = None if label is None else _segment(index, entry, label, png_id, where)
        if segment is not None and not segment.crowd and entry.get("iscrowd"):
            reason = "a crowd of stuff, which forms no crowds; the flag is dropped"
            notes.append(Note(index.path, place, reason, "crowd-on-stuff"))
        listed.append(ListedSegment(png_id, category, area, bool(entry.get("iscrowd")), segment))
    return listed, notes


def _segment(index: PanopticIndex, entry: Entry, label: int, png_id: int, where: str) -> Segment:
    crowd = flag(entry, "iscrowd", where) if "iscrowd" in entry else False
    source_id: int | str | None = None if index.own else png_id
    if entry.get("source_id") is not None:
        source_id = name_or_number(entry, "source_id", where)
    return Segment(
        label=label,
        crowd=crowd and index.categories.labels[label].is_thing,
        score=number_or_none(entry, "score", where),
        track=None if entry.get("track") is None else whole(entry, "track", where, low=-(2**63), high=2**63 - 1),
        source_id=source_id,
    )


def _dense(ids: Ids, listed: Sequence[ListedSegment]) -> tuple[NDArray[np.int32], list[int], list[tuple[int, int]]]:
    """The map by places among the listed segments that are not void, counted from 1; 0 = void.

    Returns (map, pixels of each listed segment, (id, pixels) of what is not listed). Goes by runs of equal pixels, of
    which there are few."""
    flat = ids.ravel()
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    values = flat[starts]
    lengths = np.diff(starts, append=flat.size)
    known = np.array([0, *(entry.png_id for entry in listed)], np.int32)
    order = np.argsort(known)
    at = order[np.minimum(np.searchsorted(known[order], values), len(known) - 1)]
    is_listed = known[at] == values
    areas = np.bincount(at, weights=lengths * is_listed, minlength=len(known))[1:]
    kept = np.array([False, *(entry.segment is not None for entry in listed)])
    new = (np.cumsum(kept) * kept).astype(np.int32)[at] * is_listed.astype(np.int32)
    unlisted: list[tuple[int, int]] = []
    if not is_listed.all():
        others, which = np.unique(values[~is_listed], return_inverse=True)
        pixels = np.bincount(which, weights=lengths[~is_listed])
        unlisted = list(zip(others.tolist(), pixels.astype(int).tolist(), strict=True))
    dense = np.repeat(new, lengths)
    dense.setflags(write=False)  # nobody else has it, so that it need not be copied
    return dense.reshape(ids.shape), areas.astype(int).tolist(), unlisted


def _check_areas(index: PanopticIndex, listed: Sequence[ListedSegment], areas: Sequence[int], name: str) -> list[Note]:
    """Notes for what `assemble` drops and fuses, and for listed areas that are not those of the PNG.

    In a file of ours such an area is a `FormatError`: our ids are 1..n, so it is the only sign of a swapped PNG."""
    notes: list[Note] = []
    stuff: dict[int, int] = {}
    labels = index.categories.labels
    for entry, area in zip(listed, areas, strict=True):
        place = f"{name}, segment {entry.png_id}"
        if not area:
            notes.append(Note(index.path, place, "has no pixels in the PNG; dropped", "empty-segment"))
            continue
        if entry.area is not None and entry.area != area:
            if index.own:
                raise FormatError(f"{index.path}: {place}: 'area' is {entry.area:g}; the PNG has {area} pixels of it")
            reason = f"'area' is {entry.area:g}; the PNG's {area} pixels are used"
            notes.append(Note(index.path, place, reason, "wrong-area"))
        if entry.category not in index.categories.label_of:
            reason = "its category is not in the label set; its pixels are void"
            where = f"{place}, category {entry.category}, {area:,} pixels"
            notes.append(Note(index.path, where, reason, "unknown-label"))
        if entry.segment is None or labels[label := entry.segment.label].is_thing:
            continue
        if stuff.setdefault(label, entry.png_id) != entry.png_id:
            reason = f"is {labels[label].name!r} (stuff) like segment {stuff[label]}; fused with it"
            notes.append(Note(index.path, place, reason, "stuff-fused"))
    return notes
