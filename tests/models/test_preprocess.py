"""From photograph to network input, and that the way back is exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.errors import ModelError
from segweave.models import Preprocess
from segweave.models.decode import upsampled_argmax
from segweave.models.preprocess import Frame, FramedPreprocess, resized


@given(height=st.integers(1, 40_000), width=st.integers(1, 40_000))
def test_every_image_size_gives_an_input_of_about_the_wanted_pixels(height: int, width: int) -> None:
    preprocess = Preprocess(pixels=384 * 512, multiple=32)
    rows, columns = preprocess.network_size((height, width))
    assert rows % 32 == columns % 32 == 0
    assert rows >= 32 and columns >= 32
    assert rows * columns <= 1.6 * 384 * 512  # rounding to multiples of 32 may add half a step to a thin side
    if 0.25 <= height / width <= 4:
        assert 0.8 <= rows * columns / (384 * 512) <= 1.25
        assert 0.8 <= (rows / columns) / (height / width) <= 1.25


def test_values_are_normalised_channel_by_channel() -> None:
    preprocess = Preprocess(pixels=4, mean=(10, 20, 30), std=(1, 2, 4))
    photo = np.full((2, 2, 3), (12, 24, 38), np.uint8)
    found = preprocess.to_input(photo, (2, 2))
    assert found.shape == (1, 3, 2, 2)
    assert found.dtype == np.float32
    assert found[0, :, 0, 0].tolist() == [2, 2, 2]  # (12-10)/1, (24-20)/2, (38-30)/4


@pytest.mark.parametrize(("new", "old"), [((40, 60), (10, 15)), ((10, 15), (40, 60)), ((64, 32), (33, 47))])
def test_a_half_plane_comes_back_to_within_a_pixel_after_going_through_the_network_grid(
    new: tuple[int, int], old: tuple[int, int]
) -> None:
    photo = np.zeros((*old, 3), np.uint8)
    photo[:, : old[1] // 3] = 255
    seen = resized(photo, new)[..., 0].astype(np.float32) / 255
    back = upsampled_argmax(np.stack([1 - seen, seen]), old)
    edges = (back == 1).sum(axis=1)
    assert np.abs(edges - old[1] // 3).max() <= 1


def test_an_image_of_the_wanted_size_is_not_touched() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    assert resized(photo, (7, 9)) is photo


@pytest.mark.parametrize(
    "wrong", [{"pixels": 0}, {"pixels": 9, "multiple": 4}, {"pixels": 9, "std": (1, 0, 1)}, {"pixels": 9, "mean": (1,)}]
)
def test_impossible_preprocessing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        Preprocess(**wrong)  # type: ignore[arg-type]


SIDES = st.integers(1, 5000)


@given(height=SIDES, width=SIDES, shortest=st.integers(8, 900), times=st.floats(1, 4))
def test_the_shortest_side_is_kept_unless_the_longest_would_be_too_long(
    height: int, width: int, shortest: int, times: float
) -> None:
    longest = int(shortest * times)
    rows, columns = Frame(shortest=shortest, longest=longest).scaled((height, width))
    assert min(rows, columns) <= shortest and max(rows, columns) <= longest
    assert min(rows, columns) == shortest or max(rows, columns) == longest
    assert abs(rows * width - columns * height) <= max(height, width)  # the aspect ratio, to within a rounded pixel


@given(height=SIDES, width=SIDES, multiple=st.sampled_from([1, 4, 32]), step=st.sampled_from([1, 14, 32]))
def test_an_input_is_padded_by_less_than_a_step(height: int, width: int, multiple: int, step: int) -> None:
    frame = Frame(shortest=64, multiple=multiple, pad_multiple=step)
    scaled = frame.scaled((height, width))
    assert all(side % multiple == 0 for side in scaled)
    assert all(0 <= outer - inner < step for outer, inner in zip(frame.padded(scaled), scaled, strict=True))
    assert all(outer % step == 0 for outer in frame.padded(scaled))


def test_without_a_limit_a_thread_like_photograph_is_stretched() -> None:
    assert Frame(shortest=100).scaled((2, 40_000)) == (100, 1600)  # 2,000,000 columns otherwise


@pytest.mark.parametrize(
    ("frame", "scaled", "padded"),
    [
        (Frame(longest=640, pad_to=(640, 640)), (640, 480), (640, 640)),  # 400 x 300 by 1.6
        (Frame(exact=(512, 512)), (512, 512), (512, 512)),
        (
            Frame(exact=(384, 384), keep_aspect=True),
            (384, 288),
            (384, 288),
        ),  # factors 0.96 and 1.28: 0.96 is nearer to 1
        (Frame(exact=(384, 384), keep_aspect=True, multiple=32), (384, 288), (384, 288)),
        (Frame(multiple=32), (416, 288), (416, 288)),  # 12.5 and 9.375 multiples: 13 and 9
        (Frame(), (400, 300), (400, 300)),
    ],
)
def test_a_photograph_of_400_by_300_is_framed_so(
    frame: Frame, scaled: tuple[int, int], padded: tuple[int, int]
) -> None:
    assert frame.scaled((400, 300)) == scaled
    assert frame.padded(scaled) == padded


@pytest.mark.parametrize("black", [False, True])
def test_padding_is_nothing_or_black(black: bool) -> None:
    how = FramedPreprocess(frame=Frame(pad_to=(3, 4)), mean=(10, 20, 30), std=(1, 2, 5), black=black)
    found = how.to_input(np.full((2, 2, 3), (12, 24, 40), np.uint8))
    assert found.values.shape == (1, 3, 3, 4)
    assert found.shown == (2, 2)
    assert found.window((6, 16)) == (4.0, 8.0)
    assert found.values[0, :, 1, 1].tolist() == [2, 2, 2]
    padding = [-10, -10, -6] if black else [0, 0, 0]  # (0 - mean) / std
    assert found.values[0, :, 2, 3].tolist() == found.values[0, :, 0, 2].tolist() == padding


def test_channels_can_come_in_the_other_order() -> None:
    how = FramedPreprocess(frame=Frame(), bgr=True, mean=(1, 0, 0))
    assert how.to_input(np.full((1, 1, 3), (7, 8, 9), np.uint8)).values[0, :, 0, 0].tolist() == [8, 8, 7]


@pytest.mark.parametrize(
    "wrong", [{"shortest": 0}, {"longest": -1}, {"exact": (0, 5)}, {"pad_to": (5, 0)}, {"multiple": 0}]
)
def test_impossible_frames_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="at least 1 px"):
        Frame(**wrong)  # type: ignore[arg-type]
