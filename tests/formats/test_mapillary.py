"""Mapillary Vistas: layouts, versions, config, label * 256 + n."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from segweave.errors import FormatError, SegweaveError
from segweave.files import replacing
from segweave.formats import detect, open_dataset, write_id_png
from segweave.formats.index_png import write_index_png
from segweave.formats.png import encode_indices
from segweave.labels import Label, LabelSet, LabelTable, label_set
from segweave.segmentation import Segment

CAR, ROAD, BIRD = 55, 13, 0  # ids of v1.2


def write_16_bit(path: Path, codes: NDArray[np.generic] | list[list[int]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(encode_indices(np.array(codes, np.uint16), palette=None))
    return path


def write_labels(path: Path, ids: list[list[int]], *, palette: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # one colour for all, as v2.0 has it for several: it must not matter
    write_index_png(path, np.array(ids), palette=[(9, 9, 9)] * 256 if palette else None)
    return path


def write_photograph(path: Path, size: tuple[int, int] = (2, 3)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(path)
    return path


def write_split(split: Path, *, version: str = "v1.2", name: str = "a") -> Path:
    """2 x 3 px: two cars, road, void, and a bird without a number. Returns the version folder."""
    base = split / version
    codes = [
        [CAR * 256, CAR * 256 + 1, 65 * 256],
        [ROAD * 256, ROAD * 256, BIRD * 256],
    ]
    write_16_bit(base / "instances" / f"{name}.png", codes)
    write_labels(base / "labels" / f"{name}.png", [[code >> 8 for code in row] for row in codes])
    write_photograph(split / "images" / f"{name}.jpg")
    return base


def config(path: Path, rows: list[tuple[str, bool]]) -> Path:
    labels = [
        {"name": name, "readable": name, "instances": thing, "evaluate": True, "color": [9, 9, 9]}
        for name, thing in rows
    ]
    path.write_text(json.dumps({"version": "1.2", "labels": labels}))
    return path


def test_a_value_is_label_times_256_plus_number(tmp_path: Path):
    write_split(tmp_path / "training")
    data = open_dataset(tmp_path)
    assert data.labels == label_set("mapillary_v1_2") and data.notes == ()
    sample = data[0]
    assert sample.truth.label_names() == ("animal--bird", "construction--flat--road", *["object--vehicle--car"] * 2)
    assert sample.truth.ids.tolist() == [[3, 4, 0], [2, 2, 1]]
    assert [s.source_id for s in sample.truth.segments] == [0, ROAD * 256, CAR * 256, CAR * 256 + 1]
    assert sample.image_path == tmp_path / "training/images/a.jpg"
    assert (sample.image_name, sample.image_id, sample.notes) == ("a.jpg", "a", ())


@pytest.mark.parametrize("inner", ["", "validation", "validation/v1.2", "validation/v1.2/instances"])
def test_any_folder_down_to_the_pngs_can_be_named(inner: str, tmp_path: Path):
    write_split(tmp_path / "validation")
    assert detect(tmp_path / inner)[0] == "mapillary"
    data = open_dataset(tmp_path / inner)
    assert len(data) == 1 and len(data[0].truth) == 4 and data[0].image_path is not None


def test_one_instances_png_is_a_data_set_of_one_image(tmp_path: Path):
    base = write_split(tmp_path / "validation")
    write_split(tmp_path / "validation", name="b")
    data = open_dataset(base / "instances" / "b.png")
    assert [s.image_name for s in data] == ["b.jpg"] and data[0].image_path is not None and len(data[0].truth) == 4


def test_one_labels_png_is_read_by_index_with_one_segment_a_label(tmp_path: Path):
    base = write_split(tmp_path / "validation")
    data = open_dataset(base / "labels" / "a.png")
    assert [note.kind for note in data.notes] == ["assumed"]
    assert data[0].truth.areas().tolist() == [1, 2, 2]  # bird, road, both cars


def test_grey_labels_pngs_are_read_too(tmp_path: Path):
    write_labels(tmp_path / "val/v1.2/labels/a.png", [[CAR, 65]], palette=False)
    data = open_dataset(tmp_path)
    assert data[0].truth.ids.tolist() == [[1, 0]] and data[0].truth.label_names() == ("object--vehicle--car",)


def test_the_newest_version_is_read_and_the_other_one_named(tmp_path: Path):
    write_split(tmp_path / "training", version="v1.2")
    write_16_bit(tmp_path / "training/v2.0/instances/a.png", [[0, 0, 0], [0, 0, 0]])
    data = open_dataset(tmp_path)
    assert data.labels == label_set("mapillary_v2_0") and data[0].truth.label_names() == ("animal--bird",)
    assert [note.kind for note in data.notes] == ["assumed"] and "v1.2" in data.notes[0].reason
    old = open_dataset(tmp_path / "training" / "v1.2")
    assert old.labels == label_set("mapillary_v1_2") and old.notes == ()


def test_splits_are_told_apart_by_their_folder(tmp_path: Path):
    write_split(tmp_path / "training", name="10")
    write_split(tmp_path / "training", name="9")
    write_split(tmp_path / "validation", name="9")
    (tmp_path / "testing" / "images").mkdir(parents=True)
    names = [s.image_name for s in open_dataset(tmp_path)]
    assert names == ["training/9.jpg", "training/10.jpg", "validation/9.jpg"]


def test_the_flat_layout_is_read_with_a_note(tmp_path: Path):
    write_16_bit(tmp_path / "instances" / "a.png", [[CAR * 256 + 3, 65 * 256]])
    write_labels(tmp_path / "labels" / "a.png", [[CAR, 65]])
    write_photograph(tmp_path / "images" / "a.jpg", (1, 2))
    assert detect(tmp_path)[0] == "mapillary"
    data = open_dataset(tmp_path, "mapillary")
    assert data[0].truth.segments == (Segment(label=55, source_id=CAR * 256 + 3),)
    assert [note.kind for note in data.notes] == ["assumed"] and data[0].image_path is not None


def test_folders_called_images_and_labels_alone_are_not_mapillary(tmp_path: Path):
    write_labels(tmp_path / "labels" / "a.png", [[0, 1]])
    write_photograph(tmp_path / "images" / "a.jpg", (1, 2))
    assert "mapillary" not in detect(tmp_path)


def test_a_config_says_what_ids_mean_from_the_first_label_on(tmp_path: Path):
    config(tmp_path / "config_v1.2.json", [("cat", True), ("grass", False), ("void--unlabeled", False)])
    write_16_bit(tmp_path / "train/v1.2/instances/a.png", [[0, 1, 256, 512]])
    data = open_dataset(tmp_path)
    assert data.labels.name == "config_v1.2" and data.labels.names == ("cat", "grass") and data.labels.things == (0,)
    assert data[0].truth.ids.tolist() == [[1, 2, 3, 0]] and data[0].notes[0].kind == "image-missing"
    assert len(data[0].notes) == 1  # 512 is void--unlabeled, which needs no note


def test_stuff_in_several_parts_is_fused_and_unknown_labels_are_void_with_a_note(tmp_path: Path):
    write_16_bit(tmp_path / "train/v1.2/instances/a.png", [[ROAD * 256, ROAD * 256 + 1, 99 * 256, 99 * 256 + 5]])
    write_photograph(tmp_path / "train/images/a.jpg", (1, 4))
    sample = open_dataset(tmp_path)[0]
    assert sample.truth.ids.tolist() == [[1, 1, 0, 0]]
    assert [(n.kind, n.place) for n in sample.notes] == [
        ("unknown-label", "image 'a', label id 99, 2 px"),
        ("stuff-fused", "image 'a', 'construction--flat--road'"),
    ]


def test_labels_of_the_user_win_over_the_config(tmp_path: Path):
    config(tmp_path / "config_v1.2.json", [("cat", True)])
    write_16_bit(tmp_path / "train/v1.2/instances/a.png", [[7 * 256]])
    table = LabelTable(LabelSet("mine", (Label(name="bus", is_thing=True),)), (7,), ())
    assert open_dataset(tmp_path, labels=table)[0].truth.label_names() == ("bus",)


def test_a_photograph_of_another_size_is_refused(tmp_path: Path):
    write_split(tmp_path / "train")
    write_photograph(tmp_path / "train/images/a.jpg", (5, 5))
    with pytest.raises(FormatError, match="must be equal"):
        open_dataset(tmp_path)[0]


def test_an_image_without_instances_among_others_is_read_from_its_labels(tmp_path: Path):
    base = write_split(tmp_path / "train")
    write_split(tmp_path / "train", name="b")
    (base / "instances" / "b.png").unlink()
    data = open_dataset(tmp_path)
    assert data.notes == () and [len(s.truth) for s in data] == [4, 3]
    assert [[n.kind for n in s.notes] for s in data] == [[], ["assumed"]]


@pytest.mark.parametrize("kind", ["8-bit", "RGB", "truncated"])
def test_an_instances_png_of_another_kind_is_one_line(kind: str, tmp_path: Path):
    base = write_split(tmp_path / "train")
    png = base / "instances" / "a.png"
    if kind == "8-bit":
        write_index_png(png, np.ones((2, 3), np.uint8))
    elif kind == "RGB":
        write_id_png(png, np.ones((2, 3), np.int32))
    else:
        png.write_bytes(png.read_bytes()[:50])
    with pytest.raises(FormatError, match=r"a\.png") as error:
        open_dataset(tmp_path)[0]
    assert "\n" not in str(error.value)


def test_a_folder_without_annotations_says_what_was_expected(tmp_path: Path):
    with pytest.raises(FormatError, match="no annotations of Mapillary"):
        open_dataset(tmp_path, "mapillary")
    photograph = write_photograph(tmp_path / "instances" / "x.png")
    with pytest.raises(FormatError, match="expected a 16-bit PNG"):
        open_dataset(photograph, "mapillary")


@given(seed=st.integers(0, 2**32), high=st.sampled_from([256, 1024, 65536]))
def test_any_numbers_are_read_and_every_pixel_is_something(
    seed: int, high: int, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("any")
    codes = np.random.default_rng(seed).integers(0, high, (6, 7))
    write_16_bit(folder / "train/v2.0/instances/a.png", codes)
    sample = open_dataset(folder)[0]
    known = (codes >> 8) < 123
    assert sample.truth.void_area() == np.count_nonzero(~known)
    for segment, area in zip(sample.truth.segments, sample.truth.areas(), strict=True):
        code = segment.source_id
        assert isinstance(code, int) and segment.label == code >> 8
        same = codes == code if sample.truth.labels[segment.label].is_thing else codes >> 8 == segment.label
        assert area == np.count_nonzero(same)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_damaged_files_raise_our_errors_only(seed: int, cuts: int, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("fuzz")
    base = write_split(folder / "train")
    path = config(folder / "config_v1.2.json", [("cat", True), ("void--unlabeled", False)])
    rng = random.Random(seed)
    target = rng.choice([path, base / "instances/a.png", base / "labels/a.png", folder / "train/images/a.jpg"])
    data = bytearray(target.read_bytes())
    for _ in range(cuts):
        data[rng.randrange(len(data))] = rng.randrange(256)
    target.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
    try:
        samples = list(open_dataset(folder, "mapillary"))
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(samples) == 1


def test_the_sample_of_another_tool_has_the_counts_of_its_pixels(shared: Path):
    folder = shared / "data/format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]
    assert detect(folder / "mapillary_datumaro_tiny")[0] == "mapillary"
    data = open_dataset(folder / "mapillary_datumaro_tiny")
    assert data.notes == () and len(data) == 3
    for sample in data:
        assert sample.notes == () and sample.image_path is not None
        split, stem = sample.image_name.removesuffix(".jpg").split("/")
        counts = facts[f"mapillary_datumaro_tiny/{split}/v1.2/instances/{stem}.png"]["pixel_counts"]
        found = {
            str(s.source_id): area for s, area in zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True)
        }
        assert found == counts
