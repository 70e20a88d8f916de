"""The id PNG of COCO panoptic files: one 24-bit id a pixel, id = R + 256 G + 65536 B, 0 = void."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, InvalidSegmentation
from segweave.files import replacing
from segweave.formats.images import MAX_PIXELS
from segweave.formats.png import SIGNATURE, UNFILTERED, encode_rgb

LARGEST_ID = (1 << 24) - 1
_OWN_MARK = b"tEXtSoftware\0segweave"
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
    rows = np.full((height, 1 + 3 * width), UNFILTERED, np.uint8)
    rows[:, 1::3] = ids if high < 256 else ids & 255
    if high > 255:
        rows[:, 2::3] = ids >> 8 & 255
    if high > 65535:
        rows[:, 3::3] = ids >> 16
    content = encode_rgb(rows, strategy=zlib.Z_DEFAULT_STRATEGY, software=b"segweave")
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_id_png(path: str | Path) -> NDArray[np.int32]:
    """Read an RGB PNG as (H, W) int32 ids. Anything else, or a broken file, raises `FormatError` in one line."""
    import kornia_rs

    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise FormatError(f"{path}: there is no such file; expected an id PNG") from None
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    height, width = _rgb_size(path, data)
    try:
        # Checks lengths and checksums; 4 times as fast as Pillow (0.4 ms against 1.6 ms at 640x480).
        rgb = kornia_rs.io.decode_image_png_u8(data, (height, width), "rgb")
    except Exception as error:  # kornia_rs raises bare `Exception`
        raise FormatError(f"{path}: is cut off or broken: {' '.join(str(error).split())}") from None
    quads = np.zeros((height, width, 4), np.uint8)
    for channel in range(3):
        quads[..., channel] = rgb[..., channel]
    return quads.view("<i4")[..., 0].astype(np.int32, copy=False)


def is_own_id_png(path: str | Path) -> bool:
    """Did `write_id_png` write this file? Looks at its first bytes only; False for what cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(64)[_MARK_PLACE:].startswith(_OWN_MARK)
    except OSError:
        return False


def _rgb_size(path: str | Path, data: bytes) -> tuple[int, int]:
    """(height, width) of an 8-bit RGB PNG, from its header (PNG specification §11.2.1)."""
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise FormatError(f"{path}: starts with {data[:8]!r} ({len(data)} bytes); expected an RGB PNG with ids")
    width, height, depth, color = struct.unpack(">IIBB", data[16:26])
    if (depth, color) != (8, 2):
        kinds = {0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGBA"}
        raise FormatError(
            f"{path}: is a {depth}-bit {kinds.get(color, 'unknown')} PNG; expected 8-bit RGB (id = R + 256 G + 65536 B)"
        )
    if not 0 < width * height <= MAX_PIXELS:
        raise FormatError(f"{path}: has {height} x {width} pixels; expected 1 to {MAX_PIXELS:,}")
    return height, width
