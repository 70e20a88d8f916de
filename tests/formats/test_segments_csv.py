"""segments.csv: columns, values, odd names."""

import csv

import numpy as np
from hypothesis import given

from scenes import segmentations
from segmentation_strategies import instances
from segweave.formats import save_segments, segment_rows
from segweave.labels import Label, LabelSet
from segweave.segmentation import Instances, Rle, Segment, Segmentation

LABELS = LabelSet("two", (Label(name="traffic light, red", is_thing=True), Label(name="sky", is_thing=False)))
COLUMNS = ["image", "segment", "label", "is_thing", "score", "area_px", "area_share", "box"]


def table_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_columns_and_values_are_these(tmp_path):
    parts = (Segment(label=1), Segment(label=0, score=0.123456789))
    seg = Segmentation(np.array([[1, 1, 2], [0, 1, 2]]), parts, LABELS)
    save_segments(tmp_path / "s.csv", segment_rows("a, b.jpg", seg))
    assert table_of(tmp_path / "s.csv") == [
        COLUMNS,
        ["a, b.jpg", "1", "sky", "0", "", "3", "0.500000", "0 0 2 2"],
        ["a, b.jpg", "2", "traffic light, red", "1", "0.123457", "2", "0.333333", "0 2 2 3"],
    ]
    assert b"\r" not in (tmp_path / "s.csv").read_bytes()


def test_instances_have_rows_too(tmp_path):
    masks = tuple(Rle.from_mask(np.array(m)) for m in ([[1, 1]], [[0, 1]]))
    both = Instances((1, 2), masks, (Segment(label=0, score=1.0), Segment(label=0, score=0.5)), LABELS)
    save_segments(tmp_path / "s.csv", segment_rows("x", both))
    assert [row[4:] for row in table_of(tmp_path / "s.csv")[1:]] == [
        ["1", "2", "1.000000", "0 0 1 2"],
        ["0.5", "1", "0.500000", "0 1 1 2"],
    ]


@given(segmentations())
def test_rows_agree_with_the_segmentation(seg):
    rows = segment_rows("x", seg)
    assert [row.segment for row in rows] == list(range(1, len(seg) + 1))
    for row in rows:
        inside = seg.ids == row.segment
        top, left, bottom, right = row.box
        assert row.area_px == inside.sum() == inside[top:bottom, left:right].sum()
        assert abs(row.area_share - inside.mean()) <= 5e-7
        assert row.label == seg.labels[seg.segments[row.segment - 1].label].name


@given(instances())
def test_shares_of_instances_lie_between_0_and_1(truth):
    assert all(0 < row.area_share <= 1 for row in segment_rows("x", truth))


def test_names_in_any_script_and_names_that_are_no_unicode_are_written(tmp_path):
    seg = Segmentation(np.array([[1]]), (Segment(label=1),), LABELS)
    odd = b"\xff.jpg".decode("utf-8", "surrogateescape")
    save_segments(tmp_path / "s.csv", [*segment_rows("写真.jpg", seg), *segment_rows(odd, seg)])
    assert [row[0] for row in table_of(tmp_path / "s.csv")[1:]] == ["写真.jpg", "\\udcff.jpg"]


def test_no_segment_gives_the_header_alone(tmp_path):
    save_segments(tmp_path / "s.csv", [])
    assert table_of(tmp_path / "s.csv") == [COLUMNS]
