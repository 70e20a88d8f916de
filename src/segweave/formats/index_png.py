"""PNGs whose pixels are numbers, not colours: label ids, palette indices, codes of label and instance."""

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, InvalidSegmentation
from segweave.files import replacing
from segweave.formats.png import GREY, PALETTE, RGB, RGBA, PngHead, decode_png, encode_indices, read_png
from segweave.labels import Color

# What Pillow raises for a broken PNG, as in images.py.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, struct.error, zlib.error, LookupError, TypeError)
_SCALES = {2: 85, 4: 17}
"""Pillow spreads grey of 2 and 4 bits over 0..255."""


def read_index_png(path: str | Path) -> NDArray[np.int32]:
    """Read a grey PNG of 1 to 16 bits, or a palette PNG by its indices, as (H, W) int32 numbers.

    Numbers come as they stand in the file: never by colour, never scaled, never cut to 8 bits. A colour PNG, another
    kind of file or a broken one raises `FormatError` in one line.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ids.png"
    >>> write_index_png(path, np.array([[7, 26001]]))
    >>> read_index_png(path).tolist()
    [[7, 26001]]
    """
    data, head = read_png(path, expected="a PNG whose pixels are numbers")
    return decode_index_png(data, head, str(path))


def decode_index_png(data: bytes, head: PngHead, where: str) -> NDArray[np.int32]:
    """`read_index_png` for a PNG in memory; where: begins the message of an error."""
    if head.color not in (GREY, PALETTE):
        raise FormatError(f"{where}: is a {head}; expected a grey or palette PNG, whose pixels are numbers")
    if head.color == GREY and head.depth in (8, 16):
        return decode_png(data, head, where)[..., 0].astype(np.int32)
    numbers = _decode_with_pillow(data, where, colors=False)
    if head.color == GREY and head.depth in _SCALES:
        numbers = numbers // _SCALES[head.depth]
    return numbers.astype(np.int32)


def read_color_png(path: str | Path) -> NDArray[np.uint8]:
    """Read an 8-bit RGB, RGBA or palette PNG as (H, W, 3) or (H, W, 4) uint8, for label maps by colour.

    A palette is looked up here. Anything else or a broken file raises `FormatError` in one line.
    """
    data, head = read_png(path, expected="a colour PNG")
    if head.color not in (RGB, RGBA, PALETTE) or head.depth > 8:
        raise FormatError(f"{path}: is a {head}; expected an 8-bit RGB, RGBA or palette PNG")
    return _decode_with_pillow(data, str(path), colors=True).astype(np.uint8, copy=False)


def write_index_png(path: str | Path, numbers: NDArray[Any], *, palette: Sequence[Color] | None = None) -> None:
    """Write an (H, W) map of numbers as a grey PNG of 8 bits (up to 255) or 16 bits (up to 65535), exact.

    palette: colours of 0, 1, ... to look at, at most 256; the pixels remain indices. Raises `InvalidSegmentation` for
    numbers that do not fit, `OutputError` when the file cannot be written.
    """
    numbers = np.asarray(numbers)
    if numbers.ndim != 2 or numbers.dtype.kind not in "iu" or not numbers.size:
        raise InvalidSegmentation(f"expected (H, W) integers, at least 1 x 1; found {numbers.dtype} {numbers.shape}")
    low, high = int(numbers.min()), int(numbers.max())
    limit = 65535 if palette is None else len(palette) - 1
    if low < 0 or high > limit:
        raise InvalidSegmentation(f"this index PNG holds 0..{limit}; found {low}..{high}")
    content = encode_indices(numbers.astype(np.uint8 if high < 256 else np.uint16), palette=palette)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _decode_with_pillow(data: bytes, where: str, *, colors: bool) -> NDArray[Any]:
    # not `Image.open`: its limit for large images is a global of the whole program; `png_head` has checked ours
    from PIL.PngImagePlugin import PngImageFile

    try:
        image = PngImageFile(io.BytesIO(data))
        image.load()
        return np.asarray(image.convert("RGB") if colors and image.mode == "P" else image)
    except _BROKEN as error:
        raise FormatError(f"{where}: is cut off or broken: {' '.join(str(error).split())}") from None
