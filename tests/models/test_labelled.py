"""Labelled photographs, the next one read meanwhile."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.weaving import SECONDARY, stripes, write_images
from segweave.errors import FormatError
from segweave.formats import Dataset, open_dataset
from segweave.models.labelled import LabelledPhoto, labelled_photos, photograph, truth_labels
from segweave.segmentation import Instances, Rle, Segment

TRUTH = np.repeat([[0, 1, 2, 2]], 2, axis=1).repeat(6, axis=0)


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    images, masks = write_images(tmp_path, n=4)
    return open_dataset(masks, images=images)


def test_photographs_come_with_their_truth_in_the_order_asked(data: Dataset) -> None:
    asked: list[int] = []

    def load(place: int):
        asked.append(place)
        return data[place]

    found = labelled_photos(replace(data, load=load), [3, 1, 0])
    first = next(found)
    assert isinstance(first, LabelledPhoto) and asked[0] == 3
    assert np.array_equal(first.photograph, stripes(0, 1, 2, 0)) and np.array_equal(first.truth, TRUTH)
    assert len(list(found)) == 2 and asked == [3, 1, 0]


def test_the_next_one_is_read_while_one_is_looked_at(data: Dataset) -> None:
    asked: list[int] = []

    def load(place: int):
        asked.append(place)
        return data[place]

    found = labelled_photos(replace(data, load=load), range(4))
    next(found)
    found.close()  # type: ignore[attr-defined]  # waits for what is being read
    assert asked == [0, 1]


def test_what_is_wrong_with_an_image_stands_in_its_place(data: Dataset, tmp_path: Path) -> None:
    (tmp_path / "images" / "1.png").write_bytes(b"no image")

    def load(place: int):
        if place == 2:
            raise MemoryError
        return data[place]

    first, second, third, last = labelled_photos(replace(data, load=load), range(4))
    assert isinstance(first, LabelledPhoto) and isinstance(last, LabelledPhoto)
    assert "1.png" in str(second) and "image 3 of the data set does not fit into memory" in str(third)
    assert list(labelled_photos(data, [])) == []


def test_a_photograph_that_is_not_there_or_does_not_fit_is_refused(data: Dataset) -> None:
    with pytest.raises(FormatError, match="its photograph is not there; name its folder"):
        photograph(replace(data[0], image_path=None))
    small = replace(data[0], size=(2, 2), truth=Instances((2, 2), (), (), SECONDARY))
    with pytest.raises(FormatError, match=r"is \(6, 8\) \(height, width\), its truth \(2, 2\)"):
        photograph(small)


def test_instances_lie_as_the_panoptic_truth_lays_them(data: Dataset) -> None:
    masks = [Rle.from_mask(np.eye(3, dtype=bool)), Rle.from_mask(np.ones((3, 3), bool))]
    truth = Instances((3, 3), tuple(masks), (Segment(label=2, score=0.9), Segment(label=1, score=0.1)), SECONDARY)
    found = truth_labels(replace(data[0], size=(3, 3), truth=truth))
    assert np.array_equal(found, np.where(np.eye(3, dtype=bool), 2, 1))
