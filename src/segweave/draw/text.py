"""Text as pictures of its letters: the font that ships with segweave, and masks drawn with it."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segweave.draw.oklab import Rgb
from segweave.labels import Color

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FONT_FILE = "NotoSansCJKjp-Bold-subset.otf"

WHITE, BLACK = (255, 255, 255), (16, 16, 20)


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """A line of text as masks, cut to the ink.

    ink, halo: (h, w) uint8, 0..255 coverage by the letters, and by the letters grown by the stroke.
    """

    ink: NDArray[np.uint8]
    halo: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) px."""
        return self.ink.shape


@lru_cache(maxsize=64)
def font(size: int) -> "FreeTypeFont":
    """The font that ships with segweave, with Latin, Japanese and Korean letters, `size` px to the em.

    >>> font(16).size
    16
    """
    from PIL import ImageFont

    file = resources.files("segweave.draw") / "fonts" / FONT_FILE
    # Without its layout tables the font needs no shaping; the plain engine is faster and the same on every machine.
    source = str(file) if isinstance(file, Path) else BytesIO(file.read_bytes())
    return ImageFont.truetype(source, size, layout_engine=ImageFont.Layout.BASIC)


def stroke_width(size: int) -> int:
    """Px of stroke around letters of `size` px that lie on a photograph."""
    return max(1, round(size / 13))


@lru_cache(maxsize=4096)
def extent(text: str, size: int, stroke: int) -> tuple[int, int]:
    """(height, width) px of the ink of `text`, stroke included; at least 1 x 1."""
    left, top, right, bottom = font(size).getbbox(text, stroke_width=stroke)
    return max(1, int(bottom) - int(top)), max(1, int(right) - int(left))


@lru_cache(maxsize=4096)
def ink_top(text: str, size: int) -> int:
    """Px from the top of the line to the top of the ink: what keeps texts of different heights on one baseline."""
    return int(font(size).getbbox(text)[1])


@lru_cache(maxsize=512)
def letters(text: str, size: int, stroke: int) -> Letters:
    """`text` drawn in `size` px."""
    from PIL import Image, ImageDraw

    left, top, _, _ = font(size).getbbox(text, stroke_width=stroke)
    height, width = extent(text, size, stroke)
    masks = []
    for grown in (0, stroke):
        image = Image.new("L", (width, height))
        ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=font(size), stroke_width=grown)
        mask = np.asarray(image).copy()
        mask.setflags(write=False)
        masks.append(mask)
    return Letters(*masks)


def shortened(text: str, size: int, width: int) -> str:
    """`text`, or as much of it as fits `width` px, with an ellipsis."""
    if extent(text, size, 0)[1] <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if extent(text[:middle] + "…", size, 0)[1] <= width else (low, middle - 1)
    return text[:low].rstrip() + "…"


def draw_on_photo(canvas: Rgb, place: tuple[int, int], drawn: Letters) -> None:
    """Draw with a stroke: white letters on dark ground, black ones on bright ground. place: (top, left)."""
    top, left = place
    height, width = drawn.size
    window = canvas[top : top + height, left : left + width]
    # BT.601 luma of the mean colour; black letters only where white ones would need their stroke to be seen at all
    bright = float(window.reshape(-1, 3).mean(axis=0) @ (0.299, 0.587, 0.114)) > 165
    _mix(window, drawn.halo, WHITE if bright else BLACK)
    _mix(window, drawn.ink, BLACK if bright else WHITE)


def draw_plain(canvas: Rgb, place: tuple[int, int], drawn: Letters, *, color: Color) -> None:
    """Draw without a stroke, cut off at the canvas. place: (top, left)."""
    top, left = place
    height = min(drawn.size[0], canvas.shape[0] - top)
    width = min(drawn.size[1], canvas.shape[1] - left)
    if height > 0 and width > 0:
        _mix(canvas[top : top + height, left : left + width], drawn.ink[:height, :width], color)


def _mix(window: Rgb, mask: NDArray[np.uint8], color: Color) -> None:
    share = mask.astype(np.uint16)[..., None]
    mixed = window * (255 - share) + np.array(color, np.uint16) * share
    window[...] = (mixed + 127) // 255
