"""Windows cover an input and are joined to what one large look would give, if every cell were seen alone."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segweave.models.preprocess import Frame, FramedPreprocess
from segweave.models.windows import Windows


@given(side=st.integers(1, 9), step=st.sampled_from([1, 4, 16]), more=st.integers(0, 60))
def test_windows_cover_a_side_from_its_first_to_its_last_pixel(side: int, step: int, more: int) -> None:
    windows, length = Windows(side=side * step, step=step), (side + more) * step
    starts = windows.starts(length)
    assert len(starts) == -(-length // windows.side)  # no more than needed
    assert starts[0] == 0 and starts[-1] + windows.side == length
    assert all(start % step == 0 for start in starts)
    assert all(0 < b - a <= windows.side for a, b in pairwise(starts))


@given(height=st.integers(2, 5), width=st.integers(2, 5), scale=st.sampled_from([1, 2, 4]))
def test_joined_windows_of_local_maps_are_the_maps_of_the_whole(height: int, width: int, scale: int) -> None:
    """The maps are every scale-th pixel, so that a cell depends on its own place alone."""
    windows = Windows(side=8, step=4)
    size = (height * 4, width * 4)
    values = np.random.default_rng(height * width).normal(size=(1, 3, *size)).astype(np.float32)
    parts = [part[0, :, ::scale, ::scale] for part in windows.cut(values)]
    assert {part.shape for part in parts} == {(3, 8 // scale, 8 // scale)}
    np.testing.assert_allclose(windows.joined(parts, size), values[0, :, ::scale, ::scale], rtol=0, atol=1e-6)


def test_an_overlap_is_averaged() -> None:
    windows = Windows(side=4, step=1)  # over 6 px: 0..4 and 2..6
    parts = [np.zeros((1, 4, 4), np.float32), np.ones((1, 4, 4), np.float32)]
    assert windows.joined(parts, (4, 6))[0, 0].tolist() == [0, 0, 0.5, 0.5, 1, 1]


def test_the_shorter_side_is_one_window_and_the_longer_one_whole_steps() -> None:
    how = Windows(side=64, step=16).framed(FramedPreprocess(frame=Frame(exact=(9, 9)), mean=(1, 2, 3)))
    assert how.frame.scaled((90, 131)) == (64, 96)  # 93.2 px are nearest to 6 steps
    assert how.mean == (1, 2, 3)
