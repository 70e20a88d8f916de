"""Coarse maps at the photograph's size: equal to upsampling everything first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plain_decoding import softmax, upsampled
from segweave.errors import ModelError
from segweave.models.upsample import Window, score_maps, score_maps_of_evidence, upsampled_argmax


@st.composite
def coarse(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, int], Window | None]:
    """(n, h, w) maps, a size to upsample them to (larger or smaller, at any scale), and the part that it shows."""
    grid = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    size = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n = draw(st.integers(1, 12))
    maps = rng.normal(size=(n, *grid)) * draw(st.sampled_from([1.0, 20.0]))
    if draw(st.booleans()):  # large areas of one winner, where cells are filled without interpolation
        maps = upsampled(rng.normal(size=(n, 2, 2)) * 9, grid)
    if draw(st.booleans()):  # ties
        maps = maps.round()
    window = draw(st.none() | st.tuples(st.floats(0.3, grid[0]), st.floats(0.3, grid[1])))
    return maps.astype(np.float32), size, window


@settings(max_examples=150)
@given(case=coarse())
def test_upsampled_argmax_equals_upsampling_everything_first(
    case: tuple[np.ndarray, tuple[int, int], Window | None],
) -> None:
    maps, size, window = case
    assert np.array_equal(upsampled_argmax(maps, size, window=window), upsampled(maps, size, window).argmax(axis=0))


def test_the_first_of_equal_labels_wins() -> None:
    assert (upsampled_argmax(np.zeros((4, 2, 3), np.float32), (5, 7)) == 0).all()


def test_a_window_of_whole_pixels_is_a_crop_of_the_whole() -> None:
    maps = np.random.default_rng(3).normal(size=(5, 8, 12)).astype(np.float32)
    whole = upsampled_argmax(maps, (32, 48))
    assert np.array_equal(upsampled_argmax(maps, (20, 28), window=(5, 7)), whole[:20, :28])


@settings(max_examples=100)
@given(case=coarse())
def test_score_maps_equal_a_softmax_of_the_upsampled_logits(
    case: tuple[np.ndarray, tuple[int, int], Window | None],
) -> None:
    maps, size, window = case
    winner, probability, entropy = score_maps(maps, size, window=window)
    shares = softmax(upsampled(maps, size, window), axis=0)
    assert np.array_equal(winner, upsampled_argmax(maps, size, window=window))
    assert np.allclose(probability, shares.max(axis=0), atol=1e-6)
    assert np.allclose(entropy, -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=0), atol=2e-6)
    assert probability.dtype == entropy.dtype == np.float32


@settings(max_examples=100)
@given(case=coarse())
def test_score_maps_of_evidence_are_its_shares(case: tuple[np.ndarray, tuple[int, int], Window | None]) -> None:
    maps, size, window = case
    evidence = np.exp(maps.clip(-20, 20)).astype(np.float32)
    winner, probability, entropy = score_maps_of_evidence(evidence, size, window=window)
    full = upsampled(evidence, size, window)
    shares = full / full.sum(axis=0)
    assert np.array_equal(winner, full.argmax(axis=0))
    assert np.allclose(probability, shares.max(axis=0), atol=1e-6)
    assert np.allclose(entropy, -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=0), atol=2e-6)


def test_four_labels_of_equal_logits_are_a_quarter_each() -> None:
    maps = score_maps(np.zeros((4, 1, 1), np.float32), (2, 2))
    assert maps.winner.tolist() == [[0, 0], [0, 0]]
    assert maps.probability.tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert maps.entropy == pytest.approx(np.log(4))  # 1.386 nats


def test_where_there_is_no_evidence_nothing_is_known() -> None:
    maps = score_maps_of_evidence(np.zeros((4, 1, 1), np.float32), (1, 1))
    assert (maps.probability.item(), maps.entropy.item()) == (0.25, pytest.approx(np.log(4)))


def test_logits_are_not_taken_for_evidence() -> None:
    with pytest.raises(ModelError, match=r"0 or more; found -1"):
        score_maps_of_evidence(np.array([[[1.0]], [[-1.0]]], np.float32), (2, 2))


@pytest.mark.parametrize("shape", [(3, 0, 4), (3, 4, 0)])
def test_maps_without_a_cell_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ModelError, match="need cells"):
        upsampled_argmax(np.zeros(shape, np.float32), (4, 4))


def test_an_image_without_pixels_stays_one() -> None:
    assert upsampled_argmax(np.zeros((3, 2, 2), np.float32), (0, 5)).shape == (0, 5)
