"""`gtFine/cityscapes_panoptic_<split>.json` and its id PNGs, as createPanopticImgs.py of cityscapesScripts makes them.

They are read where a data set has no instanceIds: ours have none when label * 1000 + n does not fit 16 bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from segweave.errors import FormatError
from segweave.formats.coco_categories import CategoryEntry
from segweave.formats.coco_panoptic import AnnotationEntry, ImageEntry, SegmentEntry
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Note
from segweave.formats.id_png import LARGEST_ID, read_id_png
from segweave.formats.json_parts import Entry, entries, entry_of, flag, load_json, text, whole
from segweave.formats.names import inner_path
from segweave.labels import LabelSet
from segweave.segmentation import Segment, Segmentation

PNG_ENDING = "_gtFine_panoptic.png"
_UNLISTED = "is not in 'segments_info'; its pixels are void"
_EMPTY = "has no pixels in the PNG; dropped"
_FUSED = "is of the same stuff label as another segment; fused with it"
_STUFF_CROWD = "is stuff, which forms no crowds; the flag is dropped"
_ENDINGS = (PNG_ENDING, "_gtCoarse_panoptic.png", "_panoptic.png", ".png")


class PanopticFile(TypedDict):
    """The file of one split."""

    images: list[ImageEntry]
    annotations: list[AnnotationEntry]
    categories: list[CategoryEntry]


@dataclass(frozen=True, slots=True)
class Listed:
    """One image's annotation in a panoptic JSON, not checked yet."""

    json_path: Path
    entry: Entry


def listed_images(root: Path) -> dict[tuple[str, str], Listed]:
    """The annotations of the panoptic JSONs in a folder `gtFine`, by split and the name of the PNG without ending."""
    found: dict[tuple[str, str], Listed] = {}
    for path in sorted(root.glob("*_panoptic_*.json")):
        split = path.stem.partition("_panoptic_")[2]
        if split.lower().endswith("_trainid"):
            continue
        data = entry_of(load_json(path), str(path))
        for k, entry in enumerate(entries(data, "annotations", str(path))):
            name = str(inner_path(entry.get("file_name"), f"{path}: annotations[{k}]"))
            ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
            found[split, name.removesuffix(ending)] = Listed(path, entry)
    return found


def png_key(folder: str, base: str) -> tuple[str, str]:
    """(split, name of the panoptic PNG without its ending), relative to the PNGs of the split.

    The official name is the base alone, which begins with the city, so that no two are alike; else we add folders.

    >>> png_key("val/demo", "demo_000000_000257"), png_key("train/a", "1")
    (('val', 'demo_000000_000257'), ('train', 'a/1'))
    """
    split, _, rest = folder.partition("/")
    return (split, base) if base.split("_")[0] == rest else (split, f"{rest}/{base}" if rest else base)


def read_panoptic(
    listed: Listed, labels: LabelSet, label_of: Mapping[int, int | None], *, place: str
) -> tuple[Segmentation, list[Note]]:
    """The truth of one image; label_of: label index of each category id, None for void; place: names it in notes."""
    file = listed.json_path
    where = f"{file}: {place}"
    name = inner_path(text(listed.entry, "file_name", where), where)
    ids = read_id_png(file.with_suffix("") / name)
    segments, notes = _listed_segments(listed, labels, label_of, place)
    used: set[int] = set()

    def meaning(number: int, pixels: int) -> Segment | None:
        used.add(number)
        if number and number not in segments:
            notes.append(Note(file, f"{place}, id {number}, {pixels:,} px", _UNLISTED, "unlisted-pixels"))
        return segments.get(number)

    truth = from_codes(ids, meaning, labels)
    first: dict[int, int] = {}
    for number, segment in segments.items():
        if number not in used:
            notes.append(Note(file, f"{place}, segment {number}", _EMPTY, "empty-segment"))
            continue
        is_stuff = segment and not labels[segment.label].is_thing
        if segment and is_stuff and first.setdefault(segment.label, number) != number:
            notes.append(Note(file, f"{place}, segment {number}", _FUSED, "stuff-fused"))
    return truth, notes


def _listed_segments(
    listed: Listed, labels: LabelSet, label_of: Mapping[int, int | None], place: str
) -> tuple[dict[int, Segment | None], list[Note]]:
    """The segments of one image by their id in the PNG, None for void."""
    file = listed.json_path
    segments: dict[int, Segment | None] = {}
    notes: list[Note] = []
    for entry in entries(listed.entry, "segments_info", f"{file}: {place}"):
        number = whole(entry, "id", f"{file}: {place}", low=1, high=LARGEST_ID)
        where = f"{file}: {place}, segment {number}"
        if number in segments:
            raise FormatError(f"{where}: is listed twice; ids must be unique in an image")
        category = whole(entry, "category_id", where, low=-1)
        label = label_of.get(category)
        crowd = "iscrowd" in entry and flag(entry, "iscrowd", where)
        if category not in label_of:
            what = f"{place}, segment {number}, category {category}"
            notes.append(Note(file, what, "stands for no label; its pixels are void", "unknown-label"))
        elif crowd and label is not None and not labels[label].is_thing:
            notes.append(Note(file, f"{place}, segment {number}", _STUFF_CROWD, "crowd-on-stuff"))
            crowd = False
        segments[number] = None if label is None else Segment(label=label, crowd=crowd, source_id=number)
    return segments, notes


def panoptic_entry(key: str, seg: Segmentation, *, codes: list[int], numbers: tuple[int, ...]) -> AnnotationEntry:
    """The annotation of one image; codes: the id of each segment in the PNG, numbers: of each label."""
    rows: list[SegmentEntry] = []
    for segment, code, area, box in zip(seg.segments, codes, seg.areas().tolist(), seg.boxes().tolist(), strict=True):
        top, left, bottom, right = box
        rows.append(
            SegmentEntry(
                id=code,
                category_id=numbers[segment.label],
                area=area,
                bbox=[left, top, right - left, bottom - top],
                iscrowd=int(segment.crowd),
            )
        )
    return AnnotationEntry(image_id=key, file_name=key + PNG_ENDING, segments_info=rows)


def panoptic_categories(labels: LabelSet, numbers: tuple[int, ...]) -> list[CategoryEntry]:
    """The `categories` of the file; numbers: the id of each label."""
    return [
        CategoryEntry(
            id=number,
            name=label.name,
            isthing=int(label.is_thing),
            color=list(label.color),
            supercategory="thing" if label.is_thing else "stuff",
        )
        for number, label in zip(numbers, labels, strict=True)
    ]
