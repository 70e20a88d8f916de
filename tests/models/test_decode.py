"""Decoding: equal to the plain way of doing it, and right on cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plain_decoding import upsampled
from segweave.labels import Label, LabelSet
from segweave.models import CenterRule
from segweave.models.decode import decode_centers, decode_logits, find_centers, softmax
from segweave.models.upsample import upsampled_argmax

LABELS = LabelSet(
    "street",
    (
        Label(name="road", is_thing=False),
        Label(name="car", is_thing=True),
        Label(name="person", is_thing=True),
    ),
)
RULE = CenterRule(min_share=0.0)


def logits_of(winners: list[list[int]], n: int = 3) -> np.ndarray:
    """(n, h, w) logits: 5 for the winner, 0 for the rest."""
    return np.eye(n, dtype=np.float32)[np.array(winners)].transpose(2, 0, 1) * np.float32(5)


def test_a_semantic_score_is_the_mean_probability_of_the_label() -> None:
    logits = logits_of([[0, 0], [1, 1]])
    seg = decode_logits(logits, (2, 2), LABELS)
    # softmax of (5, 0, 0): e^5 / (e^5 + 2) = 148.413 / 150.413 = 0.98670
    assert seg.label_names() == ("road", "car")
    assert [s.score for s in seg.segments] == pytest.approx([0.98670, 0.98670], abs=1e-5)


def test_padding_is_not_part_of_the_semantic_result() -> None:
    logits = logits_of([[0, 1, 2], [0, 1, 2]])  # the person stands in the padding
    seg = decode_logits(logits, (2, 4), LABELS, window=(2, 2))
    assert seg.ids.tolist() == [[1, 1, 2, 2]] * 2
    assert [s.score for s in seg.segments] == pytest.approx([0.98670, 0.98670], abs=1e-5)


def test_softmax_sums_to_one_and_survives_large_logits() -> None:
    probabilities = softmax(np.array([[[1000.0]], [[999.0]]], np.float32))
    assert probabilities.shape == (1, 1, 2)
    assert probabilities[0, 0] == pytest.approx([0.731059, 0.268941], abs=1e-5)


def test_centers_are_local_maxima_above_the_threshold_best_first() -> None:
    heat = np.zeros((9, 9), np.float32)
    heat[1, 1], heat[1, 2], heat[7, 7], heat[4, 4] = (
        0.5,
        0.4,
        0.9,
        0.2,
    )  # (1, 2) is beside a higher one; 0.2 is not > 0.2
    places, scores = find_centers(heat, RULE)
    assert places.tolist() == [[7, 7], [1, 1]]
    assert scores.tolist() == pytest.approx([0.9, 0.5])


def test_no_more_centers_than_asked_for() -> None:
    heat = np.zeros((9, 9), np.float32)
    heat[::4, ::4] = np.arange(9).reshape(3, 3) / 10 + 0.1
    places, _ = find_centers(heat, CenterRule(most=2))
    assert places.tolist() == [[8, 8], [8, 4]]


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Road above, below it two cars side by side whose cells point at (3, 1) and (3, 4)."""
    logits = logits_of([[0] * 6, [0] * 6, [1] * 6, [1] * 6])
    heat = np.zeros((1, 4, 6), np.float32)
    heat[0, 3, 1], heat[0, 3, 4] = 0.8, 0.6
    offsets = np.zeros((2, 4, 6), np.float32)
    for row in (2, 3):
        for column in range(6):
            offsets[:, row, column] = 3 - row, (1 if column < 3 else 4) - column
    return logits, heat, offsets


def test_touching_things_are_told_apart_by_where_their_pixels_point() -> None:
    seg = decode_centers(*scene(), size=(4, 6), labels=LABELS, rule=CenterRule(window=3, min_share=0.0))
    assert seg.label_names() == ("road", "car", "car")
    assert seg.ids.tolist() == [[1] * 6, [1] * 6, [2, 2, 2, 3, 3, 3], [2, 2, 2, 3, 3, 3]]
    assert [s.score for s in seg.segments] == pytest.approx([0.98670, 0.8 * 0.98670, 0.6 * 0.98670], abs=1e-5)


def test_a_thing_takes_the_label_of_most_of_its_pixels() -> None:
    logits, heat, offsets = scene()
    logits[:, 2, 0] = 0, 0, 5  # one of the left car's six cells says person
    seg = decode_centers(logits, heat, offsets, size=(4, 6), labels=LABELS, rule=CenterRule(window=3, min_share=0.0))
    assert seg.label_names() == ("road", "car", "car")
    assert seg.areas().tolist() == [12, 6, 6]


def test_things_that_are_too_small_become_void() -> None:
    logits, heat, offsets = scene()
    seg = decode_centers(logits, heat, offsets, size=(4, 6), labels=LABELS, rule=CenterRule(window=3, min_share=7 / 24))
    assert seg.label_names() == ("road",)
    assert seg.void_area() == 12


def test_without_a_center_connected_parts_are_the_things() -> None:
    logits = logits_of([[1, 0, 1], [1, 0, 1]])
    heat, offsets = np.zeros((1, 2, 3), np.float32), np.zeros((2, 2, 3), np.float32)
    seg = decode_centers(logits, heat, offsets, size=(2, 3), labels=LABELS, rule=RULE)
    assert sorted(seg.label_names()) == ["car", "car", "road"]
    assert seg.void_area() == 0


@settings(max_examples=40)
@given(
    grid=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 2**31),
)
def test_any_maps_give_a_valid_result_whose_labels_are_the_semantic_ones(
    grid: tuple[int, int], size: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(3, *grid)).astype(np.float32)
    heat = rng.random((1, *grid)).astype(np.float32)
    offsets = rng.normal(size=(2, *grid)).astype(np.float32) * 3
    seg = decode_centers(logits, heat, offsets, size=size, labels=LABELS, rule=CenterRule(threshold=0.7, min_share=0.0))
    semantic = upsampled_argmax(logits, size)
    assert seg.size == size
    assert seg.void_area() == 0
    is_road = semantic == 0
    assert ((seg.label_indices() == 0) == is_road).all()  # things change their thing label at most
    assert all(s.score is not None and 0 <= s.score <= 1 for s in seg.segments)


def test_every_thing_pixel_goes_to_the_nearest_center() -> None:
    rng = np.random.default_rng(7)
    grid, size = (6, 8), (23, 37)
    logits = np.zeros((3, *grid), np.float32)
    logits[1] = 5  # cars everywhere
    heat = np.zeros((1, *grid), np.float32)
    centers = np.array([(1, 1), (4, 6), (5, 2)])
    heat[0, centers[:, 0], centers[:, 1]] = 0.9, 0.8, 0.7
    offsets = rng.normal(size=(2, *grid)).astype(np.float32)
    seg = decode_centers(logits, heat, offsets, size=size, labels=LABELS, rule=CenterRule(window=3, min_share=0.0))
    rows = np.maximum((np.arange(size[0]) + 0.5) * grid[0] / size[0] - 0.5, 0)[:, None]
    columns = np.maximum((np.arange(size[1]) + 0.5) * grid[1] / size[1] - 0.5, 0)[None, :]
    full = upsampled(offsets.astype(np.float64), size)
    distances = [(r - rows - full[0]) ** 2 + (c - columns - full[1]) ** 2 for r, c in centers]
    assert (seg.ids == np.argmin(distances, axis=0) + 1).mean() > 0.998  # a tie may fall either way in float32
