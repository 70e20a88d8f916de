"""BDD100K bitmasks: four channels, attributes, layouts."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from round_trip import check_round_trip, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError, SegweaveError
from segweave.formats import detect, open_dataset, save_dataset
from segweave.formats.bdd100k_bitmask import Object, write_bitmask
from segweave.formats.index_png import read_color_png
from segweave.labels import Label, LabelSet, LabelTable
from segweave.segmentation import Segment, Segmentation, assemble

CAR, TRUCK = 3, 4
TRUNCATED, OCCLUDED, CROWD, IGNORED = 8, 4, 2, 1


def write(path: Path, rows: list[list[tuple[int, int, int, int]]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return path


def write_photograph(path: Path, size: tuple[int, int]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(path)
    return path


ROW = [(0, 0, 0, 0), (CAR, 0, 0, 1), (CAR, OCCLUDED, 1, 0), (TRUCK, CROWD, 0, 3), (CAR, IGNORED | CROWD, 0, 9)]


def test_channels_are_category_attributes_and_a_16_bit_id(tmp_path: Path):
    write(tmp_path / "bitmasks/train/a.png", [ROW])
    write_photograph(tmp_path / "images/train/a.jpg", (1, 5))
    data = open_dataset(tmp_path)
    sample = data[0]
    # ids 1, 3 and 256 in this order; the ignored car is void
    assert sample.truth.ids.tolist() == [[0, 1, 3, 2, 0]]
    assert sample.truth.label_names() == ("car", "truck", "car")
    assert [(s.crowd, s.source_id) for s in sample.truth.segments] == [(False, 1), (True, 3), (False, 256)]
    assert [(n.kind, n.place) for n in sample.notes] == [("void-label", "image 'train/a', 1 px")]
    assert sample.image_path == tmp_path / "images/train/a.jpg" and sample.image_name == "train/a.jpg"
    assert [n.kind for n in data.notes] == ["assumed"] and len(data.labels) == 8


@pytest.mark.parametrize("task", ["ins_seg", "pan_seg", "seg_track_20"])
def test_the_tree_of_the_data_set_is_known(task: str, tmp_path: Path):
    where = {"seg_track_20": "images/seg_track_20"}.get(task, "images/10k")
    write(tmp_path / "labels" / task / "bitmasks/val/v1/v1-001.png", [ROW[:2]])
    write_photograph(tmp_path / where / "val/v1/v1-001.jpg", (1, 2))
    for inner in ("", "labels", f"labels/{task}", f"labels/{task}/bitmasks", f"labels/{task}/bitmasks/val"):
        assert "bdd100k" in detect(tmp_path / inner)
        data = open_dataset(tmp_path / inner, "bdd100k")
        assert len(data.labels) == (40 if task == "pan_seg" else 8)
        assert data[0].image_path == tmp_path / where / "val/v1/v1-001.jpg" and data[0].image_id == "val/v1/v1-001"


def test_panoptic_labels_are_taken_where_the_categories_need_them(tmp_path: Path):
    write(tmp_path / "bitmasks/a.png", [[(7, 0, 0, 1), (35, 0, 0, 2), (7, 0, 0, 3), (41, 0, 0, 4)]])
    sample = open_dataset(tmp_path)[0]
    assert sample.truth.label_names() == ("road", "car") and sample.truth.ids.tolist() == [[1, 2, 1, 0]]
    assert [n.kind for n in sample.notes] == ["unknown-label", "stuff-fused", "image-missing"]


def test_several_folders_of_bitmasks_are_not_mixed(tmp_path: Path):
    for task in ("ins_seg", "pan_seg"):
        write(tmp_path / "labels" / task / "bitmasks/a.png", [ROW])
    with pytest.raises(FormatError, match="labels/ins_seg/bitmasks, labels/pan_seg/bitmasks; name the one to read"):
        open_dataset(tmp_path, "bdd100k")


def test_pixels_of_one_id_are_one_segment_whatever_their_other_attributes(tmp_path: Path):
    write(tmp_path / "bitmasks/a.png", [[(CAR, 0, 0, 1), (CAR, TRUNCATED, 0, 1), (TRUCK, 0, 0, 1)]])
    truth = open_dataset(tmp_path)[0].truth
    assert truth.ids.tolist() == [[1, 1, 2]] and truth.label_names() == ("car", "truck")


def test_a_blank_prediction_is_void(tmp_path: Path):
    write(tmp_path / "bitmasks/a.png", [[(0, 3, 0, 1)] * 4])  # how the tools of BDD100K write "nothing"
    assert open_dataset(tmp_path)[0].truth.segments == ()


def test_labels_of_the_user_say_what_categories_mean(tmp_path: Path):
    write(tmp_path / "bitmasks/a.png", [[(9, 0, 0, 1), (200, 0, 0, 2)]])
    table = LabelTable(LabelSet("mine", (Label(name="grass", is_thing=False),)), (200,), ())
    sample = open_dataset(tmp_path, labels=table)[0]
    assert sample.truth.label_names() == ("grass",)
    assert [n.place for n in sample.notes if n.kind == "unknown-label"] == ["image 'a', category 9, 1 px"]


def test_crowds_of_stuff_are_none(tmp_path: Path):
    write(tmp_path / "pan_seg/bitmasks/a.png", [[(7, CROWD, 0, 1), (7, 0, 0, 1)]])
    sample = open_dataset(tmp_path)[0]
    assert sample.truth.segments[0].crowd is False and sample.notes[0].kind == "crowd-on-stuff"


def test_a_plain_folder_and_a_file_are_known_by_their_pixels(tmp_path: Path):
    png = write(tmp_path / "x" / "a.png", [ROW])
    write_photograph(tmp_path / "x" / "a.jpg", (1, 5))
    for path in (png, tmp_path / "x"):
        assert detect(path)[0] == "bdd100k"
        sample = open_dataset(path)[0]
        assert len(sample.truth) == 3 and sample.image_path == tmp_path / "x" / "a.jpg"


def test_a_bitmask_is_not_its_own_photograph(tmp_path: Path):
    sample = open_dataset(write(tmp_path / "a.png", [ROW]))[0]
    assert sample.image_path is None and sample.notes[-1].kind == "image-missing"


@pytest.mark.parametrize("pixel", [(200, 100, 50, 255), (0, 0, 0, 255), (0, 0, 0, 0), (3, 16, 0, 1)])
def test_other_rgba_pictures_are_not_bitmasks(pixel: tuple[int, int, int, int], tmp_path: Path):
    png = write(tmp_path / "a.png", [[pixel] * 3])
    assert "bdd100k" not in detect(png) and "bdd100k" not in detect(tmp_path)


def test_unknown_attributes_and_other_pngs_are_one_line(tmp_path: Path):
    png = write(tmp_path / "bitmasks/a.png", [[(3, 200, 0, 1)]])
    with pytest.raises(FormatError, match=r"a\.png: has the attributes \(green\) 200; expected four bits"):
        open_dataset(png, "bdd100k")[0]
    Image.new("RGB", (2, 2)).save(png)
    with pytest.raises(FormatError, match="is a 8-bit RGB PNG; expected 8-bit RGBA"):
        open_dataset(png, "bdd100k")[0]
    png.unlink()
    with pytest.raises(FormatError, match="has no bitmasks"):
        open_dataset(tmp_path, "bdd100k")


def test_what_is_written_are_the_bytes_of_the_format(tmp_path: Path):
    segments = [Segment(label=4), Segment(label=0), Segment(label=3, crowd=True)]
    truth = assemble(np.array([[1, 2], [3, 0]]), segments, SOME_LABELS)
    save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "bdd100k")
    rgba = read_color_png(tmp_path / "d/bitmasks/photo_0.png")
    assert rgba.tolist() == [[[5, 0, 0, 1], [1, 0, 0, 2]], [[4, 2, 0, 3], [0, 0, 0, 0]]]
    assert open_dataset(tmp_path / "d/bitmasks/photo_0.png")[0].truth == truth_with_ids(truth)


def truth_with_ids(truth: Segmentation) -> Segmentation:
    """The same with the ids that the writer gives."""
    segments = [Segment(label=s.label, crowd=s.crowd, source_id=k) for k, s in enumerate(truth.segments, start=1)]
    return Segmentation(truth.ids, tuple(segments), truth.labels)


def test_truncated_and_occluded_survive_from_bitmask_to_bitmask(tmp_path: Path):
    row = [(CAR, TRUNCATED | OCCLUDED, 0, 5), (CAR, OCCLUDED | CROWD, 0, 6), (TRUCK, 0, 0, 7)]
    write(tmp_path / "bitmasks/a.png", [row])
    save_dataset(open_dataset(tmp_path), tmp_path / "d", "bdd100k")
    assert read_color_png(tmp_path / "d/bitmasks/a.png")[0, :, 1].tolist() == [12, 6, 0]


def test_appearance_of_stuff_in_parts_stays_with_its_label(tmp_path: Path):
    row = [(7, TRUNCATED, 0, 1), (35, OCCLUDED, 0, 2), (7, 0, 0, 3), (36, 0, 0, 4)]  # road, car, road, caravan
    write(tmp_path / "pan_seg/bitmasks/a.png", [row])
    save_dataset(open_dataset(tmp_path), tmp_path / "d", "bdd100k")
    assert read_color_png(tmp_path / "d/bitmasks/a.png")[0, :, 1].tolist() == [8, 4, 8, 0]


def test_a_folder_of_photographs_may_be_called_bitmasks(tmp_path: Path):
    truth = random_segmentation(np.random.default_rng(0), (9, 9))
    samples = [replace(s, image_name="bitmasks/a.png") for s in samples_of([truth], tmp_path / "p")]
    save_dataset(samples, tmp_path / "d", "bdd100k")
    sample = open_dataset(tmp_path / "d")[0]
    assert sample.image_name == "bitmasks/a.png" and sample.image_path is not None


def test_more_than_255_segments_use_both_bytes_of_the_id(tmp_path: Path):
    truth = assemble(np.arange(1, 601).reshape(20, 30), [Segment(label=3 + k % 2) for k in range(600)], SOME_LABELS)
    assert len(check_round_trip("bdd100k", [truth], tmp_path)[0].truth) == 600


def test_limits_of_ids_and_categories_are_named(tmp_path: Path):
    n = 65536
    truth = assemble(np.arange(1, n + 1).reshape(256, 256), [Segment(label=3)] * n, SOME_LABELS)
    with pytest.raises(FormatError, match=r"image 1: has 65,536 segments; a bitmask numbers 1\.\.65535"):
        save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "bdd100k")
    many = LabelSet("many", tuple(Label(name=f"{k}", is_thing=True) for k in range(256)))
    with pytest.raises(FormatError, match="has 256 labels"):
        save_dataset(
            samples_of([Segmentation(np.zeros((1, 1), int), (), many)], tmp_path / "q"), tmp_path / "e", "bdd100k"
        )


def test_noise_is_refused_before_it_becomes_segments(tmp_path: Path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (512, 512, 4), np.uint8)
    noise[..., 1] = 0
    (tmp_path / "bitmasks").mkdir()
    Image.fromarray(noise).save(tmp_path / "bitmasks/a.png", compress_level=1)
    with pytest.raises(FormatError, match="different pixels"):
        open_dataset(tmp_path, "bdd100k")[0]


@given(seed=st.integers(0, 2**32), most=st.sampled_from([4, 16, 17]))
def test_any_channels_are_read_or_refused_in_one_line(seed: int, most: int, tmp_path_factory: pytest.TempPathFactory):
    png = tmp_path_factory.mktemp("any") / "bitmasks" / "a.png"
    rgba = np.random.default_rng(seed).integers(0, [12, most, 2, 3], (5, 6, 4)).astype(np.uint8)
    write(png, rgba.tolist())
    if rgba[..., 1].max() > 15:
        with pytest.raises(FormatError, match="four bits"):
            open_dataset(png, "bdd100k")[0]
        return
    sample = open_dataset(png, "bdd100k")[0]
    void = (rgba[..., 1] & IGNORED > 0) | (rgba[..., 0] == 0)  # category 0 is void in both label sets
    if len(sample.truth.labels) == 8:
        void |= rgba[..., 0] > 8
    assert sample.truth.void_area() == np.count_nonzero(void)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_damaged_files_raise_our_errors_only(seed: int, cuts: int, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("fuzz")
    png = folder / "bitmasks" / "a.png"
    png.parent.mkdir()
    truth = random_segmentation(np.random.default_rng(seed % 5), (9, 11))
    objects = [Object(0, 0, 0), *(Object(k, s.label + 1, 0) for k, s in enumerate(truth.segments, start=1))]
    write_bitmask(png, truth.ids, objects)
    rng = random.Random(seed)
    data = bytearray(png.read_bytes())
    for _ in range(cuts):
        data[rng.randrange(len(data))] = rng.randrange(256)
    png.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
    try:
        samples = list(open_dataset(folder, "bdd100k"))
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(samples) == 1


def test_the_sample_of_the_data_set_has_its_three_cars(shared: Path):
    folder = shared / "data/format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]["bdd100k/segtrack_bitmask.png"]
    path = folder / "bdd100k/segtrack_bitmask.png"
    assert detect(path)[0] == "bdd100k"
    truth = open_dataset(path)[0].truth
    assert len(truth) == facts["segments"] and set(truth.label_names()) == {"car"}
    assert int(truth.areas().sum()) == facts["category_pixels"]["3"]
    assert truth.void_area() == facts["category_pixels"]["0"]
    assert truth.size == tuple(facts["size"][::-1])
