"""What an overlay may change, and what it must leave alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter, minimum_filter

from scenes import SOME_LABELS, random_segmentation
from segweave.draw import colorblind_colors, label_colors, overlay, segment_colors
from segweave.errors import InvalidSegmentation, SegweaveError, UsageError
from segweave.segmentation import Instances, Rle, Segment, Segmentation, instances_to_panoptic

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.tuples(st.integers(1, 90), st.integers(1, 120))


def photo(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 noise."""
    return rng.integers(0, 256, (*size, 3), dtype=np.uint8)


def interior(ids: np.ndarray, reach: int = 1) -> np.ndarray:
    """(H, W) bool: pixels with nothing else within `reach` px."""
    size = 2 * reach + 1
    return np.asarray(minimum_filter(ids, size) == maximum_filter(ids, size))


@given(SEEDS, SIZES)
def test_without_opacity_and_names_the_inside_of_segments_is_the_photograph(seed: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    seg, image = random_segmentation(rng, size), photo(rng, size)
    inside = interior(seg.ids)
    assert np.array_equal(overlay(image, seg, opacity=0, names=False)[inside], image[inside])


@given(SEEDS, SIZES, st.floats(0, 1))
def test_void_away_from_outlines_is_the_photograph(seed: int, size: tuple[int, int], opacity: float) -> None:
    rng = np.random.default_rng(seed)
    seg, image = random_segmentation(rng, size), photo(rng, size)
    void = interior(seg.ids) & (seg.ids == 0)
    assert np.array_equal(overlay(image, seg, opacity=opacity)[void], image[void])


@given(SEEDS, st.floats(0, 1))
def test_the_inside_of_segments_is_the_exact_mixture(seed: int, opacity: float) -> None:
    rng = np.random.default_rng(seed)
    seg, image = random_segmentation(rng, (60, 80)), photo(rng, (60, 80))
    tints = np.vstack([[0, 0, 0], segment_colors(seg, label_colors(seg.labels))])[seg.ids]
    wanted = image * (1 - opacity) + tints * opacity
    inside = interior(seg.ids) & (seg.ids > 0)
    found = overlay(image, seg, opacity=opacity, names=False)
    assert np.abs(found[inside] - wanted[inside]).max(initial=0) <= 1.01  # opacity in steps of 1/256, and rounding


def test_with_full_opacity_the_photograph_is_gone() -> None:
    rng = np.random.default_rng(1)
    seg = Segmentation(np.ones((50, 50), np.int32), (Segment(label=0),), SOME_LABELS)
    assert (overlay(photo(rng, (50, 50)), seg, opacity=1, names=False) == SOME_LABELS[0].color).all()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_outline_shows_on_dark_and_on_bright_ground(grey: int) -> None:
    ids = np.ones((40, 40), np.int32)
    ids[:, 20:] = 2
    seg = Segmentation(ids, (Segment(label=3), Segment(label=3)), SOME_LABELS)
    drawn = overlay(np.full((40, 40, 3), grey, np.uint8), seg, opacity=0, names=False).astype(int)
    line = np.abs(drawn[20, 18:22] - grey).max(axis=1)
    assert line.max() > 80 and (line > 0).sum() <= 2  # thin


@given(SEEDS)
def test_an_outline_never_hides_a_segment_altogether(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = np.ones((40, 50), np.int32)
    corners = rng.integers(0, 36, (6, 2))
    for k, (row, column) in enumerate(corners, start=2):
        ids[row : row + rng.integers(1, 4), column : column + rng.integers(1, 4)] = k
    kept = np.unique(ids)
    seg = Segmentation(np.searchsorted(kept, ids) + 1, tuple(Segment(label=4) for _ in kept), SOME_LABELS)
    image = photo(rng, seg.size)
    changed = (overlay(image, seg, opacity=0, names=False) != image).any(axis=2)
    assert all(changed[seg.mask(k)].mean() <= 0.7 for k in range(len(seg)))


@given(SEEDS)
def test_instances_are_drawn_as_they_are_stacked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = [Rle.from_mask(m) for m in rng.random((3, 30, 40)) < (0.2, 0.5, 0.9)[seed % 3]]
    parts = tuple(Segment(label=4, score=round(float(s), 2)) for s in rng.random(3))
    result, image = Instances((30, 40), tuple(masks), parts, SOME_LABELS), photo(rng, (30, 40))
    assert np.array_equal(overlay(image, result), overlay(image, instances_to_panoptic(result)))


def test_the_arguments_are_left_as_they_were_and_colours_can_be_chosen() -> None:
    rng = np.random.default_rng(3)
    seg, image = random_segmentation(rng, (60, 80)), photo(rng, (60, 80))
    before = image.copy()
    chosen = overlay(image, seg, colors=colorblind_colors(len(seg.labels)))
    assert np.array_equal(image, before)
    assert chosen.shape == image.shape and not np.array_equal(chosen, overlay(image, seg))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 400), (400, 1)])
def test_images_of_any_shape_are_drawn(size: tuple[int, int]) -> None:
    result = Segmentation(np.zeros(size, np.int32), (), SOME_LABELS)
    image = photo(np.random.default_rng(0), size)
    assert np.array_equal(overlay(image, result), image)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_outside_0_to_1_is_refused(opacity: float) -> None:
    with pytest.raises(UsageError, match="opacity"):
        overlay(np.zeros((2, 2, 3), np.uint8), Segmentation(np.zeros((2, 2), int), (), SOME_LABELS), opacity=opacity)


@pytest.mark.parametrize("image", [np.zeros((2, 3, 3), np.uint8), np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3))])
def test_an_image_of_another_size_or_type_is_refused(image: np.ndarray) -> None:
    with pytest.raises(InvalidSegmentation, match=r"\(2, 2, 3\) uint8") as caught:
        overlay(image, Segmentation(np.zeros((2, 2), int), (), SOME_LABELS))
    assert isinstance(caught.value, SegweaveError)
