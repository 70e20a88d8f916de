"""Reading CamVid: `camvid.py` says what the format is."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.camvid import CamVidWriter
from segweave.formats.camvid_labels import camvid_table
from segweave.formats.camvid_layout import Item, checked_layout, find_items, find_layout
from segweave.formats.dataset import Dataset, ImageName, Sample, names_by_stem
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.index_png import read_index_png
from segweave.formats.label_file import find_label_file
from segweave.formats.label_png import (
    Meaning,
    by_color,
    by_number,
    first_png,
    png_head_of,
    read_label_png,
    semantic_truth,
)
from segweave.formats.photographs import find_photograph, make_sample
from segweave.formats.png import GREY, RGB, RGBA
from segweave.labels import LabelTable, label_table


@dataclass(frozen=True, slots=True)
class _CamVid:
    """number, color: what the pixels of label maps mean; None for a kind that this data set does not have."""

    items: tuple[Item, ...]
    names: tuple[ImageName, ...]
    images: Path | None
    number: Meaning | None
    color: Meaning | None


def open_camvid(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a CamVid folder, one folder of label maps, one list of a split, or one label map.

    Looks: `trainannot/` beside `train/`; `LabeledApproved_full/NAME_L.png` beside `701_StillsRaw_full/`; Kaggle's
    `train_labels/NAME_L.png`; `labels/` beside `images/`, with or without folders for splits. Images come in the
    order of the lists (`train.txt`, `val.txt`, `test.txt`), those in no list after them by name.

    Labels: the table given, else `label_colors.txt` (or `class_dict.csv`, `codes.txt`), else `camvid11` for label maps
    of numbers and `camvid32` for those of colours; the first label map decides. Numbers and colours that stand for
    no label become void, with a `Note`.
    """
    layout = checked_layout(path)
    labels = labels or find_label_file(layout.root)
    items, notes = find_items(layout)
    if labels is not None:
        number: Meaning | None = by_number(labels)
        color: Meaning | None = _by_color_if_told_apart(labels, str(path))
    else:
        head = png_head_of(items[0].file) if items else None
        colored = head is not None and head.color in (RGB, RGBA)
        labels, said = camvid_table(layout.root, by_color=colored)
        notes = [*notes, *said]
        number, color = (None, by_color(labels, str(path))) if colored else (by_number(labels), None)
    names = names_by_stem([item.full_name for item in items])
    camvid = _CamVid(tuple(items), names, images, number, color)
    return Dataset(labels.labels, tuple(notes), partial(_load_sample, camvid), names.__getitem__, range(len(items)))


def _by_color_if_told_apart(labels: LabelTable, where: str) -> Meaning | None:
    try:
        return by_color(labels, where)
    except FormatError:
        return None


def _load_sample(camvid: _CamVid, place: int) -> Sample:
    item, name = camvid.items[place], camvid.names[place]
    png = read_label_png(item.file)
    meaning = camvid.color if png.by_color else camvid.number
    if meaning is None:
        found, expected = ("colours", "numbers") if png.by_color else ("numbers", "colours")
        raise FormatError(f"{item.file}: holds {found}; expected {expected}, or a table of labels that says both")
    truth, notes = semantic_truth(png, meaning, file=item.file, place=f"image {name.stem!r}")
    folders = item.folder.photographs
    path = None
    if camvid.images is not None:
        path = find_photograph([camvid.images / item.folder.prefix, camvid.images], item.name)
    path = path or find_photograph(folders, item.name)
    suffix = path.suffix if path else ".png"
    return make_sample(
        truth,
        file=item.file,
        image_path=path,
        image_id=name.id,
        image_name=name.stem + suffix,
        notes=notes,
    )


def _recognise(path: Path) -> bool:
    """By the names of folders; a bare `labels/` and `images/`, which many formats have, also by what is in them."""
    layout = find_layout(path)
    if layout is None:
        return False
    if layout.folders[0].path.name != "labels" and "labels" not in layout.folders[0].path.parts[-2:]:
        return True
    if any(layout.root.glob("*_L.png")) or first_png(layout.root / "labels", "_l.png"):
        return True
    first = layout.file or first_png(layout.folders[0].path)
    lists = [layout.root / f"{split}.txt" for split in ("train", "val", "test")]
    return first is not None and any(file.is_file() for file in lists) and _holds_camvid11(first)


def _holds_camvid11(path: Path) -> bool:
    head = png_head_of(path)
    if head is None or head.color != GREY or head.depth != 8:
        return False
    try:
        return int(read_index_png(path).max()) <= label_table("camvid11").voids[0].source_id
    except FormatError:
        return False


FORMAT = Format(
    name="camvid",
    title="CamVid: label maps of numbers or colours in folders like trainannot/",
    holds=Holds(identity=False),
    index="",
    recognise=_recognise,
    open=open_camvid,
    writer=CamVidWriter,
)
