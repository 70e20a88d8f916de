"""Numbers that others have published for images that are at hand."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segweave.evaluation import count_panoptic, score_panoptic
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, Segment, Segmentation, overlap_table

LABELS = LabelSet("team", (Label(name="person", is_thing=True), Label(name="bear", is_thing=True)))
TRUTH = {47: 0, 97: 0, 133: 0, 150: 0, 174: 0, 198: 1, 215: 0, 244: 0, 255: 0}  # grey value: label


def segmentation(values: np.ndarray, label_of: dict[int, int]) -> Segmentation:
    """One segment a value that has a label, void elsewhere."""
    ids = np.zeros(values.shape, np.int32)
    for k, value in enumerate(label_of, start=1):
        ids[values == value] = k
    return Segmentation(ids, tuple(Segment(label=label) for label in label_of.values()), LABELS)


@pytest.mark.parametrize("convention", ["coco", "strict"])
def test_the_team_photo_of_deeplab2_has_the_pq_of_its_test(convention: str, shared: Path):
    """deeplab2, evaluation/panoptic_quality_test.py: IoU sums 5.26827 and 0.54069, TP 7 and 1, FN 1 and 0, no FP."""
    folder = shared / "data/format_samples/deeplab2_eval"
    truth = segmentation(np.asarray(Image.open(folder / "team_gt_instance.png").convert("RGB"))[..., 0], TRUTH)
    red, _, blue = np.moveaxis(np.asarray(Image.open(folder / "team_pred_class.png").convert("RGB")), 2, 0)
    number = np.asarray(Image.open(folder / "team_pred_instance.png").convert("L")).astype(int)
    values = np.where(blue == 255, number + 1, np.where(red == 255, number + 1001, 0))
    guess = segmentation(values, {int(v): int(v > 1000) for v in np.unique(values) if v})
    table = overlap_table(truth, guess, ImageKey(id="team", size=truth.size))
    score = score_panoptic(count_panoptic(table, convention=convention))
    person, bear = score.by_label
    assert (person.tp, person.fn, person.fp, bear.tp, bear.fn, bear.fp) == (7, 1, 0, 1, 0, 0)
    assert (person.iou_sum, bear.iou_sum) == pytest.approx((5.26827, 0.54069), abs=1e-4)
    assert (person.pq, bear.pq, score.all.pq) == pytest.approx((0.702436, 0.54069, 0.62156287), abs=1e-6)
