"""COCO panoptic: one id PNG an image, and one JSON file that says what each id is.

Format: https://cocodataset.org/#format-data, "Panoptic Segmentation". Beside its fields we write `score`, `track` and
`source_id` into a segment where it has one, and what wrote the file into `info`.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.coco_categories import CategoryEntry, category_entries, category_ids
from segweave.formats.dataset import Dataset, Note, Sample
from segweave.formats.id_png import write_id_png
from segweave.formats.names import free_name, inner_path
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Segmentation, instances_to_panoptic


class SegmentEntry(TypedDict):
    """One segment. id: its value in the PNG. area: px. bbox: [x, y, width, height] px."""

    id: int
    category_id: int
    area: int
    bbox: list[int]
    iscrowd: int
    score: NotRequired[float]
    track: NotRequired[int]
    source_id: NotRequired[int | str]


class ImageEntry(TypedDict):
    """One image."""

    id: int | str
    file_name: str
    height: int
    width: int


class AnnotationEntry(TypedDict):
    """What is in one image. file_name: the id PNG."""

    image_id: int | str
    file_name: str
    segments_info: list[SegmentEntry]


class InfoEntry(TypedDict):
    """What wrote the file, and the name of its label set."""

    description: str
    label_set: str


class PanopticIndex(TypedDict):
    """The JSON file as a whole."""

    info: InfoEntry
    images: list[ImageEntry]
    annotations: list[AnnotationEntry]
    categories: list[CategoryEntry]


OWN_DESCRIPTION = "written by segweave"


def image_entry(image_id: int | str, file_name: str, size: tuple[int, int]) -> ImageEntry:
    """The entry of one image; size: (height, width) px."""
    return {"id": image_id, "file_name": file_name, "height": size[0], "width": size[1]}


def annotation_entry(image_id: int | str, png_name: str, seg: Segmentation) -> AnnotationEntry:
    """The entry of one image's segments. A segment's id is its position + 1: write `seg.ids` as the PNG.

    >>> import numpy as np
    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> seg = Segmentation(np.array([[0, 1, 1]]), (Segment(label=0, score=0.5),), labels)
    >>> annotation_entry(7, "7.png", seg)["segments_info"]
    [{'id': 1, 'category_id': 1, 'area': 2, 'bbox': [1, 0, 2, 1], 'iscrowd': 0, 'score': 0.5}]
    """
    numbers = category_ids(seg.labels)
    rows: list[SegmentEntry] = []
    for k, (segment, area, box) in enumerate(
        zip(seg.segments, seg.areas().tolist(), seg.boxes().tolist(), strict=True), start=1
    ):
        top, left, bottom, right = box
        row: SegmentEntry = {
            "id": k,
            "category_id": numbers[segment.label],
            "area": area,
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": int(segment.crowd),
        }
        if segment.score is not None:
            row["score"] = float(segment.score)
        if segment.track is not None:
            row["track"] = int(segment.track)
        if segment.source_id is not None:
            row["source_id"] = segment.source_id
        rows.append(row)
    return {"image_id": image_id, "file_name": png_name, "segments_info": rows}


def save_index(
    path: str | Path, *, images: Sequence[ImageEntry], annotations: Sequence[AnnotationEntry], labels: LabelSet
) -> None:
    """Write the JSON file, as a whole or not at all; `OutputError` when it cannot be written.

    Category ids are those of the data set where the label set ships, else 1..n in label order.
    """
    index: PanopticIndex = {
        "info": {"description": OWN_DESCRIPTION, "label_set": labels.name},
        "images": list(images),
        "annotations": list(annotations),
        "categories": category_entries(labels),
    }
    # ASCII, because a file name may hold bytes that are no Unicode
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(index) + "\n", encoding="ascii")


def save_coco_panoptic(samples: Dataset | Iterable[Sample], json_path: str | Path) -> tuple[Note, ...]:
    """Write samples as `json_path` and id PNGs in the folder called like it without `.json`; returns what was lost.

    The JSON comes last, so an interrupted run leaves no index of half the data. Photographs are not copied. Lost:
    pixels of `Instances` that others hide, and which stuff mask of a label is which. Raises `FormatError` for two
    images with one id, for samples of different label sets, and for an image name that leaves the folder.
    """
    json_path = Path(json_path)
    folder = make_folder(_png_folder(json_path))
    labels = samples.labels if isinstance(samples, Dataset) else None
    images: dict[int | str, ImageEntry] = {}
    annotations: list[AnnotationEntry] = []
    notes: list[Note] = []
    taken: set[str] = set()
    for sample in samples:
        labels = sample.truth.labels if labels is None else labels
        if sample.truth.labels != labels:
            raise FormatError(f"{json_path}: image {sample.image_id!r} has other labels than the images before it")
        if sample.image_id in images:
            raise FormatError(f"{json_path}: two images have the id {sample.image_id!r}; ids must be unique")
        seg, lost = _panoptic(sample, json_path)
        notes += lost
        name = _image_name(sample, json_path)
        png_name = free_name(Path(name).with_suffix("").as_posix(), taken) + ".png"
        make_folder((folder / png_name).parent)
        write_id_png(folder / png_name, seg.ids)
        images[sample.image_id] = image_entry(sample.image_id, name, seg.size)
        annotations.append(annotation_entry(sample.image_id, png_name, seg))
    all_labels = LabelSet("none", ()) if labels is None else labels
    save_index(json_path, images=list(images.values()), annotations=annotations, labels=all_labels)
    return tuple(notes)


def _png_folder(json_path: Path) -> Path:
    if json_path.suffix.lower() != ".json":
        raise FormatError(f"{json_path}: expected a name that ends in .json; the PNGs go into a folder of that name")
    return json_path.with_suffix("")


def _image_name(sample: Sample, json_path: Path) -> str:
    name = sample.image_name or (sample.image_path.name if sample.image_path else str(sample.image_id))
    return inner_path(name, f"{json_path}: image {sample.image_id!r}").as_posix()


def _panoptic(sample: Sample, json_path: Path) -> tuple[Segmentation, list[Note]]:
    if not isinstance(sample.truth, Instances):
        return sample.truth, []
    seg = instances_to_panoptic(sample.truth)
    hidden = int(sample.truth.areas().sum() - seg.areas().sum())
    before, after = len(sample.truth), len(seg)
    if not hidden and before == after:
        return seg, []
    reason = f"{hidden} pixels of masks hidden by others dropped; {before} masks became {after} segments"
    return seg, [Note(json_path, f"image {sample.image_id!r}", reason)]
