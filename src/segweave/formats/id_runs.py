"""An id PNG as runs of equal ids: what counting needs of it, and much less than its pixels.

Ids are flat areas, so nearly all bytes of a filtered PNG are 0. They are decompressed to those that are not
(`inflate/kernels.py`), and the filters are undone run by run, not pixel by pixel: 2 to 4 times as fast as a decoder of
pixels on the files that Pillow and libpng write, where undoing the filter "Paeth" takes longest. Whatever is unusual
about a file, or wrong, is left to such a decoder.
"""

import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.formats.id_png import decode_rgb_png, has_own_mark, read_rgb_file
from segweave.formats.png import SIGNATURE, PngHead

_PADDING = 64  # bytes behind the stream, as `inflate_sparse` reads ahead
_SHARE, _FEW = 32, 1 << 12  # where more than one byte in 32 is not 0, decoding pixels is quicker
_HARMLESS = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"bKGD", b"eXIf")


@dataclass(frozen=True, slots=True, eq=False)
class IdRuns:
    """size: (height, width) px. start: (k,) int32 the first pixel of each run, in reading order; ids: (k,) int32.

    Runs beside each other may have one id: some readers end every run with its row.
    """

    size: tuple[int, int]
    start: NDArray[np.int32]
    ids: NDArray[np.int32]


def read_id_runs(path: str | Path) -> IdRuns:
    """Read an RGB PNG as runs. Anything else, or a broken file, raises `FormatError` in one line.

    >>> import tempfile
    >>> from segweave.formats import write_id_png
    >>> path = Path(tempfile.mkdtemp()) / "ids.png"
    >>> write_id_png(path, np.array([[7, 7, 7, 0, 70000]]))
    >>> runs = read_id_runs(path)
    >>> runs.start.tolist(), runs.ids.tolist()
    ([0, 3, 4], [7, 0, 70000])
    """
    data, head = read_rgb_file(path)
    runs = None if has_own_mark(data) else _sparse_runs(data, head)  # ours have no filters, so few zeros
    if runs is not None:
        return runs
    from segweave.formats.kernels import runs_of_pixels

    flat = np.ascontiguousarray(decode_rgb_png(data, head, path)).reshape(-1)
    start, ids = (np.empty(flat.size // 3, np.int32) for _ in range(2))
    n = runs_of_pixels(flat, start, ids)
    return IdRuns(head.size, start[:n].copy(), ids[:n].copy())


def _sparse_runs(data: bytes, head: PngHead) -> IdRuns | None:
    """Runs without pixels; None for a file that is not as it usually is."""
    stream = _compressed(data)
    height, width = head.size
    total = height * (1 + 3 * width)
    if stream is None or total >= 1 << 31 or sys.byteorder != "little":
        return None
    from segweave.formats.inflate.kernels import inflate_sparse
    from segweave.formats.kernels import runs_of_rows

    padded = np.zeros(len(stream) + _PADDING, np.uint8)
    padded[: len(stream)] = np.frombuffer(stream, np.uint8)
    words = np.ndarray((len(stream) + _PADDING - 8,), np.uint64, padded, strides=(1,))
    room = max(total // _SHARE, _FEW)
    place, value = np.empty(room, np.int32), np.empty(room, np.uint8)
    used = inflate_sparse(words, len(stream), total, place, value)
    if used < 0:
        return None
    start, ids = (np.empty(height * width, np.int32) for _ in range(2))
    n = runs_of_rows(place[:used], value[:used], head.size, start, ids)
    return IdRuns(head.size, start[:n].copy(), ids[:n].copy()) if n else None


def _compressed(data: bytes) -> bytes | None:
    """The zlib stream of a PNG whose chunks are whole; None where they are not, or may change what pixels mean."""
    if data[26:29] != b"\0\0\0":  # compression and filter methods, and whether rows are interlaced (§11.2.1)
        return None
    parts: list[bytes] = []
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if data[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(body, zlib.crc32(kind))):
            return None
        if kind == b"IEND":
            stream = b"".join(parts)
            return stream if _is_zlib(stream) else None
        if kind == b"IDAT":
            parts.append(body)
        elif kind != b"IHDR" and kind not in _HARMLESS:
            return None
        at += 12 + length
    return None


def _is_zlib(stream: bytes) -> bool:
    """RFC 1950, §2.2: deflate, no preset dictionary, and the sum of the header."""
    return len(stream) > 2 and stream[0] & 15 == 8 and not stream[1] & 32 and (stream[0] << 8 | stream[1]) % 31 == 0
