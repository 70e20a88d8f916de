"""Tables straight from COCO panoptic files."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError
from segweave.formats import Sample, open_dataset, save_dataset
from segweave.formats.panoptic_tables import index_of, panoptic_table
from segweave.formats.prediction import open_prediction
from segweave.segmentation import ImageKey, OverlapTable, overlap_table, tidied
from segweave.segmentation.overlap_table import UNLISTED


def write(folder: Path, name: str, ids: np.ndarray, segments: list[dict], **head: object) -> Path:
    """A COCO panoptic file of one image as another tool would write it."""
    (folder / name).mkdir(parents=True)
    rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16 & 255], -1).astype(np.uint8)
    Image.fromarray(rgb).save(folder / name / "1.png")
    images = [{"id": 1, "file_name": "1.jpg", "height": ids.shape[0], "width": ids.shape[1]}]
    names = (("cat", 1), ("grass", 0), ("dog", 1))
    categories = [{"id": 7 + k, "name": n, "isthing": t} for k, (n, t) in enumerate(names)]
    annotations = [{"image_id": 1, "file_name": "1.png", "segments_info": segments}]
    data = {"images": images, "annotations": annotations, "categories": categories} | head
    path = folder / f"{name}.json"
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}))
    return path


def segment(number: int, category: int, **more: object) -> dict:
    return {"id": number, "category_id": category, "iscrowd": 0} | more


def table(truth: Path, guess: Path) -> OverlapTable:
    data = open_dataset(truth)
    return panoptic_table((index_of(data), 0), (index_of(open_prediction(guess, truth=data)), 0))


IDS = np.array([[70000, 70000, 70000, 5, 5, 0], [70000, 70000, 300, 5, 5, 0]])


def test_it_keeps_what_the_truth_lists_right_or_wrong(tmp_path: Path):
    """Stated 99 for 5 px; a segment without pixels; a crowd of stuff; stuff twice; id 300 that nothing lists."""
    listed = [segment(70000, 7, area=99), segment(8, 9, area=3), segment(5, 8, iscrowd=1), segment(9, 8)]
    truth = write(tmp_path, "truth", IDS, listed)
    guess = write(tmp_path, "guess", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    found = table(truth, guess)
    assert found.truth.label.tolist() == [-1, 0, 2, 1, 1, UNLISTED]
    assert found.truth.area.tolist() == [2, 5, 0, 4, 0, 1] and found.truth.stated.tolist() == [2, 99, 3, 4, 0, 1]
    assert found.truth.crowd.tolist() == [False, False, False, True, False, False]
    assert found.prediction.area.tolist() == [2, 5, 4, 1]
    assert found.images == (ImageKey(id=1, name="1", size=(2, 6)),)


def test_tidied_it_is_what_segmentations_give(tmp_path: Path):
    rng = np.random.default_rng(5)
    sides = {}
    for name in ("truth", "guess"):
        scenes = [random_segmentation(rng, (17 + 9 * k, 40), n=9) for k in range(4)]
        samples = [
            Sample(image_path=None, size=scene.size, truth=scene, image_id=k, image_name=f"{k}.jpg")
            for k, scene in enumerate(scenes)
        ]
        save_dataset(samples, tmp_path / name, "coco-panoptic")
        sides[name] = open_dataset(tmp_path / name)
    for k in range(4):
        raw = panoptic_table((index_of(sides["truth"]), k), (index_of(sides["guess"]), k))
        wanted = overlap_table(sides["truth"][k].truth, sides["guess"][k].truth, raw.images[0])
        clean = tidied(raw)
        for column in ("truth_row", "prediction_row", "pixels"):
            assert np.array_equal(getattr(clean, column), getattr(wanted, column))
        assert clean.truth.label.tolist() == wanted.truth.label.tolist() and clean.truth.labels == SOME_LABELS


def test_a_broken_truth_tidied_is_what_the_reader_makes_of_it(tmp_path: Path):
    listed = [segment(5, 8), segment(70000, 7, area=99), segment(8, 9), segment(300, 8)]
    truth = write(tmp_path, "truth", np.where(IDS == 0, 44, IDS), listed)
    guess = write(tmp_path, "guess", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    clean = tidied(table(truth, guess))
    data = open_dataset(truth)
    wanted = overlap_table(data[0].truth, open_prediction(guess, truth=data)[0].truth, clean.images[0])
    assert clean.truth.label.tolist() == wanted.truth.label.tolist()
    assert clean.truth.area.tolist() == wanted.truth.area.tolist() and clean.pixels.tolist() == wanted.pixels.tolist()


def test_a_prediction_without_categories_has_the_truths(tmp_path: Path):
    truth = write(tmp_path, "truth", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    guess = write(
        tmp_path, "guess", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)], categories=None, images=None
    )
    found = table(truth, guess)
    assert found.prediction.labels == found.truth.labels and found.prediction.label.tolist() == [-1, 0, 1, 2]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([segment(70000, 7), segment(5, 8)], r"1 pixels have ids that are not in its 'segments_info'"),
        ([segment(70000, 7), segment(5, 8), segment(300, 9), segment(6, 7)], "segment 6 is listed, but no pixel has"),
        ([segment(70000, 7), segment(5, 8), segment(300, 99)], "segment 300: its category 99 is unknown"),
        ([segment(70000, 7), segment(70000, 8), segment(5, 8)], "listed twice, first as category 7, then as 8"),
    ],
)
def test_a_prediction_that_contradicts_itself_is_an_error(listed: list[dict], said: str, tmp_path: Path):
    truth = write(tmp_path, "truth", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    guess = write(tmp_path, "guess", IDS, listed)
    with pytest.raises(FormatError, match=said) as caught:
        table(truth, guess)
    assert "image 1" in str(caught.value) and "\n" not in str(caught.value)


def test_sizes_that_differ_are_named(tmp_path: Path):
    truth = write(tmp_path, "truth", IDS, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    guess = write(tmp_path, "guess", IDS.T, [segment(70000, 7), segment(5, 8), segment(300, 9)])
    with pytest.raises(FormatError, match=r"image 1: has \(2, 6\) pixels .* has \(6, 2\); they must be equal"):
        table(truth, guess)


def test_more_pairs_than_a_first_table_has_room_for_are_counted(tmp_path: Path):
    """5,000 segments of one pixel each on both sides."""
    ids = np.arange(1, 5001).reshape(50, 100) * 11
    listed = [segment(int(k), 7) for k in ids.ravel()]
    truth, guess = write(tmp_path, "truth", ids, listed), write(tmp_path, "guess", ids[::-1], listed)
    found = table(truth, guess)
    assert len(found.pixels) == 5000 and found.pixels.sum() == 5000
    assert np.array_equal(np.sort(found.prediction_row), np.arange(1, 5001))
