"""Colours: apart where they must be, the label set's own where they can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import SOME_LABELS
from segweave.draw import colorblind_colors, label_colors, segment_colors
from segweave.draw.oklab import from_oklab, seen_by_all, to_oklab
from segweave.errors import UsageError
from segweave.labels import Label, LabelSet, label_set, table_names
from segweave.segmentation import Instances, Rle, Segment, Segmentation

COLORS = st.tuples(*[st.integers(0, 255)] * 3)


def least_distance(lab: np.ndarray) -> float:
    """The least distance of two of (..., n, 3) colours, over all leading axes."""
    distances = np.linalg.norm(lab[..., :, None, :] - lab[..., None, :, :], axis=-1)
    return float(distances[..., ~np.eye(lab.shape[-2], dtype=bool)].min())


def cars(n: int) -> Segmentation:
    """n cars in a row, a pixel each, and road."""
    ids = np.array([[*range(1, n + 2)]])
    car, road = SOME_LABELS.index("car"), SOME_LABELS.index("road")
    return Segmentation(ids, (*[Segment(label=car)] * n, Segment(label=road)), SOME_LABELS)


def test_oklab_agrees_with_the_values_its_author_gives() -> None:
    # Ottosson 2020: white is (1, 0, 0); sRGB red is (0.628, 0.225, 0.126)
    white, red = to_oklab(np.array([[255, 255, 255], [255, 0, 0]], np.uint8))
    assert white == pytest.approx((1, 0, 0), abs=1e-3)
    assert red == pytest.approx((0.628, 0.225, 0.126), abs=1e-3)


@given(COLORS)
def test_a_colour_comes_back_from_oklab(color: tuple[int, int, int]) -> None:
    rgb = np.array([color], np.uint8)
    back, inside = from_oklab(to_oklab(rgb))
    assert back.tolist() == rgb.tolist() and inside.all()


def test_a_colour_blind_eye_sees_grey_as_grey() -> None:
    grey = np.array([[128, 128, 128]], np.uint8)
    assert np.abs(seen_by_all(grey) - to_oklab(grey)).max() < 1e-3


@pytest.mark.parametrize("name", table_names())
def test_the_labels_of_a_shipped_table_can_be_told_apart(name: str) -> None:
    labels = label_set(name)
    colors = label_colors(labels)
    own = np.array([label.color for label in labels], np.uint8)
    assert least_distance(to_oklab(colors)) > 0.055
    kept = (colors == own).all(axis=1).mean()  # moved only where it must be: these two repeat and crowd their colours
    assert kept > (0.2 if name in ("ade20k", "mapillary_v2_0") else 0.6)


@given(st.lists(COLORS, min_size=1, max_size=40))
def test_label_colours_are_apart_whatever_the_set_says(own: list[tuple[int, int, int]]) -> None:
    labels = LabelSet("any", tuple(Label(name=f"l{k}", is_thing=False, color=c) for k, c in enumerate(own)))
    colors = label_colors(labels)
    assert len(own) < 2 or least_distance(to_oklab(colors)) > 0.05
    assert not colors.flags.writeable


def test_labels_that_nobody_coloured_are_far_apart() -> None:
    labels = LabelSet("plain", tuple(Label(name=f"l{k}", is_thing=False) for k in range(12)))
    assert least_distance(to_oklab(label_colors(labels))) > 0.15


@pytest.mark.parametrize(("n", "bound"), [(8, 0.076), (19, 0.076), (32, 0.064), (64, 0.041), (133, 0.026)])
def test_colour_blind_colours_stay_apart_for_every_eye(n: int, bound: float) -> None:
    # Bounds as measured; 0.076 is what Okabe and Ito's own eight keep.
    assert least_distance(seen_by_all(colorblind_colors(n))) > bound


def test_colour_blind_colours_do_not_depend_on_how_many_are_asked_for() -> None:
    assert colorblind_colors(5).tolist() == colorblind_colors(40)[:5].tolist()
    assert len(colorblind_colors(0)) == 0
    with pytest.raises(UsageError, match="n >= 0"):
        colorblind_colors(-1)


@given(COLORS, st.integers(2, 90))
def test_shades_of_one_label_are_distinct_and_start_with_its_colour(color: tuple[int, int, int], n: int) -> None:
    colors = np.zeros((len(SOME_LABELS), 3), np.uint8)
    colors[SOME_LABELS.index("car")] = color
    found = segment_colors(cars(n), colors)
    assert found[0].tolist() == list(color)
    assert len(np.unique(found[:n], axis=0)) == n
    assert found[n].tolist() == [0, 0, 0]  # road is stuff: the label's colour


@pytest.mark.parametrize("label", ["car", "person"])
def test_neighbouring_shades_of_a_few_things_are_well_apart(label: str) -> None:
    colors = label_colors(SOME_LABELS).copy()
    colors[SOME_LABELS.index("car")] = colors[SOME_LABELS.index(label)]
    found = to_oklab(segment_colors(cars(12), colors)[:12])
    assert np.linalg.norm(np.diff(found, axis=0), axis=1).min() > 0.04


def test_many_things_have_shades_too_and_the_first_are_the_same() -> None:
    colors = label_colors(SOME_LABELS)
    many = segment_colors(cars(700), colors)[:700]
    assert len(np.unique(many, axis=0)) == 700
    assert many[:10].tolist() == segment_colors(cars(10), colors)[:10].tolist()


def test_instances_have_a_colour_each_and_none_have_none() -> None:
    mask = Rle.from_mask(np.ones((2, 2)))
    person = Segment(label=SOME_LABELS.index("person"))
    two = Instances((2, 2), (mask, mask), (person, person), SOME_LABELS)
    found = segment_colors(two, label_colors(SOME_LABELS))
    assert found[0].tolist() == [220, 20, 60] and found[1].tolist() != [220, 20, 60]
    sky = Segment(label=SOME_LABELS.index("sky"))
    skies = Instances((2, 2), (mask, mask), (sky, sky), SOME_LABELS)
    assert segment_colors(skies, label_colors(SOME_LABELS)).tolist() == [[70, 130, 180]] * 2  # stuff has no shades
    assert segment_colors(Instances((2, 2), (), (), SOME_LABELS), label_colors(SOME_LABELS)).shape == (0, 3)


@pytest.mark.parametrize("colors", [np.zeros((4, 3), np.uint8), np.zeros((5, 3)), np.zeros((5, 4), np.uint8)])
def test_colours_of_another_shape_or_type_are_refused(colors: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"\(5, 3\) uint8"):
        segment_colors(cars(1), colors)
