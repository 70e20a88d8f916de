"""The id PNG of COCO panoptic files: one 24-bit id a pixel, id = R + 256 G + 65536 B, 0 = void."""

import zlib
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, InvalidSegmentation
from segweave.files import replacing
from segweave.formats.png import RGB, SIGNATURE, UNFILTERED, PngHead, bands_of, decode_png, encode_rgb_bands, read_png

LARGEST_ID = (1 << 24) - 1
OWN_SOFTWARE = b"segweave"
_OWN_MARK = b"tEXtSoftware\0" + OWN_SOFTWARE
_MARK_PLACE = len(SIGNATURE) + 25 + 4  # behind the header chunk and the length of the next


def write_id_png(path: str | Path, ids: NDArray[Any]) -> None:
    """Write an (H, W) map of ids 0..2**24 - 1 as an RGB PNG that carries the mark "Software: segweave".

    Raises `InvalidSegmentation` for other values, `OutputError` when the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ids.png"
    >>> write_id_png(path, np.array([[0, 1, 70000]]))
    >>> read_id_png(path).tolist()
    [[0, 1, 70000]]
    """
    ids = np.asarray(ids)
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise InvalidSegmentation(f"an id PNG holds (H, W) integers, at least 1 x 1; found {ids.dtype} {ids.shape}")
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high > LARGEST_ID:
        raise InvalidSegmentation(f"an id PNG holds ids 0..{LARGEST_ID}; found {low}..{high}")
    height, width = ids.shape
    # Ids are flat areas, which deflate finds by itself: no filter. At 640x480 with 30 segments 1.7 ms; Pillow 4.6 ms.
    bands = (_rows(ids[band], high) for band in bands_of((height, width)))
    content = encode_rgb_bands((height, width), bands, strategy=zlib.Z_DEFAULT_STRATEGY, software=OWN_SOFTWARE)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _rows(ids: NDArray[Any], high: int) -> NDArray[np.uint8]:
    """(h, 1 + 3 w) uint8: rows of a PNG. high: the largest id there is."""
    rows = np.full((ids.shape[0], 1 + 3 * ids.shape[1]), UNFILTERED, np.uint8)
    rows[:, 1::3] = ids if high < 256 else ids & 255
    if high > 255:
        rows[:, 2::3] = ids >> 8 & 255
    if high > 65535:
        rows[:, 3::3] = ids >> 16
    return rows


def read_id_png(path: str | Path) -> NDArray[np.int32]:
    """Read an RGB PNG as (H, W) int32 ids. Anything else, or a broken file, raises `FormatError` in one line."""
    rgb = read_rgb_png(path)
    flat = np.ascontiguousarray(rgb).reshape(-1)
    n = flat.size // 3
    ids = np.empty(n, np.int32)
    # Four bytes from every third one on, less the fourth: half the time of putting the channels together.
    words = np.ndarray((n - 1,), "<i4", flat, strides=(3,))
    np.bitwise_and(words, LARGEST_ID, out=ids[:-1])
    red, green, blue = flat[-3:].tolist()  # no fourth byte follows the last pixel
    ids[-1] = red | green << 8 | blue << 16
    return ids.reshape(rgb.shape[:2])


def read_rgb_png(path: str | Path) -> NDArray[np.uint8]:
    """The three channels of an 8-bit RGB PNG, (H, W, 3) uint8; errors as in `read_id_png`."""
    data, head = read_rgb_file(path)
    return decode_rgb_png(data, head, path)


def read_rgb_file(path: str | Path) -> tuple[bytes, PngHead]:
    """The bytes of an 8-bit RGB PNG and its header; `FormatError` for another kind of file."""
    data, head = read_png(path, expected="an RGB PNG with ids")
    if head != PngHead(head.size, 8, RGB):
        raise FormatError(f"{path}: is a {head}; expected 8-bit RGB (id = R + 256 G + 65536 B)")
    return data, head


def decode_rgb_png(data: bytes, head: PngHead, path: str | Path) -> NDArray[np.uint8]:
    """What `read_rgb_file` has read, (H, W, 3) uint8; `FormatError` where it is broken."""
    return cast("NDArray[np.uint8]", decode_png(data, head, str(path)))


def is_own_id_png(path: str | Path) -> bool:
    """Did `write_id_png` or `write_grey` write this file? Looks at its first bytes; False for what cannot be read."""
    try:
        with open(path, "rb") as file:
            return has_own_mark(file.read(64))
    except OSError:
        return False


def has_own_mark(data: bytes) -> bool:
    """The same of the first 64 bytes of a file, or more."""
    return data.startswith(_OWN_MARK, _MARK_PLACE)
