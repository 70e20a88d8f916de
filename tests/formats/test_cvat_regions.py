"""What the shapes of CVAT cover."""

import math

import numpy as np
import pytest

from segweave.errors import FormatError
from segweave.formats.cvat_regions import Region, ellipse, mask, mask_runs, polygon, rectangle, window_of


def drawn(region: Region, size: tuple[int, int]) -> np.ndarray:
    pixels = np.zeros(size, int)
    top, left, bottom, right = window = window_of(region, size)
    if top < bottom and left < right:
        pixels[top:bottom, left:right] = region.fill(window)
    return pixels


def test_runs_of_a_mask_go_along_the_rows_of_its_box():
    # 2 rows of 3: two pixels outside, then three inside (the end of row 0 and two of row 1), then one outside
    region = mask([2, 3, 1], (1, 2, 2, 3), "here")
    assert drawn(region, (4, 6)).tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_runs_of_a_mask_come_back():
    pixels = np.random.default_rng(0).random((9, 7)) < 0.5
    for one in (pixels, ~pixels, np.ones((3, 2), bool)):
        runs = mask_runs(one)
        assert np.array_equal(drawn(mask(runs, (0, 0, *one.shape), "here"), one.shape), one)


def test_a_mask_beyond_the_edge_of_the_image_is_cut():
    assert drawn(mask([0, 4], (-1, -1, 2, 2), "here"), (3, 3)).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert drawn(mask([0, 4], (2, 2, 2, 2), "here"), (3, 3)).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_a_box_holds_the_pixels_whose_centre_it_holds():
    # columns 0.4..2.6 hold the centres 0.5, 1.5 and 2.5; rows 0.6..2.5 hold 1.5, an edge at 2.5 is the next one's
    assert drawn(rectangle([0.4, 0.6, 2.6, 2.5], 0, "here"), (3, 4)).tolist() == [[0] * 4, [1, 1, 1, 0], [0] * 4]


def test_corners_of_a_box_may_come_in_any_order():
    assert np.array_equal(
        drawn(rectangle([1, 4, 3, 2], 0, "here"), (6, 6)), drawn(rectangle([3, 2, 1, 4], 0, "here"), (6, 6))
    )
    assert drawn(rectangle([1, 4, 3, 2], 0, "here"), (6, 6)).sum() == 4


def test_a_box_turned_by_a_right_angle_swaps_its_sides():
    # 8 wide and 2 high about (x 10, y 10): turned it is 2 wide (x 9..11) and 8 high (y 6..14)
    wanted = np.zeros((20, 20), int)
    wanted[6:14, 9:11] = 1
    assert np.array_equal(drawn(rectangle([6.001, 9, 14.001, 11], 90, "here"), (20, 20)), wanted)


def test_a_rotation_turns_clockwise_as_seen_on_the_screen():
    # y grows downwards: turned by 30 degrees clockwise the right end of a flat box sinks
    flat = [20, 95, 180, 105]
    for region in (rectangle(flat, 30, "here"), ellipse([100, 100, 80, 5], 30, "here")):
        pixels = drawn(region, (200, 200))
        row, column = 100 + 60 * math.sin(math.pi / 6), 100 + 60 * math.cos(math.pi / 6)
        assert pixels[int(row), int(column)] == 1 and pixels[200 - int(row), int(column)] == 0


@pytest.mark.parametrize("degrees", [0, 17, 45, 118.4, 300, -20])
def test_areas_of_turned_shapes_are_right_within_two_percent(degrees: float):
    box = drawn(rectangle([100, 140, 300, 260], degrees, "here"), (400, 400))
    oval = drawn(ellipse([200, 200, 100, 60], degrees, "here"), (400, 400))
    assert abs(box.sum() / (200 * 120) - 1) < 0.02  # width times height
    assert abs(oval.sum() / (math.pi * 100 * 60) - 1) < 0.02  # pi times both radii


@pytest.mark.parametrize("degrees", [0, 33, 90])
def test_an_ellipse_is_that_of_its_equation(degrees: float):
    turn = math.radians(degrees)
    y, x = np.mgrid[:40, :50] + 0.5
    u = (x - 24.3) * math.cos(turn) + (y - 19.1) * math.sin(turn)
    v = (y - 19.1) * math.cos(turn) - (x - 24.3) * math.sin(turn)
    wanted = (u / 17.2) ** 2 + (v / 6.4) ** 2 < 1
    assert np.array_equal(drawn(ellipse([24.3, 19.1, 17.2, 6.4], degrees, "here"), (40, 50)), wanted)


def test_shapes_without_width_hold_no_pixel():
    flat = [
        ellipse([3, 3, 0, 2], 0, "here"),
        ellipse([3, 3, 1e-300, 2], 20, "here"),
        rectangle([1, 1, 1, 5], 0, "here"),
        polygon([1, 1, 4, 4], "here"),
        polygon([1, 1], "here"),
    ]
    assert [drawn(region, (6, 6)).sum() for region in flat] == [0] * 5


@pytest.mark.parametrize(
    ("runs", "box", "said"),
    [
        ([3, -1, 4], (0, 0, 2, 3), "run of -1"),
        ([3, 4], (0, 0, 2, 3), "runs of 7 pixels in all; its box has 2 x 3"),
        ([], (0, 0, 2, 3), "runs of 0 pixels"),
        ([10**30], (0, 0, 2, 3), "pixels in all"),
        ([1], (0, 0, 2**31, 2**31), "2147483648 x 2147483648 pixels"),
        ([1], (0, 0, 0, 3), "0 x 3 pixels"),
        ([1], (10**9, 0, 1, 1), "lies at 0, 1000000000"),
    ],
)
def test_runs_and_boxes_that_contradict_are_refused(runs: list[int], box: tuple[int, int, int, int], said: str):
    with pytest.raises(FormatError, match=f"^here.*{said}"):
        mask(runs, box, "here")


def test_coordinates_that_are_no_numbers_are_refused():
    for bad in (math.nan, math.inf, 1e300):
        with pytest.raises(FormatError, match=r"^here"):
            polygon([0, 0, 1, bad, 3, 3], "here")
        with pytest.raises(FormatError, match=r"^here"):
            rectangle([0, 0, 1, bad], 0, "here")
    with pytest.raises(FormatError, match=r"^here: has the radii -1 and 2"):
        ellipse([0, 0, -1, 2], 0, "here")
