"""From a photograph to a network's input: stretched, or scaled by its edges and padded at the bottom and on the right.

The way back is the same scaling inverted: `decode` reads the network's maps at the photograph's pixel centres, within
the window that shows the photograph. Nothing is ever cropped."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
        _check_tone(self.mean, self.std)

    def at_scale(self, factor: float) -> "Preprocess":
        """The same for photographs that shall reach the network `factor` times as high and wide."""
        return replace(self, pixels=max(self.multiple**2, round(self.pixels * factor**2)))

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
        return normalised(resized(image, size), mean=self.mean, std=self.std)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How large a photograph becomes in a network's input, and how large that input is.

    shortest: the shorter side becomes this, unless the longer one would exceed `longest`; then that one becomes
    `longest`. Without `shortest` the longer side becomes `longest`. exact: stretched to this (height, width) px; with
    `keep_aspect` both sides are scaled by the one of the two factors that is nearer to 1. None of them: not scaled.
    zoom: both sides are scaled by this as well, whatever the others say. multiple: the scaled sides are rounded to
    multiples of it. pad_multiple, pad_to: the input is padded to such multiples, or to this size.

    >>> frame = Frame(shortest=800, longest=1333, pad_multiple=32)
    >>> frame.scaled((480, 640)), frame.padded((800, 1067)), frame.scaled((100, 400))
    ((800, 1067), (800, 1088), (333, 1333))
    """

    shortest: int | None = None
    longest: int | None = None
    exact: Size | None = None
    keep_aspect: bool = False
    zoom: float = 1.0
    multiple: int = 1
    pad_multiple: int = 1
    pad_to: Size | None = None

    def __post_init__(self) -> None:
        lengths = (
            self.shortest,
            self.longest,
            self.multiple,
            self.pad_multiple,
            *(self.exact or ()),
            *(self.pad_to or ()),
        )
        if any(length is not None and length < 1 for length in lengths):
            raise ModelError(f"preprocessing needs lengths of at least 1 px; found {self}")
        if not self.zoom > 0:
            raise ModelError(f"preprocessing needs a zoom above 0; found {self}")

    def scaled(self, image_size: Size) -> Size:
        """(height, width) px of the photograph within the input."""
        height, width = image_size
        down, right = self._factors(height, width)
        rows, columns = self._rounded(height * down), self._rounded(width * right)
        if self.longest or not self.shortest:
            return rows, columns
        most = self._rounded(
            _MOST_TIMES * self.shortest * self.zoom
        )  # a thread-like photograph must not become a huge input
        return min(rows, most), min(columns, most)

    def padded(self, scaled: Size) -> Size:
        """(height, width) px of the whole input, for a photograph that is `scaled` in it."""
        if self.pad_to:
            return max(self.pad_to[0], scaled[0]), max(self.pad_to[1], scaled[1])
        step = self.pad_multiple
        return -(-scaled[0] // step) * step, -(-scaled[1] // step) * step

    def _factors(self, height: int, width: int) -> tuple[float, float]:
        if self.exact:
            down, right = self.exact[0] / height, self.exact[1] / width
            nearer = right if abs(1 - right) < abs(1 - down) else down
            down, right = (nearer, nearer) if self.keep_aspect else (down, right)
            return down * self.zoom, right * self.zoom
        factors = [self.shortest / min(height, width)] if self.shortest else []
        factors += [self.longest / max(height, width)] if self.longest else []
        factor = min(factors, default=1.0) * self.zoom
        return factor, factor

    def _rounded(self, length: float) -> int:
        # halves go up, as in detectron2's ResizeShortestEdge, which the papers used
        return max(1, int(length / self.multiple + 0.5)) * self.multiple


_MOST_TIMES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FramedInput:
    """A network's input and the part of it that shows the photograph.

    values: (1, 3, h, w) float32. shown: (height, width) px from the top left; the rest is padding.
    """

    values: NDArray[np.float32]
    shown: Size

    def window(self, grid: Size) -> tuple[float, float]:
        """(height, width) of the shown part in cells of a (height, width) grid that covers the input."""
        height, width = self.values.shape[2:]
        return grid[0] * self.shown[0] / height, grid[1] * self.shown[1] / width


@dataclass(frozen=True, slots=True, kw_only=True)
class FramedPreprocess:
    """How a network wants its images when it was trained on scaled and padded ones.

    mean, std: of the channels on the scale 0..255. bgr: the network sees blue green red. cubic: scaled by cubes, not
    linearly. black: the padding is black before normalising; otherwise it is 0 after it.
    """

    frame: Frame
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False
    cubic: bool = False
    black: bool = False

    def __post_init__(self) -> None:
        _check_tone(self.mean, self.std)

    def at_scale(self, factor: float) -> "FramedPreprocess":
        """The same for photographs that shall reach the network `factor` times as high and wide."""
        return replace(self, frame=replace(self.frame, zoom=self.frame.zoom * factor))

    def to_input(self, image: Photo) -> FramedInput:
        """Scale, pad and normalise one photograph."""
        scaled = self.frame.scaled((image.shape[0], image.shape[1]))
        small = resized(image, scaled, cubic=self.cubic)
        missing = [outer - inner for outer, inner in zip(self.frame.padded(scaled), scaled, strict=True)]
        if self.black:
            small = np.pad(small, ((0, missing[0]), (0, missing[1]), (0, 0)))
        values = normalised(small[:, :, ::-1] if self.bgr else small, mean=self.mean, std=self.std)
        if not self.black and any(missing):
            values = np.pad(values, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])))
        return FramedInput(values=values, shown=scaled)


def normalised(image: Photo, *, mean: Sequence[float], std: Sequence[float]) -> NDArray[np.float32]:
    """(1, 3, h, w) float32: (value - mean) / std of each channel of an (h, w, 3) photograph."""
    channels = image.transpose(2, 0, 1)[None].astype(np.float32)
    means, stds = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (mean, std))
    if (means != 0).any():
        channels -= means
    if (stds != 1).any():
        channels /= stds
    return np.ascontiguousarray(channels)


def resized(image: Photo, size: Size, *, cubic: bool = False) -> Photo:
    """(height, width, 3) uint8: stretched bilinearly; when it shrinks, each new pixel averages those it covers."""
    from PIL import Image

    height, width = size
    if image.shape[:2] == (height, width):
        return image
    how = Image.Resampling.BICUBIC if cubic else Image.Resampling.BILINEAR
    # reducing_gap: first average whole blocks, then resize; 3 is not told apart from the exact result (Pillow's docs)
    small = Image.fromarray(image).resize((width, height), how, reducing_gap=3.0)
    return np.asarray(small)


def _check_tone(mean: Sequence[float], std: Sequence[float]) -> None:
    if len(mean) != 3 or len(std) != 3 or not all(s > 0 for s in std):
        raise ModelError(f"mean and std need three values each, std > 0; found {mean} and {std}")
