"""Writing Cityscapes: which files, which ids, which names."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from round_trip import content, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError
from segweave.formats import Sample, open_dataset, save_dataset
from segweave.formats.index_png import read_index_png
from segweave.labels import Label, LabelSet, label_set
from segweave.segmentation import Segment, Segmentation

CITY = label_set("cityscapes")


def labels_of(sample: Sample) -> NDArray[np.int32]:
    assert isinstance(sample.truth, Segmentation)
    return sample.truth.label_indices()


def written(tmp_path: Path, truths: list[Segmentation], **options: str) -> Path:
    samples = samples_of(truths, tmp_path / "photographs", **options)
    save_dataset(samples, tmp_path / "out", "cityscapes")
    return tmp_path / "out"


def scene(labels: LabelSet = CITY, *, seed: int = 1, n: int = 25) -> Segmentation:
    return random_segmentation(np.random.default_rng(seed), (60, 80), labels, n=n)


def too_many_cars() -> Segmentation:
    ids = np.arange(1, 1002).reshape(13, 77)
    return Segmentation(ids, tuple(Segment(label=CITY.index("car")) for _ in range(1001)), CITY)


def test_cityscapes_labels_are_written_with_their_own_ids(tmp_path: Path) -> None:
    ids = np.array([[1, 1, 2, 3, 4, 0]])
    car, road = CITY.index("car"), CITY.index("road")
    cars = (Segment(label=car), Segment(label=car), Segment(label=car, crowd=True))
    out = written(tmp_path, [Segmentation(ids, (Segment(label=road), *cars), CITY)])
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        "gtFine/train/photo/photo_0_gtFine_labelIds.png",
        "gtFine/train/photo/photo_0_gtFine_instanceIds.png",
        "gtFine/train/photo/photo_0_gtFine_polygons.json",
        "gtFine/cityscapes_panoptic_train.json",
        "gtFine/cityscapes_panoptic_train/photo_0_gtFine_panoptic.png",
        "leftImg8bit/train/photo/photo_0_leftImg8bit.png",
    }
    stem = out / "gtFine/train/photo/photo_0_gtFine"
    assert read_index_png(f"{stem}_labelIds.png").tolist() == [[7, 7, 26, 26, 26, 0]]
    assert read_index_png(f"{stem}_instanceIds.png").tolist() == [[7, 7, 26000, 26001, 26, 0]]
    index = json.loads((out / "gtFine/cityscapes_panoptic_train.json").read_text())
    assert index["images"][0]["id"] == index["annotations"][0]["image_id"] == "photo_0"
    assert index["annotations"][0]["segments_info"][3] == {
        **{"id": 26, "category_id": 26, "area": 1, "bbox": [4, 0, 1, 1], "iscrowd": 1}
    }
    assert {entry["id"] for entry in index["categories"]} == {7, 8, *range(11, 14), 17, *range(19, 29), 31, 32, 33}


def test_instance_ids_have_16_bits_even_of_an_empty_image(tmp_path: Path) -> None:
    out = written(tmp_path, [Segmentation(np.zeros((3, 4), np.int32), (), CITY)])
    (path,) = out.rglob("*_instanceIds.png")
    with Image.open(path) as image:
        assert image.mode == "I;16"


@pytest.mark.parametrize("place", ["gtFine", "gtFine/train", "gtFine/train/photo"])
def test_a_part_of_a_written_data_set_finds_its_labels(tmp_path: Path, place: str) -> None:
    out = written(tmp_path, [scene(SOME_LABELS)])
    assert open_dataset(out / place, "cityscapes").labels == SOME_LABELS
    assert open_dataset(next(out.rglob("*_labelIds.png"))).labels == SOME_LABELS


def test_ids_beyond_16_bits_are_kept_in_the_panoptic_files(tmp_path: Path) -> None:
    labels = label_set("coco_panoptic")
    out = written(tmp_path, [scene(labels, n=60)])
    assert not list(out.rglob("*_instanceIds.png"))
    (sample,) = open_dataset(out)
    assert max(s.source_id for s in sample.truth.segments if isinstance(s.source_id, int)) > 65535


def test_more_labels_than_numbers_below_1000_still_come_back(tmp_path: Path) -> None:
    many = LabelSet("many", tuple(Label(name=f"label {k}", is_thing=k % 2 == 0) for k in range(1203)))
    truth = Segmentation(
        np.array([[1, 2, 3, 4]]), tuple(Segment(label=k, crowd=k == 0) for k in (1000, 999, 1, 0)), many
    )
    (sample,) = open_dataset(written(tmp_path, [truth]))
    assert content(sample.truth, source_ids=False) == content(truth, source_ids=False)


def test_more_than_1000_things_of_a_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="image 1: has more than 1000 'car'"):
        written(tmp_path, [too_many_cars()])


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("val/ulm/ulm_000000_000019.png", "val/ulm/ulm_000000_000019"),
        ("ulm_000000_000019_leftImg8bit.png", "train/ulm/ulm_000000_000019"),
        ("val/7.png", "val/city/7"),
        ("street/7.png", "train/street/7"),
        ("a/b/c/d.png", "a/b/c/d"),
        ("gtFine/.x/leftImg8bit/_1.png", "_gtFine/_.x/_leftImg8bit/_1"),
        ("_1.png", "train/city/_1"),
        ("x_gtFine_labelIds.png", "train/x/x_gtFine_labelIds"),
    ],
)
def test_names_become_split_city_and_base(tmp_path: Path, name: str, place: str) -> None:
    sample = Sample(image_path=None, size=(60, 80), truth=scene(), image_id=1, image_name=name)
    save_dataset([sample], tmp_path, "cityscapes")
    assert (tmp_path / f"gtFine/{place}_gtFine_labelIds.png").is_file()
    (back,) = open_dataset(tmp_path)
    assert back.image_name == f"{place}.png" and len(back.truth.segments) > 5


def test_two_images_may_not_become_one_file(tmp_path: Path) -> None:
    names = ("a_1.png", "train/a/a_1.png")
    samples = [Sample(image_path=None, size=(60, 80), truth=scene(), image_id=name, image_name=name) for name in names]
    with pytest.raises(FormatError, match="several images are to be 'train/a/a_1'"):
        save_dataset(samples, tmp_path, "cityscapes")


def test_panoptic_files_of_one_base_in_two_cities_stay_apart(tmp_path: Path) -> None:
    labels = label_set("coco_panoptic")
    truths = [scene(labels, seed=k) for k in range(2)]
    samples = [
        Sample(image_path=None, size=(60, 80), truth=truth, image_id=k, image_name=f"val/{k}/photo.png")
        for k, truth in enumerate(truths)
    ]
    save_dataset(samples, tmp_path, "cityscapes")
    for sample, truth in zip(open_dataset(tmp_path), truths, strict=True):
        assert np.array_equal(labels_of(sample), truth.label_indices())


def test_jpegs_become_pngs(tmp_path: Path) -> None:
    out = written(tmp_path, [scene()], suffix=".jpg")
    (sample,) = open_dataset(out)
    assert sample.image_path is not None and sample.image_path.read_bytes().startswith(b"\x89PNG")
    assert sample.image_name == "train/photo/photo_0.png"


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path) -> None:
    samples = samples_of([scene(seed=k) for k in range(3)], tmp_path / "photographs")
    bad = Sample(image_path=None, size=(13, 77), truth=too_many_cars(), image_id=9, image_name="photo_9.png")
    with pytest.raises(FormatError, match="more than 1000"):
        save_dataset([*samples[:2], bad], tmp_path / "out", "cityscapes")
    save_dataset(samples, tmp_path / "out", "cityscapes", resume=True)
    save_dataset(samples, tmp_path / "at once", "cityscapes")
    first, second = (
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "out", tmp_path / "at once")
    )
    assert first == second and len(first) == 3 * 5 + 1
