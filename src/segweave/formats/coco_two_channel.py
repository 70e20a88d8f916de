"""The 2-channel variant of COCO panoptic, for reading: an RGB PNG with R = category id, G = instance id, B = 0.

Source: panopticapi, CONVERTERS.md and sample_data/panoptic_examples_2ch_format; Kirillov et al. 2019, §3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from segweave.errors import FormatError
from segweave.formats.coco_categories import ids_of_table
from segweave.formats.coco_files import Photographs, is_rgb_png
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.id_png import is_own_id_png, read_id_png, read_rgb_png
from segweave.formats.names import natural_key
from segweave.formats.photographs import make_sample
from segweave.labels import LabelSet, LabelTable, label_table
from segweave.segmentation import Segment

_CROWD = 255  # the crowd of panopticapi's example has this number; the format itself has no word for crowds


@dataclass(frozen=True, slots=True)
class _Index:
    """root: image names are relative to it."""

    root: Path
    pngs: tuple[Path, ...]
    labels: LabelSet
    label_of: dict[int, int | None]
    photographs: Photographs


def open_two_channel(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a folder of 2-channel PNGs, or one of them; samples are `Segmentation`s.

    labels: what the category ids mean; without it those of COCO panoptic. The instance id 255 of a thing is taken for
    a crowd. `Segment.source_id` is R + 256 G.
    """
    table = labels or label_table("coco_panoptic")
    root, pngs = (path, _pngs(path)) if path.is_dir() else (path.parent, (path,))
    index = _Index(root, pngs, table.labels, ids_of_table(table), Photographs.near(root / "x.json", images))
    reason = "2-channel PNGs have no mark for crowds; instance 255 of a thing is taken for one"
    notes = (Note(path, "", reason, "assumed"),)
    return Dataset(table.labels, notes, partial(_load_sample, index), partial(_name, index), range(len(pngs)))


def is_two_channel(path: Path, table: LabelTable | None = None) -> bool:
    """Is a PNG, or the first of a folder, 2-channel by its content: no blue, reds are source ids of the table (without
    one of COCO panoptic), and a thing with an instance id? Our own id PNGs say themselves that they are not."""
    png = next(iter(_pngs(path)), None) if path.is_dir() else path
    if png is None or is_own_id_png(png) or not is_rgb_png(png):
        return False
    try:
        rgb = read_rgb_png(png)
    except FormatError:
        return False
    if rgb[..., 2].any():
        return False
    numbers = np.flatnonzero(np.bincount(rgb[..., 0].ravel().astype(np.int64) * 256 + rgb[..., 1].ravel()))
    table = table or label_table("coco_panoptic")
    things = {number for number, label in zip(table.source_ids, table.labels, strict=True) if label.is_thing}
    known = {0, *ids_of_table(table)}
    categories, instances = np.divmod(numbers, 256)
    fits = all(
        category in known and (not instance or category in things)
        for category, instance in zip(categories.tolist(), instances.tolist(), strict=True)
    )
    return fits and bool(instances.any() or (categories > 90).any())


def _pngs(folder: Path) -> tuple[Path, ...]:
    found = (file for file in folder.glob("*.png") if not file.name.startswith("."))
    return tuple(sorted(found, key=lambda file: natural_key(file.name)))


def _name(index: _Index, place: int) -> ImageName:
    png = index.pngs[place]
    stem = png.relative_to(index.root).as_posix().removesuffix(png.suffix)
    return ImageName(stem, stem)


def _load_sample(index: _Index, place: int) -> Sample:
    png = index.pngs[place]
    name = _name(index, place)
    unknown: list[tuple[int, int]] = []

    def meaning(code: int, pixels: int) -> Segment | None:
        instance, category = divmod(code, 256)
        label = index.label_of.get(category)
        if label is None:
            if category and category not in index.label_of:
                unknown.append((code, pixels))
            return None
        is_thing = index.labels[label].is_thing
        return Segment(label=label, crowd=is_thing and instance == _CROWD, source_id=code)

    codes = read_id_png(png)
    if (codes > 65535).any():
        raise FormatError(f"{png}: has blue in it; expected red = category id, green = instance id, no blue")
    truth = from_codes(codes, meaning, index.labels)
    path = index.photographs.find([f"{name.stem}.jpg"], but=png)
    return make_sample(
        truth,
        file=png,
        image_path=path,
        image_id=name.id,
        image_name=name.stem + (path.suffix if path else ""),
        notes=_unknown(unknown, png),
    )


def _unknown(found: Sequence[tuple[int, int]], png: Path) -> list[Note]:
    reason = "is no category of the label set; its pixels are void"
    return [Note(png, f"category {code % 256}, {pixels:,} pixels", reason, "unknown-label") for code, pixels in found]
