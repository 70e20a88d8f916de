"""The RGBA PNG of BDD100K as one number a pixel: `bdd100k.py` says what the channels are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.files import replacing
from segweave.formats.codes import dense_codes
from segweave.formats.index_png import read_color_png
from segweave.formats.label_png import png_head_of
from segweave.formats.png import RGBA

CROWD, IGNORED = 2, 1
LARGEST_ID = 65535

_MOST_OBJECTS = 1 << 17
"""Twice as many as there are ids; an image with more distinct pixels is a photograph."""


@dataclass(frozen=True, slots=True, order=True)
class Object:
    """What the four bytes of a pixel say. number: B * 256 + A. bits: the attributes, G."""

    number: int
    category: int
    bits: int


@dataclass(frozen=True, slots=True)
class Bitmask:
    """ids: (H, W) int32 places in `objects`, all different; areas: pixels of each."""

    ids: NDArray[np.int32]
    objects: tuple[Object, ...]
    areas: tuple[int, ...]


def read_bitmask(path: Path) -> Bitmask:
    """Read an 8-bit RGBA PNG; anything else, or attributes beyond four bits, raises `FormatError` in one line."""
    head = png_head_of(path)
    if head is not None and (head.depth, head.color) != (8, RGBA):
        raise FormatError(f"{path}: is a {head}; expected 8-bit RGBA (category, attributes, id)")
    rgba = np.ascontiguousarray(read_color_png(path))
    ids, values, areas = dense_codes(rgba.view(">u4")[..., 0].astype(np.uint32))
    if len(values) > _MOST_OBJECTS:
        raise FormatError(f"{path}: has {len(values):,} different pixels; expected a bitmask of at most {LARGEST_ID}")
    objects = tuple(Object(v & LARGEST_ID, v >> 24, v >> 16 & 255) for v in values)
    wrong = next((o.bits for o in objects if o.bits > 15), None)
    if wrong is not None:
        raise FormatError(f"{path}: has the attributes (green) {wrong}; expected four bits, 0..15")
    return Bitmask(ids, objects, tuple(areas))


def write_bitmask(path: Path, ids: NDArray[np.int32], objects: Sequence[Object]) -> None:
    """Write an (H, W) map of places in `objects`."""
    from PIL import Image

    rows = [(o.category, o.bits, o.number >> 8, o.number & 255) for o in objects]
    rgba = np.array(rows, np.uint8).take(ids, axis=0)
    with replacing(path) as temporary:
        # Flat areas need no search for the best compression.
        Image.fromarray(rgba).save(temporary, format="PNG", compress_level=1)


def is_bitmask(path: Path, *, empty: bool) -> bool:
    """Has a PNG four channels that make sense as category, attributes and id? empty: may it hold nothing at all?"""
    head = png_head_of(path)
    if head is None or (head.depth, head.color) != (8, RGBA):
        return False
    try:
        objects = read_bitmask(path).objects
    except FormatError:
        return False
    sound = all(o.category or not o.number or o.bits & IGNORED for o in objects)
    return sound and (empty or any(o.category for o in objects))
