"""A picture to show to people: the overlay and its legend side by side."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segweave.draw.legend import PAPER, LegendGrid, LegendRow, capped, draw_rows, lay_out, rows_of
from segweave.draw.oklab import Rgb
from segweave.draw.overlay import checked_image, flattened, overlay
from segweave.draw.palette import label_colors
from segweave.draw.reduced import picture_step, reduced_image, reduced_result
from segweave.labels import Language
from segweave.segmentation import Instances, Segmentation

_PLEASANT = 1.6  # width to height that the whole figure is brought near to
_TINY = 240  # px; a photograph whose longer side is shorter is enlarged by a whole factor to at least this
_LARGEST_FACTOR = 16
_SMALLEST_EM = 12  # px
_MOST_ROWS = 80


def figure(
    image: NDArray[np.uint8],
    result: Segmentation | Instances,
    *,
    opacity: float = 0.5,
    colors: NDArray[np.uint8] | None = None,
    counts: bool = True,
    language: Language = "en",
) -> Rgb:
    """`overlay` with a legend to its right or below, whichever gives the better page: (H', W', 3) uint8.

    Arguments and errors are `overlay`'s. counts: whether the legend counts things; False for semantic results. The
    photograph lies at the top left, at its own size; one under 240 px is enlarged by a whole factor first, one over
    64 megapixels is drawn smaller (`picture_step`). A legend of more than 80 rows ends in one that sums up the rest.
    An image without pixels has no legend.
    """
    image, counted = checked_image(image, result.size), result
    step = picture_step(result.size)
    if step > 1:
        image, result = reduced_image(image, step), reduced_result(result, step)
    seg = flattened(result)
    image, seg = _enlarged(image, seg)
    drawn = overlay(image, seg, opacity=opacity, colors=colors, language=language)
    if not seg.ids.size:
        return drawn
    measured = counted if isinstance(counted, Segmentation) else seg  # masks at full size would take too much memory
    rows = capped(rows_of(measured, counted.segments, counts=counts, language=language), _MOST_ROWS)
    grid, beside = _arranged(rows, seg.size)
    height, width = seg.size
    page = np.full((*_page((grid, beside), seg.size), 3), PAPER, np.uint8)
    page[:height, :width] = drawn
    panel = page[:, width:] if beside else page[height:]
    draw_rows(panel, rows, grid, colors=label_colors(seg.labels) if colors is None else np.asarray(colors))
    return page


def _arranged(rows: tuple[LegendRow, ...], size: tuple[int, int]) -> tuple[LegendGrid, bool]:
    """The legend's grid and whether it goes beside the photograph (else below): the best for any number of columns."""
    em = max(_SMALLEST_EM, round(0.02 * math.sqrt(size[0] * size[1])))
    whole = lay_out(rows, em=em, lines=max(1, len(rows)))
    lines = sorted({-(-len(rows) // columns) for columns in range(1, len(rows) + 1)})
    grids = [replace(whole, lines=n, columns=-(-len(rows) // n)) for n in lines]
    choices = [(grid, beside) for grid in grids for beside in (True, False)]
    return min(choices, key=lambda choice: _strain(choice, size))


def _page(choice: tuple[LegendGrid, bool], size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) px of photograph and legend together."""
    (height, width), needed = size, choice[0].size
    if choice[1]:
        return max(height, needed[0]), width + needed[1]
    return height + needed[0], max(width, needed[1])


def _strain(choice: tuple[LegendGrid, bool], size: tuple[int, int]) -> float:
    """How bad a page is: its shape when far from pleasant, its blank area, a legend that sticks out; 0 is best."""
    grid, beside = choice
    height, width = _page(choice, size)
    shape = max(0.0, abs(math.log(width / height / _PLEASANT)) - 0.35)
    larger = math.log(height * width / (size[0] * size[1]))
    sticks_out = grid.size[0] > size[0] if beside else grid.size[1] > size[1]
    return shape + 1.2 * larger + 0.3 * sticks_out


def _enlarged(image: Rgb, seg: Segmentation) -> tuple[Rgb, Segmentation]:
    """A tiny photograph enlarged by a whole factor: bicubic, the segments by repeating pixels."""
    factor = min(_LARGEST_FACTOR, -(-_TINY // max(1, *seg.size)))
    if factor == 1 or not seg.ids.size:
        return image, seg
    from PIL import Image

    height, width = seg.size
    larger = Image.fromarray(image).resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    ids = seg.ids.repeat(factor, axis=0).repeat(factor, axis=1)
    ids.setflags(write=False)
    return np.asarray(larger), Segmentation(ids, seg.segments, seg.labels)
