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
        total = int(runs.sum())
        if total != height * width or (runs < 0).any():
            raise InvalidSegmentation(
                f"RLE counts must be >= 0 and sum to {height} x {width} = {height * width}; found a sum of {total}"
            )
        object.__setattr__(self, "_area", int(runs[1::2].sum()))

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> Self:
        """Encode an (H, W) mask; every value but 0 counts as inside."""
        mask = np.asarray(mask)
        if mask.ndim != 2:
            raise InvalidSegmentation(f"a mask must be (H, W); found shape {mask.shape}")
        if not mask.size:
            return cls(mask.shape, b"0")  # as cocoapi writes it
        inside = mask != 0
        counts = hotcoco.mask.encode(inside.view(np.uint8))["counts"]
        return cls._made((mask.shape[0], mask.shape[1]), counts, area=int(np.count_nonzero(inside)))

    @classmethod
    def from_runs(cls, size: tuple[int, int], runs: Sequence[int]) -> Self:
        """COCO's uncompressed form: run lengths, column by column, zeros first."""
        try:
            whole = np.array([int(run) for run in runs] if isinstance(runs, list | tuple) else runs)
            same = np.array_equal(whole, np.asarray(runs))
        except (TypeError, ValueError, OverflowError):  # not numbers, not finite
            same = False
        if not same or whole.ndim != 1 or (whole.size and whole.min() < 0):
            raise InvalidSegmentation(f"run lengths are whole numbers >= 0; found {list(runs)[:8]}")
        if whole.dtype.kind not in "iub" and whole.size:
            raise InvalidSegmentation("run lengths must fit 64 bits; found a larger one")
        return cls(size, _compress(whole.astype(np.int64)))

    def runs(self) -> tuple[int, ...]:
        """Run lengths, column by column, starting with a run of zeros (which may be 0 long)."""
        return tuple(_parse(self.counts).tolist())

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
        ends = np.cumsum(_parse(self.counts))
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
        runs = _parse(self.counts)
        if left < 0 or right < 0:
            raise InvalidSegmentation(f"{own_width} columns after {left} do not fit into {width}")
        runs = np.concatenate([runs, np.zeros(1 - len(runs) % 2, np.int64)])  # an odd number ends with zeros
        runs[0] += left * height
        runs[-1] += right * height
        counts = _compress(runs if runs[-1] or len(runs) == 1 else runs[:-1])
        return self._made((height, width), counts, area=self._area)

    @classmethod
    def _made(cls, size: tuple[int, int], counts: bytes, *, area: int) -> Self:
        """Without the checks of the constructor, for counts of our own making: they take half of the time."""
        rle = object.__new__(cls)
        for name, value in (("size", size), ("counts", counts), ("_area", area)):
            object.__setattr__(rle, name, value)
        return rle


_MOST_DIGITS = 7
"""They hold every difference of two 32-bit run lengths."""


def _parse(counts: bytes) -> NDArray[np.int64]:
    """COCO's string to (n,) run lengths: 6-bit digits + 48, 5 bits of value each, differences to two runs before."""
    digits = np.frombuffer(counts, np.uint8).astype(np.int64) - 48
    last = np.flatnonzero(digits & 32 == 0)  # the last digit of each number
    _check_digits(digits, last)
    if not len(last):
        return np.zeros(0, np.int64)
    first = np.concatenate(([0], last[:-1] + 1))
    place = np.arange(len(digits)) - np.repeat(first, last - first + 1)
    runs: NDArray[np.int64] = np.add.reduceat((digits & 31) << 5 * place, first)
    runs -= (digits[last] & 16) << 5 * (last - first) + 1  # the highest bit is the sign
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs


def _check_digits(digits: NDArray[np.int64], last: NDArray[np.int64]) -> None:
    """last: places of the digits that end a number."""
    wrong = np.flatnonzero((digits < 0) | (digits > 63))
    ends = np.concatenate(([-1], last, [len(digits) - 1]))
    lengths = ends[1:] - ends[:-1]
    long = np.flatnonzero(lengths > _MOST_DIGITS)
    too_far = int(np.cumsum(lengths)[long[0]] - lengths[long[0]]) + _MOST_DIGITS if len(long) else len(digits)
    if len(wrong) and wrong[0] < too_far:
        place = int(wrong[0])
        byte = int(digits[place]) + 48
        raise InvalidSegmentation(f"byte {byte} at place {place} is not a digit of COCO's compressed RLE (48..111)")
    if len(long):
        raise InvalidSegmentation(f"a number of the compressed RLE is longer than 32 bits, at place {too_far}")
    if lengths[-1]:
        raise InvalidSegmentation("the compressed RLE ends within a number; it has been cut off")


def _compress(runs: NDArray[np.int64]) -> bytes:
    """`_parse` backwards."""
    values = runs.copy()
    values[3:] -= runs[1:-2]
    magnitude = np.where(values < 0, ~values, values)  # a number of n digits has 5 n - 1 bits beside its sign
    length = np.ones(len(values), np.int64)
    for digits in range(1, 13):
        length += magnitude >> 5 * digits - 1 > 0
    place = np.arange(max(int(length.max(initial=0)), 1))
    digit = values[:, None] >> 5 * place & 31
    digit[place < length[:, None] - 1] |= 32
    return bytes((digit + 48).astype(np.uint8)[place < length[:, None]])
