"""`Rle`: one mask as run lengths, the form that COCO files and `Instances` keep masks in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import hotcoco
import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation


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

    def __post_init__(self) -> None:
        height, width = (int(n) for n in self.size)
        if height < 0 or width < 0:
            raise InvalidSegmentation(f"an RLE's size is (height, width) >= 0; found {self.size}")
        object.__setattr__(self, "size", (height, width))
        runs = _parse(self.counts)
        if sum(runs) != height * width or min(runs, default=0) < 0:
            raise InvalidSegmentation(
                f"RLE counts must be >= 0 and sum to {height} x {width} = {height * width}; found a sum of {sum(runs)}"
            )

    @classmethod
    def from_mask(cls, mask: NDArray[Any]) -> Self:
        """Encode an (H, W) mask; every value but 0 counts as inside."""
        mask = np.asarray(mask)
        if mask.ndim != 2:
            raise InvalidSegmentation(f"a mask must be (H, W); found shape {mask.shape}")
        if not mask.size:
            return cls(mask.shape, b"")
        return cls(mask.shape, hotcoco.mask.encode((mask != 0).view(np.uint8))["counts"])

    @classmethod
    def from_runs(cls, size: tuple[int, int], runs: Sequence[int]) -> Self:
        """COCO's uncompressed form: run lengths, column by column, zeros first."""
        if any(int(run) != run or run < 0 for run in runs):
            raise InvalidSegmentation(f"run lengths are whole numbers >= 0; found {list(runs)[:8]}")
        return cls(size, _compress(runs))

    def runs(self) -> tuple[int, ...]:
        """Run lengths, column by column, starting with a run of zeros (which may be 0 long)."""
        return _parse(self.counts)

    def mask(self) -> NDArray[np.bool_]:
        """(H, W) bool, C order."""
        if not self.size[0] * self.size[1]:
            return np.zeros(self.size, bool)
        return np.ascontiguousarray(hotcoco.mask.decode(self._coco())).view(bool)

    def area(self) -> int:
        """Pixels inside."""
        return sum(self.runs()[1::2])

    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) px, half-open; all 0 for an empty mask."""
        if not self.area():
            return 0, 0, 0, 0
        left, top, width, height = (int(v) for v in hotcoco.mask.to_bbox(self._coco()))
        return top, left, top + height, left + width

    def _coco(self) -> dict[str, Any]:
        return {"size": list(self.size), "counts": self.counts}


def _parse(counts: bytes) -> tuple[int, ...]:
    """COCO's string to run lengths: 6-bit digits + 48, 5 bits of value each, differences to two runs before."""
    runs: list[int] = []
    value = shift = 0
    for place, byte in enumerate(counts):
        digit = byte - 48
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
