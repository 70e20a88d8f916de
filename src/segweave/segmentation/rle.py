"""`Rle`: one mask as run lengths, the form that COCO files and `Instances` keep masks in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import hotcoco
import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.segmentation.segmentation import checked_size


@dataclass(frozen=True, slots=True)
class Rle:
    """A binary mask as COCO run lengths.

    size: (height, width) px. counts: COCO's compressed string of run lengths, column by column, starting with a run
    of zeros (cocoapi, `maskApi.c`, rleToString). Illegal counts raise `InvalidSegmentation`.

    >>> rle = Rle.from_mask(np.array([[0, 1], [1, 1]]))
    >>> rle.runs(), rle.area(), rle.counts
    ((1, 3), 3, b'13')
    >>> Rle.from_runs((2, 2), (1, 3)) == rle
    True
    """

    size: tuple[int, int]
    counts: bytes
    _area: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        height, width = checked_size(self.size)
        object.__setattr__(self, "size", (height, width))
        if not isinstance(self.counts, bytes):
            raise InvalidSegmentation(
                f"RLE counts are bytes; found {type(self.counts).__name__} (encode a str, use `from_runs` for a list)"
            )
        runs = _parse(self.counts)
        if sum(runs) != height * width or min(runs, default=0) < 0:
            raise InvalidSegmentation(
                f"RLE counts must be >= 0 and sum to {height} x {width} = {height * width}; found a sum of {sum(runs)}"
            )
        object.__setattr__(self, "_area", sum(runs[1::2]))

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> Self:
        """Encode an (H, W) mask; every value but 0 counts as inside."""
        mask = np.asarray(mask)
        if mask.ndim != 2:
            raise InvalidSegmentation(f"a mask must be (H, W); found shape {mask.shape}")
        if not mask.size:
            return cls(mask.shape, b"0")  # as cocoapi writes it
        return cls(mask.shape, hotcoco.mask.encode((mask != 0).view(np.uint8))["counts"])

    @classmethod
    def from_runs(cls, size: tuple[int, int], runs: Sequence[int]) -> Self:
        """COCO's uncompressed form: run lengths, column by column, zeros first."""
        try:
            whole = [int(run) for run in runs]
        except (TypeError, ValueError, OverflowError):  # not numbers, not finite
            whole = [-1]
        if any(n != run or n < 0 for n, run in zip(whole, runs, strict=False)):
            raise InvalidSegmentation(f"run lengths are whole numbers >= 0; found {list(runs)[:8]}")
        return cls(size, _compress(whole))

    def runs(self) -> tuple[int, ...]:
        """Run lengths, column by column, starting with a run of zeros (which may be 0 long)."""
        return _parse(self.counts)

    def mask(self) -> NDArray[np.bool_]:
        """(H, W) bool, C order."""
        height, _ = self.size
        mask = np.zeros(self.size, bool)
        spans = self.spans()
        if len(spans):
            left, right = int(spans[0, 0]) // height, -(-int(spans[-1, 1]) // height)  # columns that are not empty
            edges = np.array([left * height, *spans.ravel(), right * height])
            inside = np.arange(len(edges) - 1) % 2 == 1
            mask[:, left:right] = np.repeat(inside, np.diff(edges)).reshape(right - left, height).T
        return mask

    def spans(self) -> NDArray[np.int64]:
        """(n, 2) int64: start and end (half-open) of each run of ones, counted down the columns; none is empty."""
        ends = np.cumsum(np.array(self.runs(), np.int64))
        ends = ends[: len(ends) // 2 * 2].reshape(-1, 2)
        return ends[ends[:, 0] < ends[:, 1]]

    def area(self) -> int:
        """Pixels inside."""
        return self._area

    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) px, half-open; all 0 for an empty mask."""
        if not self._area:
            return 0, 0, 0, 0
        height, _ = self.size
        spans = self.spans()
        first_column, first_row = np.divmod(spans[:, 0], height)
        last_column, last_row = np.divmod(spans[:, 1] - 1, height)
        left, right = int(first_column[0]), int(last_column[-1]) + 1
        if (first_column != last_column).any():  # a run over the end of a column touches bottom and top
            return 0, left, height, right
        return int(first_row.min()), left, int(last_row.max()) + 1, right

    def widened(self, left: int, width: int) -> Self:
        """The same mask within an image `width` px wide, after `left` empty columns."""
        height, own_width = self.size
        right = width - left - own_width
        runs = list(self.runs()) or [0]
        runs[0] += left * height
        if len(runs) % 2 == 0:
            runs.append(0)
        runs[-1] += right * height
        return type(self).from_runs((height, width), runs if runs[-1] or len(runs) == 1 else runs[:-1])


_LONGEST = 30  # bits before the last digit: 7 digits hold every difference of two 32-bit run lengths


def _parse(counts: bytes) -> tuple[int, ...]:
    """COCO's string to run lengths: 6-bit digits + 48, 5 bits of value each, differences to two runs before."""
    runs: list[int] = []
    value = shift = 0
    for place, byte in enumerate(counts):
        digit = byte - 48
        if shift > _LONGEST:
            raise InvalidSegmentation(f"a number of the compressed RLE is longer than 32 bits, at place {place}")
        if not 0 <= digit < 64:
            raise InvalidSegmentation(f"byte {byte} at place {place} is not a digit of COCO's compressed RLE (48..111)")
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            if digit & 16:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = 0
    if shift:
        raise InvalidSegmentation("the compressed RLE ends within a number; it has been cut off")
    return tuple(runs)


def _compress(runs: Sequence[int]) -> bytes:
    out = bytearray()
    for k, run in enumerate(runs):
        value = int(run) - (int(runs[k - 2]) if k > 2 else 0)
        more = True
        while more:
            digit = value & 31
            value >>= 5
            more = value != (-1 if digit & 16 else 0)
            out.append((digit | 32 if more else digit) + 48)
    return bytes(out)
