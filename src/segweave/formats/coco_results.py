"""COCO results: a JSON list of detections with scores and RLE masks (https://cocodataset.org/#format-results)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from segweave.errors import FormatError
from segweave.files import replacing
from segweave.formats.coco_categories import category_ids
from segweave.segmentation import Instances


class RleEntry(TypedDict):
    """A mask. size: [height, width] px. counts: COCO's compressed run lengths."""

    size: list[int]
    counts: str


class ResultEntry(TypedDict):
    """One detection. bbox: [x, y, width, height] px."""

    image_id: int | str
    category_id: int
    segmentation: RleEntry
    bbox: list[int]
    score: float


def result_entries(image_id: int | str, instances: Instances) -> list[ResultEntry]:
    """The detections of one image. The format cannot hold crowd flags, tracks and source ids.

    Category ids are those of the data set where the label set ships, else 1..n. Raises `FormatError` for an instance
    without a score, which the format demands.

    >>> import numpy as np
    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Rle, Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> mask = Rle.from_mask(np.array([[0, 1], [0, 1]]))
    >>> result_entries(7, Instances((2, 2), (mask,), (Segment(label=0, score=0.5),), labels))[0]["bbox"]
    [1, 0, 1, 2]
    """
    numbers = category_ids(instances.labels)
    rows: list[ResultEntry] = []
    for k, (segment, mask) in enumerate(zip(instances.segments, instances.masks, strict=True)):
        if segment.score is None:
            raise FormatError(f"image {image_id!r}: instance {k} has no score; COCO results need one each")
        top, left, bottom, right = mask.box()
        rows.append(
            {
                "image_id": image_id,
                "category_id": numbers[segment.label],
                "segmentation": {"size": list(mask.size), "counts": mask.counts.decode("ascii")},
                "bbox": [left, top, right - left, bottom - top],
                "score": float(segment.score),
            }
        )
    return rows


def save_results(path: str | Path, entries: Sequence[ResultEntry]) -> None:
    """Write the detections of all images, as a whole or not at all; `OutputError` when that cannot be."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(list(entries)) + "\n", encoding="ascii")
