"""Mapillary Vistas: what is written, and the config."""

import json
from pathlib import Path

import numpy as np
import pytest

from round_trip import check_round_trip, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError
from segweave.formats import open_dataset, save_dataset
from segweave.formats.mapillary_layout import read_config
from segweave.labels import Label, LabelSet, label_set
from segweave.segmentation import Segment, Segmentation, assemble


@pytest.mark.parametrize("name", ["mapillary_v1_2", "mapillary_v2_0"])
def test_shipped_label_sets_keep_their_ids_and_version(name: str, tmp_path: Path):
    rng = np.random.default_rng(1)
    truths = [random_segmentation(rng, (30, 40), label_set(name), n=25) for _ in range(2)]
    check_round_trip("mapillary", truths, tmp_path)
    version = name[-4:].replace("_", ".")
    assert (tmp_path / "written/training" / version / "instances/photo_0.png").is_file()
    assert not list((tmp_path / "written").glob("*.labels.csv"))


def test_the_config_we_write_gives_the_shipped_label_set_back(tmp_path: Path):
    labels = label_set("mapillary_v2_0")
    save_dataset(
        samples_of([Segmentation(np.zeros((2, 2)).astype(int), (), labels)], tmp_path / "p"),
        tmp_path / "d",
        "mapillary",
    )
    table = read_config(tmp_path / "d" / "config_v2.0.json")
    assert table.labels is labels and len(json.loads((tmp_path / "d/config_v2.0.json").read_text())["labels"]) == 124


def test_own_labels_come_back_from_any_folder_of_the_data_set(tmp_path: Path):
    truth = random_segmentation(np.random.default_rng(2), (20, 20))
    save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "mapillary")
    for inner in ("training", "training/v2.0", "training/v2.0/instances/photo_0.png"):
        data = open_dataset(tmp_path / "d" / inner)
        assert data.labels == SOME_LABELS and data.notes == () and len(data[0].truth) == len(truth)


def test_our_labels_png_says_the_same_as_our_instances_png(tmp_path: Path):
    truth = random_segmentation(np.random.default_rng(2), (20, 20))
    save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "mapillary")
    seen = open_dataset(tmp_path / "d/training/v2.0/labels/photo_0.png")[0].truth
    assert seen.label_indices().tolist() == truth.label_indices().tolist()


def things(n: int) -> Segmentation:
    return assemble(np.arange(1, n + 1).reshape(1, -1), [Segment(label=3)] * n, SOME_LABELS)


def test_256_things_of_a_label_fit_and_257_do_not(tmp_path: Path):
    assert len(check_round_trip("mapillary", [things(256)], tmp_path / "a")[0].truth) == 256
    with pytest.raises(FormatError, match="has 257 'car'; Mapillary numbers 256"):
        save_dataset(samples_of([things(257)], tmp_path / "p"), tmp_path / "b", "mapillary")


@pytest.mark.parametrize("n", [255, 256])
def test_255_labels_fit_and_256_do_not(n: int, tmp_path: Path):
    labels = LabelSet("many", tuple(Label(name=f"label {k}", is_thing=True) for k in range(n)))
    truth = Segmentation(np.ones((1, 2), np.int32), (Segment(label=n - 1),), labels)
    if n == 255:
        assert check_round_trip("mapillary", [truth], tmp_path)
    else:
        with pytest.raises(FormatError, match="has 256 labels"):
            save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "mapillary")


BAD_CONFIGS = [
    b"{",
    b"[]",
    b'{"labels": 3, "readable": 1}',
    b'{"labels": [{"name": 3, "readable": 1}]}',
    b'{"labels": [{"name": "a", "readable": 1, "instances": "yes"}]}',
    b'{"labels": [{"name": "a", "readable": 1, "instances": true, "color": [1, 2]}]}',
    b'{"labels": [{"name": "a", "readable": 1, "instances": true, "color": [1, 2, 999]}]}',
    b'{"labels": [{"name": " ", "readable": 1, "instances": true}]}',
    b'{"labels": [' + b",".join([b'{"name": "a", "readable": 1, "instances": true}'] * 2) + b"]}",
    b'{"labels": [' + b",".join([b'{"name": "a", "readable": 1, "instances": true}'] * 257) + b"]}",
]


@pytest.mark.parametrize("content", BAD_CONFIGS)
def test_a_bad_config_is_one_line_that_names_it(content: bytes, tmp_path: Path):
    path = tmp_path / "config_v1.2.json"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"config_v1\.2\.json") as error:
        read_config(path)
    assert "\n" not in str(error.value)
