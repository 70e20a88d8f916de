"""What Pillow does with images of many megapixels, without the memory it would take by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_LARGE = 16_000_000  # pixels
_BAND = 4_000_000  # pixels
_BLOCK = 64 << 20  # bytes; glibc keeps nothing as large


@contextmanager
def large_blocks(size: tuple[int, int]) -> Iterator[None]:
    """Inside the block Pillow takes the memory for a large image in pieces that go back to the system when they are
    freed; smaller ones stay with the process, hundreds of megabytes of them. size: (width, height) px."""
    core = cast(Any, Image).core
    before = core.get_block_size()
    if size[0] * size[1] > _LARGE:
        core.set_block_size(_BLOCK)
    try:
        yield
    finally:
        core.set_block_size(before)


def pixels_of(rgb: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of an RGB image; of a large one band by band, for Pillow makes copies on the way."""
    if rgb.width * rgb.height <= _LARGE:
        return np.asarray(rgb)
    pixels = np.empty((rgb.height, rgb.width, 3), np.uint8)
    step = max(1, _BAND // rgb.width)
    for top in range(0, rgb.height, step):
        pixels[top : top + step] = np.asarray(rgb.crop((0, top, rgb.width, min(top + step, rgb.height))))
    return pixels
