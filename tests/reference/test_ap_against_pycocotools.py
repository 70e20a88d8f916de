"""Mask AP against pycocotools, in memory and from files."""

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from segweave.errors import FormatError, LabelError
from segweave.evaluation.average_precision import average_precision
from segweave.evaluation.detection_matches import precision_statistics
from segweave.evaluation.instance_table import (
    InstanceTable,
    instance_table,
    joined_instances,
    map_prediction_instances,
)
from segweave.formats import open_dataset
from segweave.formats.prediction import open_prediction
from segweave.labels import Label, LabelMap, LabelSet
from segweave.report.count import count_instances
from segweave.report.opening import paired, with_stated_areas
from segweave.report.paired import Side
from segweave.segmentation import ImageKey, Instances, Rle, Segment

LABELS = LabelSet("three", tuple(Label(name=n, is_thing=True) for n in ("cat", "dog", "cow")))
NAMES = ("ap", "ap50", "ap75", "aps", "apm", "apl", "ar1", "ar10", "ar100", "ars", "arm", "arl")
SIZE = (160, 200)


def mask_of(rng: np.random.Generator) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    top, left = rng.integers(0, 100, 2)
    height, width = rng.integers(2, [20, 60, 160][rng.integers(3)], 2)
    mask[top : top + height, left : left + width] = True
    return mask


def files(seed: int, folder: Path, *, boxes: bool, images: int = 6, many: int = 0) -> tuple[Path, Path]:
    """A truth and a list of detections: crowds, ties, odd areas, labels and images with nothing in them."""
    rng = np.random.default_rng(seed)
    truth, guess = [], []
    for image in range(1, images + 1):
        for _ in range(int(rng.integers(0, 6)) if image > 1 else 0):
            mask, label = mask_of(rng), int(rng.integers(1, 3))
            rle = Rle.from_mask(mask)
            shape = {"size": list(SIZE), "counts": rle.counts.decode()}
            area = float(mask.sum()) * float(rng.choice([1.0, 0.9, 4.0]))
            crowd = int(rng.random() < 0.15)
            row = dict(id=len(truth) + 1, image_id=image, category_id=label, iscrowd=crowd, area=area)
            truth.append(row | dict(segmentation=shape, bbox=[0, 0, 1, 1]))
            for _ in range(int(rng.integers(0, 3))):
                moved = np.roll(mask, rng.integers(-4, 5, 2), (0, 1))
                guess.append((image, label if rng.random() < 0.8 else int(rng.integers(1, 4)), moved))
        guess += [(image, int(rng.integers(1, 4)), mask_of(rng)) for _ in range(many if image == 2 else 1)]
    rows = []
    for image, label, mask in guess:
        rle = Rle.from_mask(mask)
        row = dict(image_id=image, category_id=label, score=round(float(rng.random()), 1))
        row["segmentation"] = {"size": list(SIZE), "counts": rle.counts.decode()}
        if boxes:
            row["bbox"] = [0.0, 0.0, *map(float, rng.integers(5, 130, 2))]
        rows.append(row)
    listed = [dict(id=k, height=SIZE[0], width=SIZE[1], file_name=f"{k}.jpg") for k in range(1, images + 1)]
    categories = [dict(id=k + 1, name=label.name) for k, label in enumerate(LABELS)]
    (folder / "truth.json").write_text(
        json.dumps(dict(info={}, images=listed, annotations=truth, categories=categories))
    )
    (folder / "guess").mkdir()
    (folder / "guess" / "results.json").write_text(json.dumps(rows))
    return folder / "truth.json", folder / "guess" / "results.json"


def reference(truth: Path, guess: Path) -> tuple[list[float | None], list[float | None]]:
    """The twelve numbers of pycocotools, and AP of each label."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(truth))
        found = COCOeval(coco, coco.loadRes(str(guess)), "segm")
        found.evaluate()
        found.accumulate()
        found.summarize()
    precision = found.eval["precision"][:, :, :, 0, 2]
    by_label = [p[p > -1] for p in np.moveaxis(precision, 2, 0)]
    stats = [None if value == -1 else float(value) for value in found.stats]
    return stats, [float(p.mean()) if len(p) else None for p in by_label]


def table_of(truth: Path, guess: Path) -> InstanceTable:
    data = open_dataset(truth)
    pair = paired(
        with_stated_areas(Side(data=data, path=truth)), Side(data=open_prediction(guess, truth=data), path=guess)
    )
    whole = joined_instances(count_instances(pair, k).instances for k in range(len(pair)))
    return map_prediction_instances(whole, pair.label_map)


def close(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) < 1e-12


@pytest.mark.parametrize("boxes", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_files_give_the_twelve_numbers_of_pycocotools(seed: int, boxes: bool, tmp_path: Path):
    truth, guess = files(seed, tmp_path, boxes=boxes)
    stats, by_label = reference(truth, guess)
    score = average_precision(table_of(truth, guess))
    assert all(close(getattr(score, name), wanted) for name, wanted in zip(NAMES, stats, strict=True)), (score, stats)
    assert all(close(a, b) for a, b in zip(score.by_label, by_label, strict=True))
    assert score.by_label[2] is None  # no truth has a cow


def test_only_a_hundred_detections_of_a_label_count(tmp_path: Path):
    truth, guess = files(3, tmp_path, boxes=False, images=3, many=350)
    stats, _ = reference(truth, guess)
    score = average_precision(table_of(truth, guess))
    assert [getattr(score, n) for n in NAMES] == pytest.approx([np.nan if s is None else s for s in stats], abs=1e-12)


def test_weights_count_like_images_that_stand_several_times(tmp_path: Path):
    table = table_of(*files(1, tmp_path, boxes=False))
    statistics = precision_statistics(table)
    score = average_precision(table)
    assert statistics(np.ones((1, 6)))["ap"][0] == pytest.approx(score.ap, abs=1e-12)
    weights = [0, 2, 1, 0, 3, 1]
    parts = []
    for place, weight in enumerate(weights):
        for _ in range(weight):
            parts.append(replace(table.select([place]), images=(ImageKey(id=len(parts), size=SIZE),)))
    again = average_precision(joined_instances(parts))
    found = statistics(np.array([weights], float))
    assert (found["ap"][0], found["ap50"][0], found["ap75"][0]) == pytest.approx(
        (again.ap, again.ap50, again.ap75), abs=1e-12
    )


def cats(scores: list[float | None], *, labels: LabelSet = LABELS) -> Instances:
    masks = []
    for k, _ in enumerate(scores):
        mask = np.zeros((20, 60), bool)
        mask[2:18, 20 * k : 20 * k + 15] = True
        masks.append(Rle.from_mask(mask))
    return Instances((20, 60), tuple(masks), tuple(Segment(label=0, score=s) for s in scores), labels)


def one(truth: Instances, guess: Instances, number: int = 1) -> InstanceTable:
    return instance_table(truth, guess, ImageKey(id=number, size=truth.size))


def test_a_data_set_against_itself_is_perfect_and_without_truth_nothing_is_defined():
    score = average_precision(one(cats([None, None]), cats([0.5, 0.2])))
    assert score.ap == score.ar100 == score.by_label[0] == score.aps == 1.0 and score.apl is None
    nothing = average_precision(one(cats([]), cats([0.9])))
    assert {getattr(nothing, name) for name in NAMES} == {None}


def test_the_strict_convention_counts_pixels():
    """240 px each, stated as 10,000: large by the file, small by the pixels."""
    table = instance_table(cats([None]), cats([0.5]), ImageKey(id=1, size=(20, 60)), areas=((10_000.0,), None))
    assert average_precision(table).aps is None and average_precision(table).apl == 1.0
    strict = average_precision(table, convention="strict")
    assert strict.aps == 1.0 and strict.apl is None


def test_labels_are_mapped_or_refused():
    other = LabelSet("other", LABELS.labels[::-1])  # its cow is what the truth calls a cat
    table = one(cats([None]), cats([0.5], labels=other))
    with pytest.raises(LabelError, match="say both in one set"):
        average_precision(table)
    assert average_precision(map_prediction_instances(table, LabelMap(other, LABELS, (0, None, None)))).ap == 1.0
    assert average_precision(map_prediction_instances(table, LabelMap(other, LABELS, (None, 1, 2)))).ap == 0.0


def test_detections_in_an_image_that_the_truth_lacks_are_an_error(tmp_path: Path):
    truth, guess = files(1, tmp_path, boxes=False)
    rows = json.loads(guess.read_text())
    rows[0]["image_id"] = 99
    guess.write_text(json.dumps(rows))
    with pytest.raises(FormatError, match=r"detections in image 99, which is not in .*truth\.json"):
        open_prediction(guess, truth=open_dataset(truth))
