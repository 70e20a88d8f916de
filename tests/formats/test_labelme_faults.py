"""Damaged and odd labelme files: a truth comes out, or an error of one line."""

import json
from contextlib import suppress
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.errors import SegweaveError
from segweave.formats import open_dataset

SHAPES = [
    {"label": "cat", "points": [[2, 3], [8, 3], [8, 9]], "group_id": None, "shape_type": "polygon", "mask": "aGVsbG8="},
    {"label": "dog", "points": [[2, 3], [8, 9]], "group_id": 1, "shape_type": "rectangle", "flags": {}},
]
DOCUMENT = {"version": "5.4.1", "shapes": SHAPES, "imagePath": "a.jpg", "imageHeight": 20, "imageWidth": 30}

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["../x.jpg", "\0", "a" * 300 + ".jpg", "mask", "circle", "rectangle", ".", "..", "é\ud800"]),
    st.lists(st.integers(-3, 40), max_size=4),
    st.just({}),
    st.just([[1.5, 2], [3, 4]]),
)
WHERE = st.sampled_from(
    [(k,) for k in ("version", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", "flags")]
    + [("shapes", 0, k) for k in ("label", "points", "group_id", "shape_type", "mask", "score", "track", "crowd")]
    + [("shapes", 0, "source_id"), ("shapes", 0), ("shapes", 0, "points", 1), ("shapes", 0, "points", 1, 0)]
)


@given(st.lists(st.tuples(WHERE, ODD), min_size=1, max_size=3))
def test_odd_values_give_a_truth_or_one_line(tmp_path_factory: pytest.TempPathFactory, changes: list):
    doc = json.loads(json.dumps(DOCUMENT))
    for way, value in changes:
        here = doc
        with suppress(LookupError, TypeError):  # an earlier change has taken the place away
            for key in way[:-1]:
                here = here[key]
            here[way[-1]] = deepcopy(value)
    path = tmp_path_factory.mktemp("odd") / "a.json"
    path.write_text(json.dumps(doc))
    try:
        sample = open_dataset(path, "labelme")[0]
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert sample.truth.size == sample.size


@given(st.integers(0, 2**32 - 1))
def test_damaged_bytes_give_a_truth_or_one_line(tmp_path_factory: pytest.TempPathFactory, seed: int):
    rng = np.random.default_rng(seed)
    content = bytearray(json.dumps(DOCUMENT), "ascii")
    for place in rng.integers(0, len(content), 3).tolist():
        content[place] = int(rng.integers(32, 256))
    path = tmp_path_factory.mktemp("bytes") / "a.json"
    path.write_bytes(content[: int(rng.integers(1, 2 * len(content)))])
    try:
        sample = open_dataset(path, "labelme")[0]
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert sample.truth.size == sample.size
