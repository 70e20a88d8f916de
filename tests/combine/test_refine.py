"""Refining steps, by hand."""

import numpy as np
import pytest

from combine.plans import CITY, labels
from segweave.combine.refine import STEPS, Scene, connected_parts, guided, refined, snap, steps_named, vote
from segweave.errors import UsageError
from segweave.segmentation import Segment, Segmentation

GREY = np.full((1, 10, 3), 128, np.uint8)


def scene(primary: np.ndarray, regions: np.ndarray, photograph: np.ndarray | None = None) -> Scene:
    grey = np.full((*primary.shape, 3), 128, np.uint8) if photograph is None else photograph
    return Scene(primary=primary, regions=regions, photograph=grey)


def test_a_segment_changed_nearly_whole_is_changed_whole_and_one_hardly_changed_not_at_all() -> None:
    primary, regions = labels([0] * 5 + [1] * 5), labels([1] * 5 + [2] * 5)
    output = labels([3, 3, 3, 3, 0, 1, 1, 3, 1, 1])  # 4 of 5; 1 of 5
    assert snap(output, scene(primary, regions)).tolist() == [[3] * 5 + [1] * 5]


def test_what_is_neither_nearly_whole_nor_hardly_changed_stays_as_it_is() -> None:
    primary, regions = labels([0] * 5), labels([1] * 5)
    output = labels([3, 3, 3, 0, 0])
    assert snap(output, scene(primary, regions)).tolist() == output.tolist()
    assert snap(output, scene(primary, regions), share=0.6).tolist() == [[3] * 5]


def test_snap_wants_more_than_half() -> None:
    with pytest.raises(UsageError, match=r"share must lie in 0\.5\.\.1; found 0\.5"):
        snap(labels([0]), scene(labels([0]), labels([1])), share=0.5)


def test_void_of_the_primary_stays_void() -> None:
    primary, regions = labels([-1, 0, 0, 0]), labels([0, 1, 1, 1])
    output = labels([-1, 3, 3, 3])
    for name, step in STEPS.items():
        assert step(output, scene(primary, regions))[0, 0] == -1, name


def test_a_vote_gives_each_segment_the_label_of_most_of_its_pixels() -> None:
    regions = labels([1, 1, 1, 2, 2, 0])
    output = labels([3, 3, 0, 4, 1, -1])  # 3 wins; 1 and 4 are equal: the lowest
    assert vote(output, scene(labels([0, 0, 0, 1, 1, -1]), regions)).tolist() == [[3, 3, 3, 1, 1, -1]]


def test_a_guided_contour_moves_to_the_edge_in_the_photograph() -> None:
    photograph = np.zeros((20, 40, 3), np.uint8)
    photograph[:, 20:] = 255  # the thing is white; the mask stops 3 px short of its edge
    primary = np.zeros((20, 40), np.int32)
    output = primary.copy()
    output[:, 23:] = 3
    found = guided(output, scene(primary, np.ones_like(primary), photograph), radius=8, epsilon=1e-4)
    assert (found[:, 21:] == 3).all() and (found[:, :20] == 0).all()


def test_a_guided_filter_keeps_what_needs_no_change() -> None:
    primary = np.zeros((20, 40), np.int32)
    assert np.array_equal(guided(primary, scene(primary, primary + 1)), primary)


def test_parts_of_one_segment_that_do_not_touch_are_regions_of_their_own() -> None:
    seg = Segmentation(np.array([[1, 2, 1], [0, 2, 1]]), (Segment(label=0), Segment(label=1)), CITY)
    assert connected_parts(seg).tolist() == [[1, 3, 2], [0, 3, 2]]


def test_steps_follow_one_another_in_the_order_given() -> None:
    primary, regions = labels([0] * 5), labels([1] * 5)
    output = labels([3, 3, 3, 3, 0])
    assert refined(output, scene(primary, regions), ["snap", "vote"]).tolist() == [[3] * 5]
    assert refined(output, scene(primary, regions), []).tolist() == output.tolist()
    with pytest.raises(UsageError, match="refining step 'vot' is not known; did you mean 'vote'"):
        steps_named(["snap", "vot"])
