"""The linter finds what is wrong, and nothing else; the repair mends what it says."""

from dataclasses import replace

import numpy as np
import pytest

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats import Note, Sample
from segweave.formats.check import check_dataset, check_sample
from segweave.formats.findings import Checked, Finding, LabelCount, sum_of
from segweave.formats.repair import repaired
from segweave.formats.save import as_dataset
from segweave.segmentation import Instances, Rle, Segment, Segmentation

ROAD, CAR, PERSON = 1, 3, 4


def sample_of(truth, **more):
    return Sample(image_path=None, size=truth.size, truth=truth, image_id="a", **more)


def seg_of(ids, *labels, crowd=False):
    return Segmentation(np.array(ids), tuple(Segment(label=n, crowd=crowd) for n in labels), SOME_LABELS)


def instances_of(*masks, labels, crowd=False):
    rles = tuple(Rle.from_mask(mask) for mask in masks)
    return Instances(rles[0].size, rles, tuple(Segment(label=n, crowd=crowd) for n in labels), SOME_LABELS)


def box(top, left, bottom, right, size=(40, 40)):
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


def findings(truth, tmp_path):
    return [(f.kind, f.segment, f.severity) for f in check_sample(sample_of(truth), tmp_path).findings]


def test_a_good_image_has_no_findings(tmp_path):
    ids = np.ones((40, 40), int)
    ids[10:20, 10:20] = 2
    assert findings(seg_of(ids, ROAD, CAR), tmp_path) == []
    assert findings(instances_of(box(0, 0, 10, 10), box(10, 0, 20, 10), labels=(CAR, CAR)), tmp_path) == []


def test_counts_are_of_segments_pixels_and_void(tmp_path):
    """A road of 1200 px, two cars of 100 px; 200 px void."""
    ids = np.ones((40, 40), int)
    ids[:5] = 0
    ids[10:20, 10:20] = 2
    ids[10:20, 20:30] = 3
    found = check_sample(sample_of(seg_of(ids, ROAD, CAR, CAR)), tmp_path)
    assert (found.images, found.segments, found.pixels, found.void_pixels) == (1, 3, 1600, 200)
    assert found.labels == {"road": LabelCount(1, 1200), "car": LabelCount(2, 200)}


def test_void_of_instances_is_what_no_mask_covers(tmp_path):
    """Two boxes of 100 px that share 50: 150 px are covered."""
    found = check_sample(sample_of(instances_of(box(0, 0, 10, 10), box(0, 5, 10, 15), labels=(CAR, PERSON))), tmp_path)
    assert found.void_pixels == 1600 - 150 and found.labels["car"].pixels == 100


def test_slivers_specks_and_gaps_are_found(tmp_path):
    ids = np.ones((40, 40), int)
    ids[0, :9] = 2  # a car of 9 px
    ids[10:30, 10:30] = 3  # a person of 400 px ...
    ids[35, 35] = 3  # ... and a speck of 1
    ids[33:35, 5:8] = 0  # 6 px of void with road around
    assert findings(seg_of(ids, ROAD, CAR, PERSON), tmp_path) == [
        ("sliver", 1, "warning"),
        ("stray-part", 2, "warning"),
        ("gap", None, "warning"),
    ]


def test_stuff_and_crowds_may_lie_in_pieces(tmp_path):
    ids = np.full((40, 40), 1)
    ids[:, 20:] = 2
    ids[0, 39] = 1
    assert findings(seg_of(ids, ROAD, 0), tmp_path) == []
    crowd = Segmentation(np.array(ids), (Segment(label=CAR, crowd=True), Segment(label=ROAD)), SOME_LABELS)
    assert findings(crowd, tmp_path) == []


def test_void_at_the_edge_is_no_gap(tmp_path):
    ids = np.ones((40, 40), int)
    ids[0, :5] = 0
    assert findings(seg_of(ids, ROAD), tmp_path) == []


def test_an_image_that_is_mostly_void_is_mentioned(tmp_path):
    ids = np.zeros((40, 40), int)
    ids[:10] = 1
    assert findings(seg_of(ids, ROAD), tmp_path) == [("mostly-void", None, "info")]


def test_a_thing_annotated_twice_is_found_and_one_that_overlaps_too(tmp_path):
    """The second car has 380 of the first one's 400 px (IoU 0.95); the person shares half of them (IoU 0.33)."""
    truth = instances_of(box(0, 0, 20, 20), box(0, 0, 19, 20), box(0, 10, 20, 30), labels=(CAR, CAR, PERSON))
    assert findings(truth, tmp_path) == [
        ("duplicate", 1, "error"),
        ("overlap", 2, "warning"),
        ("overlap", 2, "warning"),
    ]


def test_two_labels_or_a_crowd_on_the_same_pixels_are_no_duplicate(tmp_path):
    same = box(0, 0, 20, 20)
    assert findings(instances_of(same, same, labels=(CAR, PERSON)), tmp_path) == [("overlap", 1, "warning")]
    assert findings(instances_of(same, same, labels=(CAR, CAR), crowd=True), tmp_path) == []


def test_stuff_with_two_masks_is_found(tmp_path):
    truth = instances_of(box(0, 0, 10, 10), box(20, 0, 30, 10), labels=(ROAD, ROAD))
    assert findings(truth, tmp_path) == [("stuff-split", 1, "warning")]


def test_what_a_reader_repaired_is_a_finding_unless_it_is_mere_information(tmp_path):
    notes = (
        Note(tmp_path / "p.json", "image 1, segment 3", "has no pixels; dropped", "empty-segment"),
        Note(tmp_path / "p.json", "image 1", "its photograph is not there", "image-missing"),
    )
    seg = seg_of(np.ones((5, 5), int), ROAD)
    found = check_sample(sample_of(seg, notes=notes), tmp_path)
    assert found.notes == notes
    (finding,) = found.findings
    assert (finding.kind, finding.severity) == ("empty-segment", "error")
    assert str(finding) == f"{tmp_path / 'p.json'}: image 1, segment 3: has no pixels; dropped"


def test_an_image_that_cannot_be_read_is_a_finding_and_the_next_one_is_read(tmp_path):
    good = sample_of(seg_of(np.ones((5, 5), int), ROAD))

    def load(place):
        if place == 0:
            raise FormatError("a.png: is cut off")
        return good

    found = sum_of(check_dataset(replace(as_dataset([good, good]), load=load), tmp_path))
    assert found.images == 1 and [(f.kind, f.message) for f in found.findings] == [("unreadable", "a.png: is cut off")]


def test_sums_add_every_count(tmp_path):
    parts = [check_sample(sample_of(seg_of(np.full((5, 5), k % 2), *([ROAD] * (k % 2)))), tmp_path) for k in range(4)]
    found = sum_of(parts)
    assert (found.images, found.segments, found.void_pixels) == (4, 2, 50)
    assert found.labels == {"road": LabelCount(2, 50)} and sum_of([]) == Checked()


def test_a_finding_names_the_segment_as_the_file_does(tmp_path):
    finding = Finding(
        file=tmp_path, place="image 1", kind="sliver", severity="warning", message="small", segment=0, source_id=24001
    )
    assert str(finding) == f"{tmp_path}: image 1: segment 24001: small"


def test_repair_makes_specks_void_and_keeps_a_double_once(tmp_path):
    ids = np.ones((40, 40), int)
    ids[10:30, 10:30] = 2
    ids[35, 35] = 2
    mended = repaired(sample_of(seg_of(ids, ROAD, PERSON)), tmp_path)
    assert mended.truth.ids[35, 35] == 0 and mended.truth.areas().tolist() == [1199, 400]
    assert [(n.kind, n.reason) for n in mended.notes] == [("repaired", "specks of 1 things made void, 1 px")]
    doubled = instances_of(box(0, 0, 20, 20), box(0, 0, 20, 20) | box(39, 39, 40, 40), labels=(CAR, CAR))
    mended = repaired(sample_of(doubled), tmp_path)
    assert mended.truth.areas().tolist() == [400] and len(mended.notes) == 1


@pytest.mark.parametrize("kind", ["instances", "segmentation"])
def test_repair_is_idempotent_and_leaves_good_images_alone(tmp_path, kind):
    speck = box(0, 0, 10, 20) | box(39, 39, 40, 40)
    truth = instances_of(speck, box(20, 0, 30, 20), labels=(CAR, CAR))
    if kind == "segmentation":
        truth = seg_of(speck * 1 + box(20, 0, 30, 20) * 2, CAR, CAR)
    once = repaired(sample_of(truth), tmp_path)
    assert once.truth.areas().tolist() == [200, 200] and len(once.notes) == 1
    assert repaired(once, tmp_path) == once


def test_a_data_set_is_checked_one_image_at_a_time(tmp_path):
    good = sample_of(seg_of(np.ones((5, 5), int), ROAD))
    parts = check_dataset(as_dataset([good, good, good]), tmp_path)
    assert [part.images for part in parts] == [0, 1, 1, 1]
