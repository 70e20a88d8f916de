"""Data sets are lazy sequences."""

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.mapped import mapped_dataset
from segweave.formats.repair import repaired_dataset
from segweave.labels import LabelMap
from segweave.segmentation import Segmentation

NO_CARS = LabelMap(SOME_LABELS, SOME_LABELS, tuple(None if n == "car" else i for i, n in enumerate(SOME_LABELS.names)))
EMPTY = Segmentation(np.zeros((2, 3), np.int32), (), SOME_LABELS)


def load(limit, place):
    assert place < limit, "read beyond what was asked for"
    return Sample(image_path=None, size=(2, 3), truth=EMPTY, image_id=place)


def named(place):
    return ImageName(place, f"photo_{place}")


def ids_of(samples):
    return [sample.image_id for sample in samples]


def test_only_what_is_asked_for_is_read():
    data = Dataset(SOME_LABELS, (), partial(load, 3), named, range(1_000_000))
    assert len(data) == 1_000_000 and len(data[5:500_000:2]) == 249_998
    assert data[2].image_id == 2 and ids_of(data[:3]) == [0, 1, 2]
    assert next(iter(data)).image_id == 0
    with pytest.raises(AssertionError, match="beyond"):
        data[3]


def test_slices_of_slices_and_negative_places_work_as_in_a_list():
    data, plain = Dataset(SOME_LABELS, (), partial(load, 10), named, range(10)), list(range(10))
    assert ids_of(data[::-1][2:8][1::2]) == plain[::-1][2:8][1::2]
    assert data[-1].image_id == 9 and data[2:][-2].image_id == 8
    assert ids_of(data[20:]) == []
    for place in (10, -11):
        with pytest.raises(IndexError):
            data[place]


def test_names_are_those_of_the_slice_and_read_no_image():
    data = Dataset(SOME_LABELS, (), partial(load, 0), named, range(1_000_000))
    assert data[7:500_000][-1:1:-200_000].names() == (ImageName(499_999, "photo_499999"), named(299_999), named(99_999))
    assert data[:0].names() == ()
    repaired, mapped = repaired_dataset(data[5:7], Path()), mapped_dataset(data[3:], NO_CARS, Path())[1:2]
    assert repaired.names() == (named(5), named(6)) and mapped.names() == (named(4),)
    assert mapped.labels == NO_CARS.target


def test_a_repaired_or_mapped_slice_reads_what_its_names_say():
    data = Dataset(SOME_LABELS, (), partial(load, 10), named, range(10))[::-1][2:5]
    for other in (repaired_dataset(data, Path()), mapped_dataset(data, NO_CARS, Path())):
        assert ids_of(other[1:]) == [name.id for name in other.names()[1:]] == [6, 5]


def test_a_data_set_can_be_sent_to_another_process():
    data = pickle.loads(pickle.dumps(Dataset(SOME_LABELS, (), partial(load, 10), named, range(10))))
    assert ids_of(data[3:5]) == [3, 4]


def test_a_truth_of_another_size_is_refused():
    with pytest.raises(FormatError, match=r"image 7: is \(3, 2\) .* its truth \(2, 3\)"):
        Sample(image_path=None, size=(3, 2), truth=EMPTY, image_id=7)


def test_a_note_reads_as_one_line(tmp_path):
    assert str(Note(tmp_path / "a.json", "", "is odd", "assumed")) == f"{tmp_path / 'a.json'}: is odd"
