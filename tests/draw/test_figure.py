"""Legends that add up, and figures that never fail and cut nothing off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.draw import figure, legend, legend_rows, overlay
from segweave.draw.legend import capped
from segweave.errors import LabelError, SegweaveError, UsageError
from segweave.labels import label_set
from segweave.segmentation import Instances, Rle, Segment, Segmentation, assemble

COCO = label_set("coco_panoptic")


def stripes(size: tuple[int, int], n: int) -> Segmentation:
    """n labels of COCO in n stripes from left to right, and void at the end."""
    ids = np.broadcast_to(np.arange(size[1]) * (n + 1) // size[1] + 1, size)
    return assemble(np.where(ids > n, 0, ids), [Segment(label=k) for k in range(n)], COCO)


@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_shares_sum_to_100_percent_and_fall_to_the_void_row(seed: int, size: tuple[int, int]) -> None:
    seg = random_segmentation(np.random.default_rng(seed), size, COCO)
    rows = legend_rows(seg)
    assert sum(row.share for row in rows) == pytest.approx(1)
    shown = sum(float(row.share_text.rstrip(" %")) for row in rows if not row.share_text.startswith("<"))
    assert shown == pytest.approx(100)
    labelled = [row.share for row in rows if row.label is not None]
    assert labelled == sorted(labelled, reverse=True)
    assert [row.label for row in rows].count(None) == (seg.void_area() > 0)


def test_a_legend_counts_things_and_not_stuff() -> None:
    ids = np.array([[1, 2, 3, 3, 3, 3, 3, 0, 0, 4]])
    car, sky = SOME_LABELS.index("car"), SOME_LABELS.index("sky")
    parts = (Segment(label=car), Segment(label=car), Segment(label=sky), Segment(label=car, crowd=True))
    rows = legend_rows(Segmentation(ids, parts, SOME_LABELS))
    # sky 5 of 10 px, cars 3 (one of them a crowd), void 2
    assert [(r.name, r.count, r.crowd, r.share_text) for r in rows] == [
        ("sky", None, False, "50.0 %"),
        ("car", 3, True, "30.0 %"),
        ("void", None, False, "20.0 %"),
    ]
    assert rows[1].count_text == "\u00d7 3+" and rows[0].count_text == ""
    uncounted = legend_rows(Segmentation(ids, parts, SOME_LABELS), counts=False)
    assert [(r.name, r.count, r.count_text) for r in uncounted] == [
        ("sky", None, ""),
        ("car", None, ""),
        ("void", None, ""),
    ]


def test_a_hidden_instance_counts_but_owns_no_area() -> None:
    mask = Rle.from_mask(np.array([[1, 1, 0, 0]]))
    person = SOME_LABELS.index("person")
    both = (Segment(label=person, score=0.9), Segment(label=person, score=0.5))
    rows = legend_rows(Instances((1, 4), (mask, mask), both, SOME_LABELS), language="ko")
    assert [(r.name, r.count, r.share) for r in rows] == [("person", 2, 0.5), ("라벨 없음", None, 0.5)]


def test_rows_without_room_are_summed_up_in_the_last_one() -> None:
    rows = legend_rows(stripes((1, 110), 10))
    short = capped(rows, 4)
    assert [row.name for row in short[:3]] == [row.name for row in rows[:3]]
    assert short[3].name == "+ 8" and sum(row.share for row in short) == pytest.approx(1)


def test_a_legend_has_the_size_asked_for_and_the_colours_of_its_labels() -> None:
    seg = stripes((10, 110), 10)
    drawn = legend(seg, (300, 260))
    assert drawn.shape == (300, 260, 3)
    seen = {tuple(c) for c in drawn.reshape(-1, 3).tolist()}
    assert all(COCO[k].color in seen for k in (0, 2, 4))
    assert legend(seg, (0, 0)).shape == (0, 0, 3) and legend(seg, (7, 3)).shape == (7, 3, 3)
    with pytest.raises(UsageError, match="em"):
        legend(seg, (10, 10), em=0)


@pytest.mark.parametrize("n", [1, 5, 26, 70, 130])
@pytest.mark.parametrize("size", [(240, 320), (360, 480), (480, 240), (200, 1400)])
def test_a_figure_keeps_the_photograph_and_cuts_nothing_off(size: tuple[int, int], n: int) -> None:
    seg = stripes(size, n)
    image = np.random.default_rng(n).integers(0, 256, (*size, 3), dtype=np.uint8)
    page = figure(image, seg, opacity=0.3, language="ja")
    assert np.array_equal(page[: size[0], : size[1]], overlay(image, seg, opacity=0.3, language="ja"))
    rest = page.copy()
    rest[: size[0], : size[1]] = 255
    if n < 80:  # as much ink as in a legend that has all the room it may want
        assert (rest != 255).sum() == (legend(seg, (2000, 500), em=12, language="ja") != 255).sum()
    assert (rest[-2:] == 255).all() and (rest[:, -2:] == 255).all()  # a margin all around: nothing touches the edge
    assert page.shape[0] < 4 * size[0] + 600 and page.shape[1] < 4 * size[1] + 600


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (30_000, 10), (10, 30_000), (1, 5000)])
def test_figures_of_extreme_photographs_stay_sane(size: tuple[int, int]) -> None:
    seg = Segmentation(np.ones(size, np.int32), (Segment(label=5),), COCO)
    page = figure(np.full((*size, 3), 90, np.uint8), seg)
    assert page.dtype == np.uint8 and page.shape[2] == 3
    assert page.shape[0] <= max(size[0], 16 * size[0] + 100) and page.shape[1] <= size[1] + 600


def test_a_tiny_photograph_is_enlarged_by_a_whole_factor() -> None:
    seg = stripes((30, 40), 2)
    page = figure(np.zeros((30, 40, 3), np.uint8), seg, opacity=1)
    assert page.shape[0] >= 180 and page.shape[1] >= 240
    assert page[60, 20].tolist() == list(COCO[0].color)


@pytest.mark.parametrize("size", [(50, 80), (0, 0), (0, 7)])
def test_a_figure_of_nothing_is_the_photograph_with_a_void_row(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 7, np.uint8)
    for nothing in (Segmentation(np.zeros(size, int), (), COCO), Instances(size, (), (), COCO)):
        page = figure(image, nothing)
        assert (page[: size[0], : size[1]] == 7).all()
        assert [row.name for row in legend_rows(nothing)] == ["void"] * (size[0] > 0)


def test_a_figure_refuses_what_an_overlay_refuses() -> None:
    seg = stripes((5, 5), 2)
    for image, options in (
        (np.zeros((4, 5, 3), np.uint8), {}),
        (np.zeros((5, 5, 3), np.uint8), {"opacity": 2}),
        (np.zeros((5, 5, 3), np.uint8), {"colors": np.zeros((2, 3), np.uint8)}),
    ):
        with pytest.raises(SegweaveError):
            figure(image, seg, **options)
    with pytest.raises(LabelError, match="'xx'"):
        figure(np.zeros((5, 5, 3), np.uint8), Segmentation(np.zeros((5, 5), int), (), COCO), language="xx")
