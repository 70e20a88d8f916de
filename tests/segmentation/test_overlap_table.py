"""The table of many images, and its segments grouped anew."""

import pickle
import time
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import Label, LabelMap, LabelSet
from segweave.segmentation import (
    ImageKey,
    OverlapTable,
    Segment,
    Segmentation,
    Side,
    edit,
    joined,
    map_prediction,
    overlap,
    overlap_table,
    tidied,
)
from segweave.segmentation.overlap import sparse_overlap

OTHER = LabelSet("other", tuple(Label(name=f"o{k}", is_thing=k % 2 == 0) for k in range(4)))


def same(a: OverlapTable, b: OverlapTable) -> bool:
    sides = [
        np.array_equal(getattr(x, column.name), getattr(y, column.name))
        for x, y in ((a.truth, b.truth), (a.prediction, b.prediction))
        for column in fields(Side)
        if column.name != "labels"
    ]
    pairs = [np.array_equal(getattr(a, n), getattr(b, n)) for n in ("truth_row", "prediction_row", "pixels")]
    labels = a.truth.labels == b.truth.labels and a.prediction.labels == b.prediction.labels
    return all(sides) and all(pairs) and labels and a.images == b.images


def tables(n: int, seed: int = 0) -> list[OverlapTable]:
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        size = (int(rng.integers(1, 30)), int(rng.integers(1, 30)))
        a, b = (random_segmentation(rng, size, n=7) for _ in range(2))
        found.append(overlap_table(a, b, ImageKey(id=number, size=size)))
    return found


def test_it_holds_what_overlap_counts():
    rng = np.random.default_rng(1)
    a, b = (random_segmentation(rng, (20, 30)) for _ in range(2))
    table = overlap_table(a, b, ImageKey(id="x", size=a.size))
    dense = np.zeros((len(a) + 1, len(b) + 1), np.int64)
    dense[table.truth_row, table.prediction_row] = table.pixels
    assert np.array_equal(dense, overlap(a, b)) and (table.pixels > 0).all()
    assert np.array_equal(table.truth.area, dense.sum(axis=1))


def test_maps_of_very_many_segments_take_little_time_and_memory():
    """50,000 segments each: a dense table would take 20 GB."""
    ids = np.arange(1, 50_001, dtype=np.int32).reshape(250, 200)
    seg = Segmentation(ids, (Segment(label=3),) * 50_000, SOME_LABELS)
    start = time.perf_counter()
    rows, columns, pixels = sparse_overlap(seg, seg)
    assert np.array_equal(rows, columns) and len(rows) == 50_000 and (pixels == 1).all()
    assert time.perf_counter() - start < 2


def test_tables_add_in_any_grouping_and_images_can_be_picked():
    parts = tables(4)
    whole = joined(parts)
    assert same(whole, (parts[0] + parts[1]) + (parts[2] + parts[3]))
    assert all(same(whole.select([k]), part) for k, part in enumerate(parts))
    assert same(whole.select([3, 1]), parts[3] + parts[1]) and len(whole.select([])) == 0
    assert same(pickle.loads(pickle.dumps(whole)), whole)


def test_swapped_twice_is_the_same():
    whole = joined(tables(3))
    assert same(whole.swapped().swapped(), whole) and not same(whole.swapped(), whole)


def test_what_does_not_add_says_why():
    (part,) = tables(1)
    with pytest.raises(InvalidSegmentation, match="image 0 is in two"):
        _ = part + part
    with pytest.raises(InvalidSegmentation, match="no tables"):
        joined([])
    seg = Segmentation(np.array([[1]]), (Segment(label=0),), OTHER)
    with pytest.raises(LabelError, match="'some' and 'other'"):
        _ = part + overlap_table(seg, seg, ImageKey(id=9, size=(1, 1)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=5, max_size=5), st.integers(0, 2**32 - 1))
def test_mapping_the_table_is_mapping_the_prediction(targets: list[int | None], seed: int):
    rng = np.random.default_rng(seed)
    label_map = LabelMap(SOME_LABELS, OTHER, tuple(targets))
    parts, wanted = [], []
    for number in range(2):
        truth, guess = (random_segmentation(rng, (12, 15), n=8) for _ in range(2))
        key = ImageKey(id=number, size=truth.size)
        parts.append(overlap_table(truth, guess, key))
        wanted.append(overlap_table(truth, edit.map_labels(guess, label_map), key))
    assert same(map_prediction(joined(parts), label_map), joined(wanted))


def test_a_map_from_other_labels_is_refused():
    with pytest.raises(LabelError, match="the map starts from 'other'; the prediction has 'some'"):
        map_prediction(tables(1)[0], LabelMap(OTHER, SOME_LABELS, (0, 1, 2, 3)))


def test_a_table_of_segmentations_is_tidy():
    whole = joined(tables(5, seed=3))
    assert same(tidied(whole), whole)
