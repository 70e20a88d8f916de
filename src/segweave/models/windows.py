"""A photograph seen window by window: squares along its longer side, their evidence averaged where they overlap."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segweave.models.preprocess import Frame, FramedPreprocess, Size
from segweave.models.upsample import Maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Windows of `side` x `side` px over an input whose shorter side is `side`; they start at multiples of `step` px.

    As few as cover the input, spread evenly (Kerssies et al. 2025, arXiv 2503.19108, §4: windowed inference).

    >>> Windows(side=512, step=16).starts(1040)
    (0, 256, 528)
    """

    side: int
    step: int

    def framed(self, how: FramedPreprocess) -> FramedPreprocess:
        """The preprocessing whose inputs these windows cover."""
        return replace(how, frame=Frame(shortest=self.side, multiple=self.step))

    def starts(self, length: int) -> tuple[int, ...]:
        """Where windows begin along a side of `length` px, a multiple of the step."""
        count = math.ceil(length / self.side)
        gaps = max(count - 1, 1) * self.step
        return tuple(i * (length - self.side) // gaps * self.step for i in range(count))

    def cut(self, values: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """The windows of a (1, 3, h, w) input, each (1, 3, side, side)."""
        for top in self.starts(values.shape[2]):
            for left in self.starts(values.shape[3]):
                yield np.ascontiguousarray(values[:, :, top : top + self.side, left : left + self.side])

    def joined(self, parts: Sequence[Maps], size: Size) -> Maps:
        """(n, h, w): the (n, g, g) maps of the windows of an input of `size`, averaged where they overlap."""
        labels, cells = parts[0].shape[:2]
        total = np.zeros((labels, *(side * cells // self.side for side in size)), np.float32)
        seen = np.zeros(total.shape[1:], np.float32)
        places = [(top, left) for top in self.starts(size[0]) for left in self.starts(size[1])]
        for part, place in zip(parts, places, strict=True):
            top, left = (start * cells // self.side for start in place)
            here = (slice(top, top + cells), slice(left, left + cells))
            total[:, here[0], here[1]] += part
            seen[here] += 1
        total /= seen
        return total
