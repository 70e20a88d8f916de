"""Photographs too large to be drawn at full size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenes import SOME_LABELS, masks, segmentations
from segweave.draw import figure, legend_rows
from segweave.draw.reduced import picture_step, reduced_image, reduced_result
from segweave.segmentation import Instances, Rle, Segment, Segmentation

STEPS = st.integers(2, 4)


def middles(array: np.ndarray, step: int) -> np.ndarray:
    """By hand: the pixel in the middle of each whole block."""
    height, width = array.shape[0] // step, array.shape[1] // step
    return np.array([[array[r * step + step // 2, c * step + step // 2] for c in range(width)] for r in range(height)])


@given(masks(max_side=14), STEPS)
def test_a_mask_is_read_at_the_middle_of_each_block(mask: np.ndarray, step: int) -> None:
    if not mask.any() or min(mask.shape) < step:
        return
    whole = Instances(mask.shape, (Rle.from_mask(mask),), (Segment(label=3, score=0.5),), SOME_LABELS)
    found = reduced_result(whole, step)
    expected = middles(mask, step)
    assert found.size == expected.shape
    assert [found.mask(k).tolist() for k in range(len(found))] == ([expected.tolist()] if expected.any() else [])
    assert all(segment == whole.segments[0] for segment in found.segments)


@given(segmentations(labels=SOME_LABELS, min_side=4, max_side=14), STEPS)
def test_ids_are_read_at_the_middle_of_each_block(seg: Segmentation, step: int) -> None:
    found = reduced_result(seg, step)
    assert isinstance(found, Segmentation)
    assert np.array_equal(found.label_indices(), middles(seg.label_indices(), step))
    assert {s.label for s in found.segments} <= {s.label for s in seg.segments}


@given(arrays(np.uint8, st.tuples(st.integers(4, 14), st.integers(4, 14), st.just(3))), STEPS)
def test_a_photograph_becomes_the_means_of_its_blocks(image: np.ndarray, step: int) -> None:
    found = reduced_image(image, step)
    assert found.shape == (image.shape[0] // step, image.shape[1] // step, 3)
    for row, column in np.ndindex(found.shape[:2]):
        block = image[row * step : (row + 1) * step, column * step : (column + 1) * step]
        assert np.abs(found[row, column] - block.mean(axis=(0, 1))).max() <= 0.5


@pytest.mark.parametrize(
    ("size", "step"),
    [((8000, 8000), 1), ((8000, 8001), 2), ((16_000, 16_000), 2), ((17_300, 17_300), 3), ((1, 300_000_000), 1)],
)
def test_photographs_over_64_megapixels_are_drawn_smaller(size: tuple[int, int], step: int) -> None:
    assert picture_step(size) == step


@pytest.mark.slow
@pytest.mark.parametrize("as_instances", [False, True])
def test_the_figure_of_a_huge_photograph_is_smaller_and_its_legend_counts_all(as_instances: bool) -> None:
    """A car of one pixel, which the picture does not show."""
    ids = np.ones((9000, 8000), np.int32)
    ids[4001:4004, 5001:7003] = 2
    ids[2, 2] = 3
    segments = (Segment(label=0), Segment(label=3, score=0.5), Segment(label=3, score=0.5))
    seg = Segmentation(ids, segments, SOME_LABELS)
    result = seg
    if as_instances:
        result = Instances(ids.shape, tuple(Rle.from_mask(ids == k) for k in (2, 3)), segments[1:], SOME_LABELS)
    picture = figure(np.zeros((9000, 8000, 3), np.uint8), result)
    assert picture.shape[0] in range(4500, 6000) and picture.shape[1] in range(4000, 5500)
    assert [row.count for row in legend_rows(result) if row.name == "car"] == [2]
    small = reduced_result(result, 2)
    again = figure(np.zeros((4500, 4000, 3), np.uint8), small)
    assert np.array_equal(picture[:4500, :4000], again[:4500, :4000])
    assert not np.array_equal(picture, again)  # the legend: two cars, not one
