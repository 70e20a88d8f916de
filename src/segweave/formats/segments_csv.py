"""`segments.csv`: one row a segment, for spreadsheets."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from segweave.files import replacing
from segweave.segmentation import Instances, Segmentation


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment; the fields are the columns, in this order.

    segment: counts from 1, the id in the image's id PNG. area_px: pixels. area_share: of the image, 0..1, six
    decimals. box: (top, left, bottom, right) px, half-open.
    """

    image: str
    segment: int
    label: str
    is_thing: bool
    score: float | None
    area_px: int
    area_share: float
    box: tuple[int, int, int, int]


def segment_rows(image_name: str, result: Segmentation | Instances) -> list[SegmentRow]:
    """The rows of one image.

    >>> import numpy as np
    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> seg = Segmentation(np.array([[0, 1, 1]]), (Segment(label=0),), labels)
    >>> segment_rows("a.jpg", seg)[0].box, segment_rows("a.jpg", seg)[0].area_share
    ((0, 1, 1, 3), 0.666667)
    """
    height, width = result.size
    measured = zip(result.segments, result.areas().tolist(), result.boxes().tolist(), strict=True)
    return [
        SegmentRow(
            image=image_name,
            segment=k,
            label=result.labels[segment.label].name,
            is_thing=result.labels[segment.label].is_thing,
            score=None if segment.score is None else float(segment.score),
            area_px=area,
            area_share=round(area / (height * width), 6),
            box=tuple(box),
        )
        for k, (segment, area, box) in enumerate(measured, start=1)
    ]


def save_segments(path: str | Path, rows: Iterable[SegmentRow]) -> None:
    """Write the rows as UTF-8 CSV with a header line, as a whole or not at all.

    is_thing is 0 or 1, a missing score is empty, the box is "top left bottom right".
    """
    # backslashreplace: a file name may hold bytes that are no Unicode
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in fields(SegmentRow)])
        for row in rows:
            image, segment, label, is_thing, score, area, share, box = astuple(row)
            shown = ("" if score is None else f"{score:.6g}", area, f"{share:.6f}", " ".join(map(str, box)))
            writer.writerow([image, segment, label, int(is_thing), *shown])
