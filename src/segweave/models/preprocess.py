"""From a photograph to a network's input. The photograph is stretched, so the way back is the same scaling inverted:
`decode` reads the network's maps at the photograph's pixel centres, and nothing is cropped or padded."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.formats import Photo

Size = tuple[int, int]
"""(height, width) px."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocess:
    """How a network wants its images.

    pixels: about so many pixels (height x width) reach the network, the aspect ratio kept. multiple: both sides are
    multiples of it. mean, std: of red, green, blue on the scale 0..255; the network sees (value - mean) / std.

    >>> street = Preprocess(pixels=384 * 512, multiple=32)
    >>> street.network_size((360, 480)), street.network_size((1080, 1920)), street.network_size((1, 1))
    ((384, 512), (320, 576), (448, 448))
    """

    pixels: int
    multiple: int = 1
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if self.pixels < 1 or self.multiple < 1 or self.pixels < self.multiple**2:
            raise ModelError(f"preprocessing to {self.pixels} px in multiples of {self.multiple} px is not possible")
        if len(self.mean) != 3 or len(self.std) != 3 or not all(s > 0 for s in self.std):
            raise ModelError(f"mean and std need three values each, std > 0; found {self.mean} and {self.std}")

    def network_size(self, image_size: Size) -> Size:
        """(height, width) px of the network's input for a photograph of `image_size`."""
        height, width = image_size
        scale = math.sqrt(self.pixels / (height * width))
        longest = self.pixels // self.multiple  # a thread-like photograph must not become a huge input
        return self._side(min(height * scale, longest)), self._side(min(width * scale, longest))

    def _side(self, length: float) -> int:
        return max(1, round(length / self.multiple)) * self.multiple

    def to_input(self, image: Photo, size: Size) -> NDArray[np.float32]:
        """(1, 3, height, width) float32: the photograph stretched to `size` and normalised."""
        channels = resized(image, size).transpose(2, 0, 1)[None].astype(np.float32)
        mean, std = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (self.mean, self.std))
        if (mean != 0).any():
            channels -= mean
        if (std != 1).any():
            channels /= std
        return np.ascontiguousarray(channels)


def resized(image: Photo, size: Size) -> Photo:
    """(height, width, 3) uint8: stretched bilinearly; when it shrinks, each new pixel averages those it covers."""
    from PIL import Image

    height, width = size
    if image.shape[:2] == (height, width):
        return image
    # reducing_gap: first average whole blocks, then resize; 3 is not told apart from the exact result (Pillow's docs)
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(small)
