"""An 8-bit RGB PNG file from rows that are filtered already (PNG specification, third edition, §5 and §9).

Pillow tries five filters on every row, which takes longer than compressing them. We know what our pictures look like.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
UNFILTERED, UP = 0, 2  # filter types, §9.2


def encode_rgb(rows: NDArray[np.uint8], *, strategy: int, software: bytes | None = None) -> bytes:
    """The file's bytes.

    rows: (H, 1 + 3 W) uint8, C order: each row's filter type, then its filtered bytes. strategy: zlib's, e.g.
    `zlib.Z_RLE`. software: goes into the file as the text "Software".
    """
    height, width = rows.shape[0], rows.shape[1] // 3
    compressor = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    parts = [
        SIGNATURE,
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        _chunk(b"tEXt", b"Software\0" + software) if software else b"",
        _chunk(b"IDAT", compressor.compress(rows.data) + compressor.flush()),
        _chunk(b"IEND", b""),
    ]
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
