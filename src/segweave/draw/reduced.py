"""Photographs too large for a picture that anybody would open, made smaller with their results."""

import math

import numpy as np
from numpy.typing import NDArray

from segweave.draw.oklab import Rgb
from segweave.segmentation import Instances, Rle, Segmentation, assemble

MOST_PIXELS = 64_000_000
"""Of a picture; larger photographs are drawn smaller."""

_BAND = 1 << 22  # pixels averaged at a time


def picture_step(size: tuple[int, int]) -> int:
    """How many px of a photograph of (height, width) become one of its picture along each side; 1 = as it is.

    >>> picture_step((6000, 8000)), picture_step((10_000, 10_000))
    (1, 2)
    """
    height, width = size
    return max(1, min(math.ceil(math.sqrt(height * width / MOST_PIXELS)), height, width))


def reduced_image(image: Rgb, step: int) -> Rgb:
    """(height // step, width // step, 3) uint8: the means of blocks of step x step px."""
    height, width = image.shape[0] // step, image.shape[1] // step
    small = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND // (width * step * step))
    for top in range(0, height, rows):
        band = image[top * step : min(top + rows, height) * step, : width * step]
        sums = np.full((len(band) // step, width, 3), step * step // 2, np.uint32)
        for down, right in np.ndindex(step, step):  # ten times as fast as one sum over two axes
            sums += band[down::step, right::step]
        small[top : top + rows] = sums // (step * step)
    return small


def reduced_result(result: Segmentation | Instances, step: int) -> Segmentation | Instances:
    """The result at the middle of each block of step x step px; segments that are nowhere in the middle go."""
    height, width = result.size[0] // step, result.size[1] // step
    if isinstance(result, Segmentation):
        ids = result.ids[step // 2 :: step, step // 2 :: step][:height, :width]
        return assemble(ids, result.segments, result.labels)
    masks = [_sampled(mask, step) for mask in result.masks]
    kept = [k for k, mask in enumerate(masks) if mask.area()]
    segments = tuple(result.segments[k] for k in kept)
    return Instances((height, width), tuple(masks[k] for k in kept), segments, result.labels)


def _sampled(mask: Rle, step: int) -> Rle:
    """The mask at the middle of each block, run by run: no pixel is looked at."""
    height, width = mask.size[0] // step, mask.size[1] // step
    column, row = np.divmod(mask.spans().reshape(-1), mask.size[0])
    # of the pixels that are kept, so many come before each end of a run: those of whole columns, and of its own
    columns, whole = _kept_before(column, step, width)
    rows, _ = _kept_before(row, step, height)
    edges = columns * height + np.where(whole, rows, 0)
    runs = np.diff(np.concatenate([[0], edges, [height * width]]))
    return Rle.from_runs((height, width), runs.tolist())


def _kept_before(at: NDArray[np.int64], step: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How many of the n middles lie before each place, and whether it is one."""
    beyond = at - step // 2
    return np.clip(-(-beyond // step), 0, n), (beyond % step == 0) & (beyond >= 0) & (beyond < n * step)
