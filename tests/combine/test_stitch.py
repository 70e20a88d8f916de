"""Tiles put together again: what a model that is never wrong says of the tiles is what it says of the whole image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combine.tiles import as_sets, connected_scenes, cut, cut_instances, cuts
from scenes import SOME_LABELS, segmentations
from segweave.combine.stitch import stitch
from segweave.combine.stitch_instances import stitch_instances
from segweave.combine.tile_grid import tile_grid
from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation import (
    Instances,
    Rle,
    Segment,
    Segmentation,
    assemble,
    panoptic_to_instances,
    panoptic_to_semantic,
)

CAR, PERSON = 3, 4


@given(connected_scenes(), cuts())
def test_a_scene_survives_being_cut_and_stitched(seg: Segmentation, sides: tuple[int, int]):
    grid = tile_grid(seg.size, tile=sides[0], overlap=sides[1])
    assert as_sets(stitch(grid, cut(seg, grid))) == as_sets(seg)


@given(connected_scenes(), cuts())
def test_masks_survive_being_cut_and_stitched(seg: Segmentation, sides: tuple[int, int]):
    grid = tile_grid(seg.size, tile=sides[0], overlap=sides[1])
    things = panoptic_to_instances(seg)
    assert as_sets(stitch_instances(grid, cut_instances(things, grid))) == as_sets(things)


@given(segmentations(labels=SOME_LABELS, max_side=20), cuts(least_overlap=0))
def test_a_semantic_result_survives_any_cut(seg: Segmentation, sides: tuple[int, int]):
    """Labels only, so even where tiles share nothing; segments come in label order, as the models give them."""
    whole = panoptic_to_semantic(seg)
    grid = tile_grid(seg.size, tile=sides[0], overlap=sides[1])
    found = stitch(grid, cut(whole, grid), semantic=True)
    assert np.array_equal(found.ids, whole.ids)
    assert [s.label for s in found.segments] == [s.label for s in whole.segments]


@given(st.data())
def test_any_tiles_give_a_valid_result_that_each_owner_agrees_with(data: st.DataObject):
    """Tiles that know nothing of each other."""
    size = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    sides = data.draw(cuts(least_overlap=0))
    grid = tile_grid(size, tile=sides[0], overlap=sides[1])
    parts = [data.draw(segmentations(labels=SOME_LABELS, size=tile.size, max_segments=4)) for tile in grid]
    found = stitch(grid, parts)  # the constructor checks it
    things = stitch_instances(grid, [panoptic_to_instances(part) for part in parts])
    for tile, part in zip(grid, parts, strict=True):
        assert np.array_equal(found.label_indices()[tile.owned], part.label_indices()[tile.owned_here])
    is_thing = np.isin(found.label_indices(), SOME_LABELS.things)
    seen = np.zeros(size, bool)
    for k in range(len(things)):
        seen |= things.mask(k)
    assert np.array_equal(seen, is_thing)
    assert as_sets(things) == as_sets(panoptic_to_instances(found))


def parts_of(rows: list[list[int]], labels: tuple[int, ...], *, scores: tuple[float, ...] = ()) -> Segmentation:
    """A tile's result from ids and the label of each."""
    segments = [Segment(label=n, score=s) for n, s in zip(labels, scores or [None] * len(labels), strict=True)]
    return assemble(np.array(rows, np.int32), segments, SOME_LABELS)


def test_one_car_on_four_tiles_is_one_and_two_that_touch_stay_two():
    # 7 x 7, tiles of 4 that share one line: they part after the fourth
    ids = np.zeros((7, 7), np.int32)
    ids[2:5, 2:5] = 1  # over the corner of all four
    ids[2:5, 5:7] = 2  # beside it, over the seam between the two on the right
    seg = assemble(ids, [Segment(label=CAR), Segment(label=CAR)], SOME_LABELS)
    grid = tile_grid(seg.size, tile=4, overlap=1)
    assert len(grid) == 4
    found = stitch(grid, cut(seg, grid))
    assert np.array_equal(found.ids, seg.ids) and len(found) == 2


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0, 0, 0]),  # 3 of 3 shared
        ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1]),  # 2 of 2: the smaller lies in the other
        ([0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 0, 1]),  # 2 of 2, though torn
        ([0, 0, 0, 1, 1, 0], [0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 2, 2, 2, 2]),  # 1 of 2: not more than half
        ([0, 0, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 0, 2, 0, 0, 0]),  # nothing shared
        ([0, 0, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0]),  # the left one owns nothing of its own
    ],
)
def test_things_are_one_where_they_share_more_than_half_of_the_smaller(
    first: list[int], second: list[int], expected: list[int]
):
    # 1 x 8, tiles of 6 that share columns 2 to 5 and part in the middle, before column 4
    grid = tile_grid((1, 8), tile=6, overlap=3)
    assert [(span.start, span.first) for span in grid.columns] == [(0, 0), (2, 4)]
    parts = [parts_of([first], (CAR,)), parts_of([second], (CAR,))]
    found = stitch(grid, parts)
    assert found.ids.tolist() == [expected]
    masks = stitch_instances(grid, [panoptic_to_instances(part) for part in parts])
    assert as_sets(masks) == as_sets(found)


def test_things_of_two_labels_stay_two():
    # 1 x 4, tiles of 3 that share columns 1 and 2 and part between them
    grid = tile_grid((1, 4), tile=3, overlap=1)
    found = stitch(grid, [parts_of([[0, 1, 1]], (CAR,)), parts_of([[1, 1, 0]], (PERSON,))])
    assert found.label_indices().tolist() == [[-1, CAR, PERSON, -1]]


def test_tiles_that_share_nothing_are_joined_by_the_lines_at_the_seam():
    """Two cars, one above the other, cross the seam; what touches it from the right alone stays by itself."""
    grid = tile_grid((4, 8), tile=4, overlap=0)
    left = parts_of([[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 2], [0, 0, 0, 0]], (CAR, CAR))
    right = parts_of([[1, 1, 0, 0], [2, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]], (CAR, CAR, CAR))
    expected = [[0, 0, 0, 1, 1, 1, 0, 0], [0, 0, 0, 2, 2, 0, 0, 0], [0, 0, 0, 2, 2, 0, 0, 0], [0, 0, 0, 0, 3, 0, 0, 0]]
    assert stitch(grid, [left, right]).ids.tolist() == expected
    above = tile_grid((8, 4), tile=4, overlap=0)
    turned = [assemble(np.ascontiguousarray(part.ids.T), part.segments, SOME_LABELS) for part in (left, right)]
    assert stitch(above, turned).ids.T.tolist() == expected
    masks = stitch_instances(grid, [panoptic_to_instances(part) for part in (left, right)])
    assert as_sets(masks) == as_sets(stitch(grid, [left, right]))


def test_the_score_is_the_mean_of_the_parts_by_what_they_own():
    # 1 x 5, tiles of 3 that share column 2, which is the left one's: 2 px at 0.9 and 1 px at 0.3, mean 0.7
    grid = tile_grid((1, 5), tile=3, overlap=1)
    parts = [parts_of([[0, 1, 1]], (CAR,), scores=(0.9,)), parts_of([[1, 1, 0]], (CAR,), scores=(0.3,))]
    assert stitch(grid, parts).segments[0].score == pytest.approx(0.7)
    masks = stitch_instances(grid, [panoptic_to_instances(part) for part in parts])
    assert masks.segments[0].score == pytest.approx(0.7)


def test_overlapping_masks_stay_as_they_are():
    """Two masks over the whole image, one over the other: both survive whole."""
    size = (6, 9)
    large, small = np.ones(size, bool), np.zeros(size, bool)
    small[2:4, 1:8] = True
    masks = (Rle.from_mask(large), Rle.from_mask(small))
    whole = Instances(size, masks, (Segment(label=CAR), Segment(label=PERSON)), SOME_LABELS)
    grid = tile_grid(size, tile=4, overlap=1)
    found = stitch_instances(grid, cut_instances(whole, grid))
    assert found.masks == whole.masks and found.segments == whole.segments


def test_results_that_do_not_fit_the_tiles_are_refused():
    grid = tile_grid((1, 4), tile=3, overlap=1)
    good, small = parts_of([[1, 1, 1]], (CAR,)), parts_of([[1, 1]], (CAR,))
    with pytest.raises(InvalidSegmentation, match=r"a tile of \(1, 3\) px .* has a result of \(1, 2\)"):
        stitch(grid, [good, small])
    other = Segmentation(good.ids, good.segments, LabelSet("other", SOME_LABELS.labels))
    with pytest.raises(InvalidSegmentation, match="'some' and 'other'"):
        stitch(grid, [good, other])
    with pytest.raises(InvalidSegmentation, match="'some' and 'other'"):
        stitch_instances(grid, [panoptic_to_instances(good), panoptic_to_instances(other)])
