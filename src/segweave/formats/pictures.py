"""Pictures that people look at, as PNG files."""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ImageError
from segweave.files import replacing
from segweave.formats.id_png import OWN_SOFTWARE
from segweave.formats.png import UP, encode_indices, encode_rgb


def write_png(path: str | Path, picture: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) uint8 as a PNG, as a whole or not at all; `OutputError` when it cannot be written.

    For speed: half of Pillow's time at its fastest level, files about 15 % larger (docs/results.md).
    """
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise ImageError(f"a picture is (H, W, 3) uint8; found {picture.dtype} of shape {picture.shape}")
    height, width = picture.shape[:2]
    flat = picture.reshape(height, 3 * width)
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = UP  # each byte less the one above it: small numbers in photographs, zeros in legends
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    content = encode_rgb(rows, strategy=zlib.Z_RLE)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_grey(path: str | Path, shares: NDArray[np.uint8]) -> None:
    """Write (H, W) uint8 as a grey PNG that carries the mark "Software: segweave"; errors as `write_png`'s.

    What carries the mark is left out when a folder of images is read.
    """
    shares = np.asarray(shares)
    if shares.ndim != 2 or shares.dtype != np.uint8 or not shares.size:
        raise ImageError(f"a grey picture is (H, W) uint8; found {shares.dtype} of shape {shares.shape}")
    content = encode_indices(shares, palette=None, software=OWN_SOFTWARE)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
