"""A photograph and what was seen in it, at the size that a page shows them."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from segweave.segmentation import Instances, Segmentation, assemble, instances_to_panoptic

Rgb = NDArray[np.uint8]

_WIDEST, _TALLEST = 480, 480  # px; three side by side on a wide page are 400 px each, where names can still be read
_NARROWEST = 320  # px; smaller images are enlarged by a whole factor, so that names in them can be read
_PLAIN = 214  # the grey that stands for a photograph that is not there


def shown_size(size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) px at which an image of `size` is shown: at most 480 x 480, about 320 wide at least.

    >>> shown_size((1024, 2048)), shown_size((48, 64))
    ((240, 480), (240, 320))
    """
    height, width = (max(1, side) for side in size)
    factor = min(_WIDEST / width, _TALLEST / height, float(max(1, _NARROWEST // width)))
    return max(1, round(height * factor)), max(1, round(width * factor))


def scaled_photograph(photograph: Rgb | None, size: tuple[int, int]) -> Rgb:
    """(H, W, 3) uint8 at `size`; plain grey where there is no photograph."""
    if photograph is None:
        return np.full((*size, 3), _PLAIN, np.uint8)
    from PIL import Image

    if photograph.shape[:2] == size:
        return photograph
    return np.asarray(Image.fromarray(photograph).resize((size[1], size[0]), Image.Resampling.LANCZOS))


def scaled(result: Segmentation | Instances, size: tuple[int, int]) -> Segmentation:
    """Without overlap and at `size`: each pixel is the nearest one of before. Segments without a pixel are gone."""
    seg = flat(result)
    if seg.size == size:
        return seg
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64) for new, old in zip(size, seg.size, strict=True)
    )
    return assemble(seg.ids[np.ix_(rows, columns)], seg.segments, seg.labels)


def flat(result: Segmentation | Instances) -> Segmentation:
    """Instances as `instances_to_panoptic` lays them on top of each other; a segmentation as it is."""
    return instances_to_panoptic(result) if isinstance(result, Instances) else result


def only(seg: Segmentation, kept: Collection[int]) -> Segmentation:
    """The segments of some indices; all others become void."""
    ids = [k + 1 if k in kept else 0 for k in range(len(seg))]
    return assemble(np.array([0, *ids])[seg.ids], seg.segments, seg.labels)
