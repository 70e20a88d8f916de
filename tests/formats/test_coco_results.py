"""COCO results, read back by pycocotools."""

import json

import numpy as np
import pytest
from hypothesis import given
from pycocotools import mask as coco_mask

from segmentation_strategies import instances
from segweave.errors import FormatError
from segweave.formats import result_entries, save_results
from segweave.labels import label_set
from segweave.segmentation import Instances, Rle, Segment


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
@given(instances())
def test_pycocotools_decodes_the_same_masks_and_boxes(truth):
    scored = tuple(Segment(label=s.label, score=0.25) for s in truth.segments)
    entries = result_entries("a", Instances(truth.size, truth.masks, scored, truth.labels))
    assert len(entries) == len(truth)
    for k, entry in enumerate(json.loads(json.dumps(entries))):
        assert (coco_mask.decode(entry["segmentation"]) == truth.mask(k)).all()
        assert entry["bbox"] == coco_mask.toBbox(entry["segmentation"]).tolist()
        assert entry["score"] == 0.25 and entry["category_id"] == truth.segments[k].label + 1


def test_category_ids_are_those_of_the_data_set_and_the_file_is_a_list(tmp_path):
    labels = label_set("coco_panoptic")
    mask = Rle.from_mask(np.array([[0, 1, 1]]))
    seg = (Segment(label=labels.index("toothbrush"), score=np.float32(0.5)),)
    save_results(tmp_path / "r.json", result_entries(7, Instances((1, 3), (mask,), seg, labels)))
    (entry,) = json.loads((tmp_path / "r.json").read_text())
    assert entry == {
        "image_id": 7,
        "category_id": 90,
        "segmentation": {"size": [1, 3], "counts": mask.counts.decode()},
        "bbox": [1, 0, 2, 1],
        "score": 0.5,
    }
    save_results(tmp_path / "r.json", [])
    assert json.loads((tmp_path / "r.json").read_text()) == []


def test_an_instance_without_score_is_refused():
    labels = label_set("voc")
    mask = Rle.from_mask(np.ones((1, 1)))
    with pytest.raises(FormatError, match="image 7: instance 0 has no score"):
        result_entries(7, Instances((1, 1), (mask,), (Segment(label=1),), labels))
