"""Odd JSON in COCO files: whatever stands where, only a `FormatError` of one line comes out."""

import copy
import json

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, given, settings
from PIL import Image

from segweave.errors import FormatError
from segweave.formats import open_dataset, write_id_png

IMAGES = [{"id": 40, "file_name": "a.jpg", "height": 2, "width": 3}]
CATEGORIES = [{"id": 17, "name": "cat", "isthing": 1}, {"id": 90, "name": "sky", "isthing": 0}]
SEGMENTS = [
    {"id": 5, "category_id": 17, "area": 2, "bbox": [1, 0, 2, 1], "iscrowd": 0},
    {"id": 70000, "category_id": 90, "area": 2, "iscrowd": 0},
    {"id": 9, "category_id": 17, "area": 1.0, "iscrowd": 1},
]
PANOPTIC = {
    "images": IMAGES,
    "annotations": [{"image_id": 40, "file_name": "a.png", "segments_info": SEGMENTS}],
    "categories": CATEGORIES,
}
INSTANCES = {
    "images": IMAGES,
    "annotations": [
        {"id": 0, "image_id": 40, "category_id": 17, "segmentation": [[1, 0, 3, 0, 3, 2]], "iscrowd": 1},
        {"id": 7, "image_id": 40, "category_id": 90, "segmentation": {"size": [2, 3], "counts": [1, 2, 3]}},
        {"id": 8, "image_id": 40, "category_id": 17, "segmentation": {"size": [2, 3], "counts": "33"}, "score": 0.5},
    ],
    "categories": CATEGORIES,
}


def places(value, path=()):
    """Every place in a JSON value, as a path of keys."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from([5, 17, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def changes(good):
    """Up to three changes of a JSON value: (place, new value, or take it away)."""
    return st.lists(st.tuples(st.sampled_from([p for p in places(good) if p]), odd, st.booleans()), max_size=3)


def changed(good, todo):
    data = copy.deepcopy(good)
    for keys, value, remove in todo:
        inner = data
        try:
            for key in keys[:-1]:
                inner = inner[key]
            if remove:
                del inner[keys[-1]]
            else:
                inner[keys[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # the place went with an earlier change
    return data


def is_fair(folder, data, format):
    """Is the file read with the photograph's size, or refused in one short line?"""
    (folder / "p.json").write_text(json.dumps(data))
    try:
        samples = list(open_dataset(folder / "p.json", format))
    except FormatError as error:
        return "\n" not in str(error) and len(str(error)) < 600
    return all(sample.size == sample.truth.size == (2, 3) for sample in samples if sample.image_path)


def prepared(folder):
    Image.new("RGB", (3, 2)).save(folder / "a.jpg")
    write_id_png(folder / "a.png", np.array([[0, 5, 5], [70000, 70000, 9]]))


often = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])


@often
@given(changes(PANOPTIC))
def test_odd_panoptic_files_are_read_or_refused_in_one_line(tmp_path, todo):
    prepared(tmp_path)
    assert is_fair(tmp_path, changed(PANOPTIC, todo), "coco-panoptic")


@often
@given(changes(INSTANCES))
def test_odd_instances_files_are_read_or_refused_in_one_line(tmp_path, todo):
    prepared(tmp_path)
    assert is_fair(tmp_path, changed(INSTANCES, todo), "coco-instances")


def test_the_files_are_read_where_nothing_is_changed(tmp_path):
    prepared(tmp_path)
    for good, format in ((PANOPTIC, "coco-panoptic"), (INSTANCES, "coco-instances")):
        (tmp_path / "p.json").write_text(json.dumps(good))
        (sample,) = open_dataset(tmp_path / "p.json", format)
        assert len(sample.truth) == 3
