"""What a shape of labelme covers, to the pixel: labelme's own rule, which is that of Pillow's `ImageDraw`.

labelme cuts coordinates to whole pixels and paints the pixels on the outline too (labelme/utils/shape.py,
`shape_to_mask`, with outline=1, fill=1). A `mask` shape is a PNG laid on the image at its first point.
"""

import base64
import binascii
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.index_png import decode_index_png
from segweave.formats.json_parts import Entry, shown, text
from segweave.formats.outlines import MOST_DRAWN_CORNERS
from segweave.formats.png import png_head
from segweave.formats.shapes import FARTHEST
from segweave.segmentation import Rle

NO_REGIONS = frozenset({"point", "points", "line", "linestrip"})
_FOUR_CORNERS = frozenset({"oriented_rectangle", "rotated_rectangle", "rotation", "quadrilateral"})
"""labelme's and X-AnyLabeling's names for a turned box."""
_WIDEST_CIRCLE = 50_000  # px across; Pillow's whole numbers overflow beyond it
_PNG = "a base64 PNG whose pixels are numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The pixels of one shape within the image. mask: bool, its first pixel at (top, left) of the image; may be empty.

    clipped: the shape reaches out of the image by more than a pixel.
    """

    top: int
    left: int
    mask: NDArray[np.bool_]
    clipped: bool


def shape_kind(shape: Entry, where: str) -> str:
    """The `shape_type`; old files have none, which means a polygon."""
    return text(shape, "shape_type", where) if shape.get("shape_type") is not None else "polygon"


def region(shape: Entry, size: tuple[int, int], where: str) -> Patch | str:
    """The pixels of a shape in an image of this size (height, width), or why it is no region.

    Raises `FormatError` for points that are no numbers within +-`FARTHEST` and for a mask that cannot be read.
    """
    kind = shape_kind(shape, where)
    points = _points(shape, where)
    if kind in NO_REGIONS:
        return f"is a {kind}, which is no region"
    if kind == "mask":
        return _mask(shape, points, size, where)
    if kind == "polygon" and len(points) > 2:
        return _polygon(points, size)
    if kind == "rectangle" and len(points) in (2, 4):
        return _rectangle(points, size) if len(points) == 2 else _polygon(points, size)
    if kind == "circle" and len(points) == 2:
        return _circle(points, size, where)
    if kind in _FOUR_CORNERS and len(points) == 4:
        return _polygon(points, size)
    if kind in _FOUR_CORNERS and len(points) == 3:
        return _polygon(np.concatenate([points, points[:1] + points[2:] - points[1:2]]), size)
    if kind in _FOUR_CORNERS | {"polygon", "rectangle", "circle"}:
        return f"is a {kind} of {len(points)} points, which encloses nothing"
    return f"has the shape type {shown(kind)}, which is not known"


def union(patches: list[Patch], size: tuple[int, int]) -> Rle:
    """All the patches as one mask of the image."""
    height, width = size
    filled = [patch for patch in patches if patch.mask.size]
    if not filled:
        return Rle.from_mask(np.zeros(size, bool))
    left = min(patch.left for patch in filled)
    right = max(patch.left + patch.mask.shape[1] for patch in filled)
    columns = np.zeros((right - left, height), bool).T  # column by column, as RLE goes
    for patch in filled:
        rows, across = patch.mask.shape
        first = patch.left - left
        columns[patch.top : patch.top + rows, first : first + across] |= patch.mask
    return Rle.from_mask(columns).widened(left, width)


def _points(shape: Entry, where: str) -> NDArray[np.float64]:
    """(n, 2) float64 (row, column) px."""
    points = shape.get("points")
    if not isinstance(points, list) or len(points) > MOST_DRAWN_CORNERS:
        found = shown(points) if not isinstance(points, list) else f"{len(points):,} of them"
        raise FormatError(f"{where}: expected a list of up to {MOST_DRAWN_CORNERS:,} 'points'; found {found}")
    if not points:
        return np.zeros((0, 2))
    try:
        pairs = np.array(points)
    except (ValueError, OverflowError):  # lists of different lengths
        pairs = np.zeros(0, object)
    if pairs.dtype.kind not in "iuf" or pairs.ndim != 2 or pairs.shape[1] != 2:
        raise FormatError(f"{where}: expected 'points' to be pairs of numbers [x, y]; found {shown(points)}")
    if not (np.abs(pairs.astype(np.float64)) <= FARTHEST).all():  # NaN is not below either
        raise FormatError(f"{where}: expected coordinates within +-{FARTHEST:g}; found {shown(points)}")
    return pairs[:, ::-1].astype(np.float64)


def _polygon(corners: NDArray[np.float64], size: tuple[int, int]) -> Patch:
    from PIL import Image, ImageDraw

    top, left, bottom, right = _box(corners, size)
    clipped = _reaches_out(corners, size)
    if top == bottom or left == right:
        return Patch(top, left, np.zeros((0, 0), bool), clipped)
    # Only the rows it reaches; the columns keep their number, on which Pillow's rounding depends.
    image = Image.new("L", (right, bottom - top), 0)
    pixels = np.trunc(corners[:, ::-1]).astype(int) - (0, top)
    ImageDraw.Draw(image).polygon(pixels.ravel().tolist(), outline=1, fill=1)
    return Patch(top, left, np.asarray(image).view(bool)[:, left:], clipped)


def _rectangle(corners: NDArray[np.float64], size: tuple[int, int]) -> Patch:
    top, left, bottom, right = _box(corners, size)
    return Patch(top, left, np.ones((bottom - top, right - left), bool), _reaches_out(corners, size))


def _circle(points: NDArray[np.float64], size: tuple[int, int], where: str) -> Patch:
    """points: the centre, and one on the rim."""
    from PIL import Image, ImageDraw

    radius = math.dist(points[0], points[1])
    if 2 * radius > _WIDEST_CIRCLE:
        raise FormatError(f"{where}: is a circle {2 * radius:,.0f} px across; expected at most {_WIDEST_CIRCLE:,}")
    corners = np.stack([points[0] - radius, points[0] + radius])
    top, left, bottom, right = _box(corners, size)
    clipped = _reaches_out(corners, size)
    if top == bottom or left == right:
        return Patch(top, left, np.zeros((0, 0), bool), clipped)
    image = Image.new("L", (right - left, bottom - top), 0)
    (y0, x0), (y1, x1) = (np.trunc(corners) - (top, left)).astype(int).tolist()
    ImageDraw.Draw(image).ellipse((x0, y0, x1, y1), outline=1, fill=1)
    return Patch(top, left, np.asarray(image).view(bool), clipped)


def _mask(shape: Entry, points: NDArray[np.float64], size: tuple[int, int], where: str) -> Patch:
    """A PNG whose box is the two points, both inclusive.

    Boxes with fractions can differ from the PNG by a pixel; then the PNG is laid on the rounded first point, as
    labelme 7 does (examples/utils, `shapes_to_label`).
    """
    if len(points) != 2:
        raise FormatError(f"{where}: expected 2 'points' for a mask, its box; found {len(points)}")
    low, high = np.round(points.min(axis=0)), np.round(points.max(axis=0))
    top, left = low.astype(int).tolist()
    rows, columns = (high - low + 1).astype(int).tolist()
    data = _png(shape, where)
    head = png_head(data, where, expected=_PNG)
    if abs(head.size[0] - rows) > 1 or abs(head.size[1] - columns) > 1:
        raise FormatError(f"{where}: the mask has {head.size} pixels (height, width); its box is {(rows, columns)}")
    if head.size[0] > 2 * size[0] + 2 or head.size[1] > 2 * size[1] + 2:
        raise FormatError(f"{where}: the mask has {head.size} pixels (height, width), the image only {size}")
    mask = decode_index_png(data, head, where) != 0
    bottom, right = top + mask.shape[0], left + mask.shape[1]
    inside = mask[max(-top, 0) : max(size[0] - top, 0), max(-left, 0) : max(size[1] - left, 0)]
    clipped = min(top, left) < -1 or bottom > size[0] + 1 or right > size[1] + 1
    return Patch(max(top, 0), max(left, 0), inside, clipped)


def _png(shape: Entry, where: str) -> bytes:
    encoded = text(shape, "mask", where)
    encoded = encoded.partition(",")[2] if encoded.startswith("data:") else encoded
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(f"{where}: expected 'mask' to be {_PNG}; found {shown(encoded)}: {error}") from None


def _box(corners: NDArray[np.float64], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the pixels from corner to corner, half-open, clipped to the image."""
    top, left = np.clip(np.trunc(corners.min(axis=0)), 0, size).astype(int).tolist()
    bottom, right = np.clip(np.trunc(corners.max(axis=0)) + 1, (top, left), size).astype(int).tolist()
    return top, left, bottom, right


def _reaches_out(corners: NDArray[np.float64], size: tuple[int, int]) -> bool:
    """By more than a pixel: corners on the border of the image are usual."""
    return bool((corners < -1).any() or (corners > np.array(size) + 1).any())
