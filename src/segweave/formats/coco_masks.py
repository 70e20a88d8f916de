"""`segmentation` of a COCO annotation as a mask: polygons, compressed and uncompressed run lengths."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, InvalidSegmentation
from segweave.formats.coco_categories import Categories
from segweave.formats.dataset import Note, NoteKind
from segweave.formats.json_parts import Entry, checked_pixels, shown, whole
from segweave.formats.shapes import FARTHEST
from segweave.segmentation import Rle

_LONGEST = 2_000_000
"""px: the way round all polygons of one mask. COCO's rule makes 5 points a pixel, so this bounds the memory."""

Lost = tuple[str, NoteKind]


def read_labelled_mask(
    entry: Entry, categories: Categories, *, size: tuple[int, int], at: tuple[Path, str], notes: list[Note]
) -> tuple[int, Rle] | None:
    """(label index, mask) of one annotation or detection, None where nothing of it can be kept.

    at: (file, place in it). What is lost goes into `notes`; errors as in `read_mask`.
    """
    file, place = at
    where = f"{file}: {place}"
    category = whole(entry, "category_id", where)
    if category not in categories.label_of:
        reason = "its category is not in the label set; dropped"
        notes.append(Note(file, f"{place}, category {category}", reason, "unknown-label"))
        return None
    label = categories.label_of[category]
    if label is None:
        return None
    mask, lost = read_mask(entry.get("segmentation"), size, where)
    notes += [Note(file, place, reason, kind) for reason, kind in lost]
    return None if mask is None else (label, mask)


def read_mask(segmentation: object, size: tuple[int, int], where: str) -> tuple[Rle | None, list[Lost]]:
    """The mask of one annotation, and what could not be kept of it; None where nothing is left.

    segmentation: a list of polygons [x1, y1, x2, y2, ...] px, filled as cocoapi does; or {"size": [height, width],
    "counts": ...} with COCO's compressed text or a list of run lengths, column by column. size: of the image.
    Raises `FormatError` that begins with `where` for what is neither, for broken run lengths, for coordinates that are
    no numbers within +-`FARTHEST`, and for polygons that are longer than 2 million px.
    """
    if isinstance(segmentation, Mapping):
        stated, mask = read_rle(segmentation, where, size)
        if mask is None:
            return None, [
                (f"its mask is {stated[0]} x {stated[1]} (height x width), not of the image's size", "wrong-size")
            ]
        return (mask, []) if mask.area() else (None, [("its mask has no pixel; dropped", "empty-segment")])
    if segmentation is None or segmentation == []:
        return None, [("has no mask or polygon; dropped", "not-a-region")]
    if not isinstance(segmentation, list):
        raise FormatError(
            f"{where}: expected 'segmentation' to be polygons or run lengths; found {shown(segmentation)}"
        )
    parts = [segmentation] if not isinstance(segmentation[0], list) else segmentation
    return _filled(parts, size, where)


def read_rle(
    entry: Mapping[str, object], where: str, size: tuple[int, int] | None
) -> tuple[tuple[int, int], Rle | None]:
    """Run lengths as (their (height, width), mask); no mask where that is not `size`, which None leaves open."""
    stated = entry.get("size")
    numbers = isinstance(stated, list) and len(stated) == 2 and all(type(n) is int for n in stated)
    if not isinstance(stated, list) or not numbers:
        raise FormatError(f"{where}: expected a mask's 'size' to be [height, width]; found {shown(stated)}")
    own = checked_pixels((stated[0], stated[1]), where)
    if size is not None and own != size:
        return own, None
    counts = entry.get("counts")
    try:
        if isinstance(counts, str):
            return own, Rle(own, counts.encode("ascii"))
        if isinstance(counts, list):
            return own, Rle.from_runs(own, counts)
    except (InvalidSegmentation, UnicodeEncodeError) as error:
        raise FormatError(f"{where}: {error}") from None
    raise FormatError(f"{where}: expected 'counts' to be a text or a list of run lengths; found {shown(counts)}")


def _filled(parts: Sequence[object], size: tuple[int, int], where: str) -> tuple[Rle | None, list[Lost]]:
    import hotcoco

    rings: list[list[float]] = []
    lost: dict[Lost, None] = {}
    length = 0.0
    for part in parts:
        corners = _corners(part, where)
        if len(corners) < 3:
            lost["a part has fewer than three corners; dropped", "shape-clipped"] = None
            continue
        # in cocoapi an edge is as long as the larger of its width and height
        length += float(np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum())
        if (corners < -1).any() or (corners > (size[1] + 1, size[0] + 1)).any():
            lost["reaches out of the image; clipped", "shape-clipped"] = None
        rings.append(corners.ravel().tolist())
    if length > _LONGEST:
        raise FormatError(f"{where}: its polygons are {length:.3g} px long; expected at most {_LONGEST:,}")
    if not rings:
        return None, list(lost)
    made = hotcoco.mask.merge([hotcoco.mask.frPoly(ring, *size) for ring in rings])
    mask = Rle(size, made["counts"])
    if mask.area():
        return mask, list(lost)
    return None, [*lost, ("encloses no pixel; dropped", "shape-clipped")]


def _corners(part: object, where: str) -> NDArray[np.float64]:
    """(n, 2) x, y of one polygon."""
    if not isinstance(part, list) or len(part) % 2 or not set(map(type, part)) <= {int, float}:
        raise FormatError(f"{where}: expected a polygon x1, y1, x2, y2, ... of numbers; found {shown(part)}")
    try:
        corners = np.array(part, np.float64).reshape(-1, 2)
    except OverflowError:
        corners = np.array([[math.inf, math.inf]])
    if not (np.abs(corners) <= FARTHEST).all():
        raise FormatError(f"{where}: expected coordinates within +-{FARTHEST:g} px; found {shown(part)}")
    return corners
