"""COCO panoptic: one id PNG an image, and one JSON file that says what each id is.

Format: https://cocodataset.org/#format-data, "Panoptic Segmentation". Beside its fields we write `score`, `track` and
`source_id` into a segment where it has one, and what wrote the file into `info`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NotRequired, TypedDict

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.coco_categories import CategoryEntry, category_entries, category_ids
from segweave.formats.coco_files import OWN_DESCRIPTION
from segweave.formats.dataset import Note, Sample
from segweave.formats.id_png import write_id_png
from segweave.labels import LabelSet
from segweave.segmentation import Segmentation


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


def check_image_ids(images: Sequence[ImageEntry], path: Path) -> None:
    """Raises `FormatError` where two images have the same id, which no COCO file can tell apart."""
    twice = [number for number, n in Counter(image["id"] for image in images).items() if n > 1]
    if twice:
        raise FormatError(f"{path}: several images have the id {twice[0]!r}; ids must be unique")


@dataclass(frozen=True, slots=True)
class PanopticWriter:
    """Writes `json_path` and id PNGs in the folder called like it without `.json`; photographs go to `images/`."""

    json_path: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `images/`, under its own name."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write the id PNG; returns the image's entries as JSON, for `finish`."""
        assert isinstance(sample.truth, Segmentation)
        png = self.json_path.with_suffix("") / f"{name}.png"
        make_folder(png.parent)
        write_id_png(png, sample.truth.ids)
        image = image_entry(sample.image_id, sample.image_name, sample.size)
        return json.dumps([image, annotation_entry(sample.image_id, f"{name}.png", sample.truth)]), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the JSON; `FormatError` where two images have the same id."""
        pairs = [json.loads(piece) for piece in pieces]
        images, annotations = [image for image, _ in pairs], [annotation for _, annotation in pairs]
        check_image_ids(images, self.json_path)
        save_index(self.json_path, images=images, annotations=annotations, labels=self.labels)
