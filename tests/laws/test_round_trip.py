"""Every format gives back what it says it can hold."""

from pathlib import Path

import numpy as np
import pytest

from round_trip import check_round_trip
from scenes import SOME_LABELS, random_segmentation
from segweave.formats import FORMATS
from segweave.labels import label_set
from segweave.segmentation import Instances, Rle, Segment, Segmentation, instances_to_panoptic

NAMES = [row.name for row in FORMATS]
EMPTY = Segmentation(np.zeros((7, 9), np.int32), (), SOME_LABELS)


def overlapping(seed: int) -> Instances:
    """Five masks over each other: a ring, two parts, single pixels, the whole image; with crowds and scores."""
    rng = np.random.default_rng(seed)
    shape = (23, 31)
    ring = np.zeros(shape, bool)
    ring[3:15, 4:20] = True
    ring[6:9, 8:12] = False
    parts = np.zeros(shape, bool)
    parts[1:4, 22:25], parts[18:21, 2:9] = True, True
    dot = np.zeros(shape, bool)
    dot[22, 30] = True
    masks = [Rle.from_mask(m) for m in (np.ones(shape, bool), ring, parts, dot, rng.random(shape) < 0.5)]
    segments = [Segment(label=3 + k % 2, crowd=k == 1, score=0.25 * k if k else None) for k in range(5)]
    return Instances(shape, tuple(masks), tuple(segments), SOME_LABELS)


@pytest.mark.parametrize("name", NAMES)
def test_random_scenes_come_back(name: str, tmp_path: Path):
    rng = np.random.default_rng(7)
    sizes = [(24, 31), (40, 17), (64, 64), (1, 1), (1, 30), (30, 2)]
    back = check_round_trip(
        name, [random_segmentation(rng, size, n=3 + 4 * k) for k, size in enumerate(sizes)], tmp_path
    )
    assert len(back) == 6


@pytest.mark.parametrize("name", NAMES)
def test_masks_that_overlap_come_back(name: str, tmp_path: Path):
    assert len(check_round_trip(name, [overlapping(0), overlapping(1)], tmp_path)) == 2


@pytest.mark.parametrize("name", [row.name for row in FORMATS if row.holds.overlap])
def test_what_lies_on_top_still_does(name: str, tmp_path: Path):
    """Three cars over each other, of equal score, the later the larger: the first is seen whole, 10 x 15 px."""
    masks = []
    for k in range(3):
        mask = np.zeros((20, 30), bool)
        mask[2 * k : 10 + 4 * k, 3 * k : 15 + 3 * k] = True
        masks.append(Rle.from_mask(mask))
    truth = Instances((20, 30), tuple(masks), tuple(Segment(label=3, score=1.0) for _ in masks), SOME_LABELS)
    (back,) = check_round_trip(name, [truth], tmp_path)
    assert isinstance(back.truth, Instances)
    seen = instances_to_panoptic(back.truth).areas().tolist()
    assert sorted(seen) == sorted(instances_to_panoptic(truth).areas().tolist()) and 10 * 15 in seen


@pytest.mark.parametrize("name", NAMES)
def test_images_with_nothing_in_them_come_back(name: str, tmp_path: Path):
    assert len(check_round_trip(name, [EMPTY, EMPTY], tmp_path)) == 2


@pytest.mark.parametrize("labels", ["coco_panoptic", "cityscapes", "voc", "camvid11"])
@pytest.mark.parametrize("name", NAMES)
def test_label_sets_of_other_data_sets_come_back(name: str, labels: str, tmp_path: Path):
    rng = np.random.default_rng(3)
    truths = [random_segmentation(rng, (30, 40), label_set(labels), n=25) for _ in range(3)]
    assert len(check_round_trip(name, truths, tmp_path)) == 3
