"""Data sets are lazy sequences."""

import pickle
from functools import partial

import numpy as np
import pytest

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats.dataset import Dataset, Note, Sample
from segweave.segmentation import Segmentation

EMPTY = Segmentation(np.zeros((2, 3), np.int32), (), SOME_LABELS)


def load(limit, place):
    assert place < limit, "read beyond what was asked for"
    return Sample(image_path=None, size=(2, 3), truth=EMPTY, image_id=place)


def ids_of(samples):
    return [sample.image_id for sample in samples]


def test_only_what_is_asked_for_is_read():
    data = Dataset(SOME_LABELS, (), partial(load, 3), range(1_000_000))
    assert len(data) == 1_000_000 and len(data[5:500_000:2]) == 249_998
    assert data[2].image_id == 2 and ids_of(data[:3]) == [0, 1, 2]
    assert next(iter(data)).image_id == 0
    with pytest.raises(AssertionError, match="beyond"):
        data[3]


def test_slices_of_slices_and_negative_places_work_as_in_a_list():
    data, plain = Dataset(SOME_LABELS, (), partial(load, 10), range(10)), list(range(10))
    assert ids_of(data[::-1][2:8][1::2]) == plain[::-1][2:8][1::2]
    assert data[-1].image_id == 9 and data[2:][-2].image_id == 8
    assert ids_of(data[20:]) == []
    for place in (10, -11):
        with pytest.raises(IndexError):
            data[place]


def test_a_data_set_can_be_sent_to_another_process():
    data = pickle.loads(pickle.dumps(Dataset(SOME_LABELS, (), partial(load, 10), range(10))))
    assert ids_of(data[3:5]) == [3, 4]


def test_a_truth_of_another_size_is_refused():
    with pytest.raises(FormatError, match=r"image 7: is \(3, 2\) .* its truth \(2, 3\)"):
        Sample(image_path=None, size=(3, 2), truth=EMPTY, image_id=7)


def test_a_note_reads_as_one_line(tmp_path):
    assert str(Note(tmp_path / "a.json", "", "is odd", "assumed")) == f"{tmp_path / 'a.json'}: is odd"
