"""From photograph to network input, and that the way back is exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.errors import ModelError
from segweave.models import Preprocess
from segweave.models.decode import upsampled_argmax
from segweave.models.preprocess import resized


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
