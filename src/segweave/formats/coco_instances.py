"""COCO instances, writing: one JSON file with a mask for each object (`coco_instances_reader.py` reads it).

Format: https://cocodataset.org/#format-data, "Object Detection". Masks are compressed run lengths, which are exact.
Beside COCO's fields we write `score`, `track` and `source_id` into an annotation where it has one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NotRequired, TypedDict

from segweave.files import replacing
from segweave.formats.coco_categories import CategoryEntry, category_entries, category_ids
from segweave.formats.coco_files import OWN_DESCRIPTION
from segweave.formats.coco_panoptic import ImageEntry, InfoEntry, check_image_ids, image_entry
from segweave.formats.coco_results import RleEntry
from segweave.formats.dataset import Note, Sample
from segweave.labels import LabelSet
from segweave.segmentation import Instances


class InstanceEntry(TypedDict):
    """One annotation. id: unique in the file, from 1. area: px. bbox: [x, y, width, height] px."""

    id: int
    image_id: int | str
    category_id: int
    segmentation: RleEntry
    area: int
    bbox: list[int]
    iscrowd: int
    score: NotRequired[float]
    track: NotRequired[int]
    source_id: NotRequired[int | str]


class InstancesIndex(TypedDict):
    """The JSON file as a whole."""

    info: InfoEntry
    images: list[ImageEntry]
    annotations: list[InstanceEntry]
    categories: list[CategoryEntry]


def instance_entries(image_id: int | str, instances: Instances) -> list[InstanceEntry]:
    """The annotations of one image, numbered from 1 in their order.

    >>> import numpy as np
    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Rle, Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> mask = Rle.from_mask(np.array([[0, 1], [0, 1]]))
    >>> instance_entries(7, Instances((2, 2), (mask,), (Segment(label=0, crowd=True),), labels))[0]["bbox"]
    [1, 0, 1, 2]
    """
    numbers = category_ids(instances.labels)
    rows: list[InstanceEntry] = []
    for k, (segment, mask) in enumerate(zip(instances.segments, instances.masks, strict=True), start=1):
        top, left, bottom, right = mask.box()
        row: InstanceEntry = {
            "id": k,
            "image_id": image_id,
            "category_id": numbers[segment.label],
            "segmentation": {"size": list(mask.size), "counts": mask.counts.decode("ascii")},
            "area": mask.area(),
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": int(segment.crowd),
        }
        if segment.score is not None:
            row["score"] = segment.score
        if segment.track is not None:
            row["track"] = segment.track
        if segment.source_id is not None:
            row["source_id"] = segment.source_id
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class InstancesWriter:
    """Writes `json_path`; photographs go to `images/` beside it."""

    json_path: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `images/`, under its own name."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """The image's entries as JSON, for `finish`; no loss."""
        assert isinstance(sample.truth, Instances)
        image = image_entry(sample.image_id, sample.image_name, sample.size)
        return json.dumps([image, instance_entries(sample.image_id, sample.truth)]), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the JSON; `FormatError` where two images have the same id."""
        images: list[ImageEntry] = []
        annotations: list[InstanceEntry] = []
        for piece in pieces:
            image, rows = json.loads(piece)
            images.append(image)
            annotations += rows
        check_image_ids(images, self.json_path)
        for number, row in enumerate(annotations, start=1):
            row["id"] = number
        index: InstancesIndex = {
            "info": {"description": OWN_DESCRIPTION, "label_set": self.labels.name},
            "images": images,
            "annotations": annotations,
            "categories": category_entries(self.labels),
        }
        with replacing(self.json_path) as temporary:
            temporary.write_text(json.dumps(index) + "\n", encoding="ascii")
