"""Boxes with masks: equal to sampling each mask at each pixel's centre."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS
from segweave.errors import InvalidSegmentation, ModelError
from segweave.models.decode_boxes import decode_boxes

CAR = 3


def pasted(mask: np.ndarray, box: np.ndarray, size: tuple[int, int], threshold: float) -> np.ndarray:
    """(H, W) bool, pixel by pixel: bilinear between the samples around it, those outside the mask being 0."""
    top, left, bottom, right = box
    inside = np.zeros(size, bool)
    for r in range(size[0]):
        for c in range(size[1]):
            row = (r + 0.5 - top) / (bottom - top) * mask.shape[0] - 0.5
            column = (c + 0.5 - left) / (right - left) * mask.shape[1] - 0.5
            value = 0.0
            for i in (int(np.floor(row)), int(np.floor(row)) + 1):
                for j in (int(np.floor(column)), int(np.floor(column)) + 1):
                    if 0 <= i < mask.shape[0] and 0 <= j < mask.shape[1]:
                        value += (1 - abs(row - i)) * (1 - abs(column - j)) * mask[i, j]
            inside[r, c] = value >= threshold
    return inside


@settings(max_examples=80)
@given(
    corner=st.tuples(st.floats(-9, 20), st.floats(-9, 20)),
    extent=st.tuples(st.floats(0.3, 30), st.floats(0.3, 30)),
    cells=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    threshold=st.sampled_from([0.5, 0.02]),
    seed=st.integers(0, 2**31),
)
def test_a_mask_is_pasted_as_pixel_by_pixel(
    corner: tuple[float, float], extent: tuple[float, float], cells: tuple[int, int], threshold: float, seed: int
) -> None:
    mask = np.random.default_rng(seed).random(cells).astype(np.float32)
    box = np.array([corner[0], corner[1], corner[0] + extent[0], corner[1] + extent[1]])
    found = decode_boxes(
        box[None],
        np.array([0.7]),
        np.array([CAR]),
        masks=mask[None],
        size=(17, 19),
        labels=SOME_LABELS,
        threshold=threshold,
    )
    expected = pasted(mask, box, (17, 19), threshold)
    assert len(found) == expected.any()
    if len(found):
        assert np.array_equal(found.mask(0), expected)


def test_a_half_full_mask_fills_half_of_its_box() -> None:
    # a box of rows 1..3 and columns 2..6, its mask 2 x 2 with ones on the left: centres of columns 2 and 3 lie at
    # -0.25 and 0.25 of the samples (0.75 and 0.75), those of 4 and 5 at 0.75 and 1.25 (0.25 and 0)
    mask = np.array([[[1, 0], [1, 0]]], np.float32)
    box = np.array([[1.0, 2.0, 3.0, 6.0]])
    call = {"masks": mask, "size": (4, 7), "labels": SOME_LABELS}
    found = decode_boxes(box, np.array([0.9]), np.array([CAR]), **call, threshold=0.5)
    # rows: centres at -0.5 + 0.5 = 0 and 1 of the samples, so nothing is lost there
    assert found.mask(0).astype(int).tolist() == [[0] * 7, [0, 0, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0, 0], [0] * 7]
    assert (found.segments[0].label, found.segments[0].score) == (CAR, 0.9)


def test_order_is_kept_and_masks_without_a_pixel_are_left_out() -> None:
    boxes = np.array([[0, 0, 4, 4], [1, 1, 1, 3], [90, 90, 95, 95], [1, 1, 4, 4]], float)
    masks = np.ones((4, 28, 28), np.float32)
    scores, kinds = np.array([0.3, 0.9, 0.8, 0.6]), np.array([3, 3, 3, 4])
    found = decode_boxes(boxes, scores, kinds, masks=masks, size=(5, 5), labels=SOME_LABELS)
    assert [(s.label, s.score) for s in found.segments] == [(3, 0.3), (4, 0.6)]
    assert found.areas().tolist() == [16, 9]


def test_no_boxes_are_no_instances() -> None:
    empty = np.zeros((0, 4)), np.zeros(0), np.zeros(0, int)
    found = decode_boxes(*empty, masks=np.zeros((0, 28, 28), np.float32), size=(5, 6), labels=SOME_LABELS)
    assert (len(found), found.size) == (0, (5, 6))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"boxes": np.zeros((2, 4))}, ModelError, r"must fit; found \(2, 4\)"),
        ({"boxes": np.full((1, 4), np.nan)}, ModelError, "finite"),
        ({"masks": np.full((1, 2, 2), np.nan, np.float32)}, ModelError, "finite"),
        ({"label_indices": np.array([9])}, InvalidSegmentation, "label 9"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(change: dict, error: type[Exception], message: str) -> None:
    call = {"boxes": np.array([[0.0, 0, 3, 3]]), "scores": np.array([0.5]), "label_indices": np.array([CAR])}
    call |= {"masks": np.ones((1, 2, 2), np.float32)}
    with pytest.raises(error, match=message):
        decode_boxes(**call | change, size=(4, 4), labels=SOME_LABELS)
