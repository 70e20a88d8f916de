"""Pictures inside a page: made small, as data URIs."""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segweave.report.html import Html, picture

if TYPE_CHECKING:
    from PIL import Image

Rgb = NDArray[np.uint8]

_MOST_BYTES = 55_000  # 12 images of 3 pictures stay under 3 MB as text, 4 characters for 3 bytes
_QUALITIES = (85, 78, 70, 60, 50, 40)
_SMALLER = 0.8


def embedded(pixels: Rgb, *, alt: str, caption: Html) -> Html:
    """A figure that holds its picture. pixels: (H, W, 3) uint8, at least one. alt: plain text."""
    return picture(data_uri(pixels), alt=alt, caption=caption, size=(pixels.shape[0], pixels.shape[1]))


def data_uri(pixels: Rgb) -> str:
    """(H, W, 3) uint8 as a data URI of at most 75 kB: PNG where that is small (flat colours), else JPEG.

    The best quality that fits; a picture that never does is made smaller until it does.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    flat = _png(image)
    if len(flat) <= _MOST_BYTES:
        return _uri(flat, "png")
    while True:
        for quality in _QUALITIES:
            encoded = _jpeg(image, quality)
            if len(encoded) <= _MOST_BYTES:
                return _uri(encoded, "jpeg")
        width, height = (max(1, round(side * _SMALLER)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)


def _png(image: "Image.Image") -> bytes:
    stream = io.BytesIO()
    image.save(stream, "png", optimize=True)
    return stream.getvalue()


def _jpeg(image: "Image.Image", quality: int) -> bytes:
    """Without subsampling, by which thin lines lose their colour; not optimised, as Pillow then fails for noise."""
    stream = io.BytesIO()
    image.save(stream, "jpeg", quality=quality, subsampling=0)
    return stream.getvalue()


def _uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
