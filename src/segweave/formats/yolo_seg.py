"""YOLO-seg of Ultralytics: one text an image, one line an object: its class number and one polygon.

Format: https://docs.ultralytics.com/datasets/segment/. Coordinates are x y x y ..., relative to the photograph as it is
seen upright. A folder has `data.yaml` (names, and where the images of train, val, test are), `images/` and `labels/`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.dataset import Dataset, ImageName, Note, NoteKind, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.images import image_head
from segweave.formats.label_file import find_label_file
from segweave.formats.photographs import image_stem, make_sample
from segweave.formats.yolo_seg_layout import (
    NAME_LISTS,
    Item,
    has_shapes,
    item_of_text,
    items_with_photographs_in,
    listed_items,
    looks_like_shapes,
    plain_items,
    text_folders,
)
from segweave.formats.yolo_seg_names import (
    Classes,
    classes_of_list,
    classes_of_table,
    classes_of_yaml,
    find_data_yaml,
    is_data_yaml,
    load_yaml,
)
from segweave.formats.yolo_seg_rings import ring_to_rle
from segweave.formats.yolo_seg_writer import YoloSegWriter
from segweave.labels import LabelTable
from segweave.segmentation import Instances, Rle, Segment

_LARGEST = 1 << 28
_PLACES_ABOVE = 4


@dataclass(frozen=True, slots=True)
class _Index:
    """What was found when the data set was opened."""

    classes: Classes
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a text. corners: (n, 2) (row, column) px, None for a box without mask."""

    number: int
    class_number: int
    corners: NDArray[np.float64] | None
    score: float | None


def open_yolo_seg(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a YOLO-seg data set: its folder, its `data.yaml`, or one text; samples are `Instances`, read when asked for.

    An image without a text has nothing in it. Pixels belong to an object when their centre lies inside the polygon by
    the even-odd rule; masks may overlap and keep the order of the file. An odd last number is a score, as Ultralytics
    writes with `save_conf`. Names that are COCO's 80 are the label set `coco`; of others all are taken as things.

    Kept as a `Note`: lines of boxes (dropped), class numbers without a name (dropped), polygons that reach out of the
    image (clipped) or enclose no pixel (dropped), texts without a photograph, missing splits. Raises `FormatError`.
    """
    data_path = _data_yaml(path)
    data = {} if data_path is None else load_yaml(data_path)
    root = path if path.is_dir() else path.parent
    if labels is None and data_path is not None:
        labels = find_label_file(data_path.parent)
    if labels is not None:
        classes = classes_of_table(labels)
    elif data_path is not None:
        name = data_path.stem if data_path.stem != "data" else data_path.absolute().parent.name or "yolo"
        classes = classes_of_yaml(data, data_path, name)
    else:
        classes = _listed_classes(path, root)
    if path.is_file() and path != data_path:
        items, notes = [item_of_text(path, images)], list[Note]()
    elif images is not None:
        items, notes = items_with_photographs_in(images, root)
    else:
        items, notes = plain_items(root) if data_path is None else listed_items(data, data_path)
    index = _Index(classes, tuple(items))
    notes = [*classes.notes, *notes]
    return Dataset(classes.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(items)))


def _data_yaml(path: Path) -> Path | None:
    if path.is_dir():
        return find_data_yaml(path)
    if path.suffix.lower() in (".yaml", ".yml"):
        return path
    above = list(path.parents)[:_PLACES_ABOVE]
    return next((found for folder in above if (found := find_data_yaml(folder)) is not None), None)


def _listed_classes(path: Path, root: Path) -> Classes:
    folders = [root, *text_folders(root)] if path.is_dir() else list(path.parents)[:_PLACES_ABOVE]
    for folder in folders:
        if path.is_file() and (table := find_label_file(folder)) is not None:
            return classes_of_table(table)
        for name in NAME_LISTS:
            if (folder / name).is_file():
                return classes_of_list(folder / name, root.absolute().name or "yolo")
    raise FormatError(
        f"{path}: nothing says what the class numbers mean; expected data.yaml with 'names', or classes.txt with one"
        " name a line; write one, or name the label set (labels=)"
    )


def _name(index: _Index, place: int) -> ImageName:
    name = index.items[place].name
    return ImageName(Path(name).with_suffix("").as_posix(), image_stem(name))


def _load_sample(index: _Index, place: int) -> Sample:
    item = index.items[place]
    size, _ = image_head(item.photograph)
    file = item.text or item.photograph
    image_id = _name(index, place).id
    notes: list[Note] = []
    masks: list[Rle] = []
    segments: list[Segment] = []

    def note(line: _Line, reason: str, kind: NoteKind) -> None:
        place = f"image {image_id!r}, line {line.number}, class {line.class_number}"
        notes.append(Note(file, place, reason, kind))

    for line in _lines(item.text, size) if item.text is not None else ():
        if line.class_number not in index.classes.label_of:
            note(line, "no name says what this class is; dropped", "unknown-label")
            continue
        label = index.classes.label_of[line.class_number]
        if label is None:
            continue
        if line.corners is None:
            note(line, "is a box without a mask; dropped", "not-a-region")
            continue
        mask = ring_to_rle(line.corners, size, f"{file}:{line.number}")
        if _reaches_out(line.corners, size):
            note(line, "reaches out of the image; clipped", "shape-clipped")
        if mask is None:
            note(line, "encloses no pixel's centre; dropped", "shape-clipped")
            continue
        masks.append(mask)
        segments.append(Segment(label=label, score=line.score))
    return make_sample(
        Instances(size, tuple(masks), tuple(segments), index.classes.labels),
        file=file,
        image_path=item.photograph,
        image_id=image_id,
        image_name=item.name,
        notes=notes,
    )


def _lines(path: Path, size: tuple[int, int]) -> Iterator[_Line]:
    try:
        if path.stat().st_size > _LARGEST:
            raise FormatError(f"{path}: has more than {_LARGEST:,} bytes; expected lines of class number and polygon")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise FormatError(f"{path}: is not a text in UTF-8; expected lines of class number and polygon") from None
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _line(line, f"{path}:{number}", number, size)


def _line(line: str, where: str, number: int, size: tuple[int, int]) -> _Line:
    """`class x y x y x y ...`, `class x y x y ... score`, or a box: `class x y width height`, perhaps with a score."""
    fields = line.split()
    try:
        values = np.array(fields, np.float64)
    except ValueError:
        raise FormatError(f"{where}: expected numbers, class x y x y x y ...; found {line[:60]!r}") from None
    class_number, shares = values[0], values[1:]
    if not (class_number >= 0 and class_number == np.floor(class_number) and class_number < 2**31):
        raise FormatError(f"{where}: expected a class number 0, 1, ... first; found {fields[0][:20]!r}")
    if len(shares) < 4:
        raise FormatError(f"{where}: expected a class number and at least 3 corners x y; found {len(shares)} numbers")
    score = None
    if len(shares) % 2:
        score, shares = float(shares[-1]), shares[:-1]
        if not 0 <= score <= 1:
            raise FormatError(f"{where}: expected pairs x y, or a score 0..1 at the end; found {fields[-1][:20]!r}")
    wrong = np.flatnonzero(~((shares >= -1) & (shares <= 2)))  # nan is neither
    if len(wrong):
        found = fields[1 + int(wrong[0])][:20]
        raise FormatError(f"{where}: expected coordinates 0..1, relative to the photograph; found {found!r}")
    if len(shares) == 4:
        return _Line(number, int(class_number), None, score)
    corners = shares.reshape(-1, 2)[:, ::-1] * size
    return _Line(number, int(class_number), corners, score)


def _reaches_out(corners: NDArray[np.float64], size: tuple[int, int]) -> bool:
    """By so much that it could cover a pixel's centre; coordinates are often rounded over the edge."""
    return bool((corners < -0.5).any() or (corners > np.array(size) + 0.5).any())


def _recognise(path: Path) -> bool:
    if path.is_file():
        if path.suffix.lower() != ".txt":
            return is_data_yaml(path)
        among = any(folder.name.startswith("labels") for folder in list(path.parents)[:_PLACES_ABOVE])
        return path.name not in NAME_LISTS and among and looks_like_shapes(path) is not False
    if any(is_data_yaml(file) for pattern in ("*.yaml", "*.yml") for file in path.glob(pattern)):
        return True
    return any(has_shapes(folder) for folder in text_folders(path))


FORMAT = Format(
    name="yolo-seg",
    title="YOLO-seg (Ultralytics): data.yaml, images/ and a text of polygons an image in labels/",
    holds=Holds(overlap=True),
    index="",
    recognise=_recognise,
    open=open_yolo_seg,
    writer=YoloSegWriter,
)
