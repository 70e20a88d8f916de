"""ApolloScape: layouts, label * 1000 + n of any depth, groups as crowds."""

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
from segweave.formats import detect, open_dataset, save_dataset, write_id_png
from segweave.formats.apolloscape_writer import own_ids
from segweave.formats.index_png import read_index_png, write_index_png
from segweave.labels import Label, LabelSet, LabelTable, VoidRow, label_set
from segweave.segmentation import Segment, assemble

CAR, CAR_GROUP, PERSON, ROAD, BRIDGE, CONE = 33, 161, 36, 49, 98, 65
RECORD = "Record001/Camera 5"
STEM = "170908_061502408_Camera_5"

IDS = [[CAR, CAR, CAR_GROUP], [ROAD, 255, BRIDGE]]
CODES = [[CAR * 1000, CAR * 1000 + 1, CAR_GROUP], [ROAD, 255, BRIDGE]]


def write(path: Path, numbers: list[list[int]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (write_index_png if max(map(max, numbers)) < 65536 else write_id_png)(path, np.array(numbers))
    return path


def write_record(
    folder: Path, *, ids: list[list[int]] | None = IDS, codes: list[list[int]] | None = CODES, road: str = "road01_ins"
) -> Path:
    """road01_ins/{ColorImage,Label}/Record001/Camera 5/; returns the folder of the PNGs."""
    labels = folder / road / "Label" / RECORD
    size = (len(ids or codes or []), len((ids or codes or [[]])[0]))
    if ids is not None:
        write(labels / f"{STEM}_bin.png", ids)
    if codes is not None:
        write(labels / f"{STEM}_instanceIds.png", codes)
    photograph = folder / road / "ColorImage" / RECORD / f"{STEM}.jpg"
    photograph.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(photograph)
    return labels


def test_things_have_numbers_groups_are_crowds_and_the_rest_is_stuff_or_void(tmp_path: Path):
    write_record(tmp_path)
    assert detect(tmp_path)[0] == "apolloscape"
    data = open_dataset(tmp_path, "apolloscape")
    sample = data[0]
    assert data.labels == label_set("apolloscape") and [n.kind for n in data.notes] == ["void-label"]
    assert sample.truth.label_names() == ("road", "car", "car", "car")
    assert sample.truth.ids.tolist() == [[3, 4, 2], [1, 0, 0]]
    assert [s.crowd for s in sample.truth.segments] == [False, True, False, False]
    assert [s.source_id for s in sample.truth.segments] == [49, 161, 33000, 33001]
    assert sample.notes == ()


def test_the_photograph_is_found_in_the_tree_beside(tmp_path: Path):
    write_record(tmp_path)
    sample = open_dataset(tmp_path)[0]
    assert sample.image_path == tmp_path / "road01_ins/ColorImage" / RECORD / f"{STEM}.jpg"
    assert sample.image_name == f"road01_ins/{RECORD}/{STEM}.jpg"
    assert sample.image_id == f"road01_ins/{RECORD}/{STEM}"


@pytest.mark.parametrize("inner", ["road01_ins", "road01_ins/Label", f"road01_ins/Label/{RECORD}"])
def test_any_folder_of_the_data_set_can_be_named(inner: str, tmp_path: Path):
    write_record(tmp_path)
    sample = open_dataset(tmp_path / inner)[0]
    assert sample.image_path is not None and sample.image_name == f"{RECORD}/{STEM}.jpg" and len(sample.truth) == 4


def test_type_folders_may_lie_above_the_roads_and_instances_in_a_tree_of_their_own(tmp_path: Path):
    for kind, ending, numbers in (("Label", "_bin.png", IDS), ("Instance", "_instanceIds.png", CODES)):
        write(tmp_path / kind / "road02_ins" / RECORD / f"{STEM}{ending}", numbers)
    photograph = tmp_path / "Image" / "road02_ins" / RECORD / f"{STEM}.jpg"
    photograph.parent.mkdir(parents=True)
    Image.new("RGB", (3, 2)).save(photograph)
    data = open_dataset(tmp_path, "apolloscape")
    assert len(data) == 1 and data[0].image_path == photograph and len(data[0].truth) == 4
    assert detect(tmp_path)[0] == "apolloscape"


def test_one_png_is_a_data_set_of_one_image(tmp_path: Path):
    folder = write_record(tmp_path)
    numbered = open_dataset(folder / f"{STEM}_instanceIds.png")
    assert len(numbered) == 1 and len(numbered[0].truth) == 4 and numbered[0].image_path is not None
    plain = open_dataset(folder / f"{STEM}_bin.png")
    assert plain[0].truth.areas().tolist() == [2, 1, 1]  # both cars, road, the group
    assert [n.kind for n in plain.notes] == ["void-label", "assumed"]


def test_roads_without_instances_give_one_segment_a_label(tmp_path: Path):
    write_record(tmp_path, codes=None)
    data = open_dataset(tmp_path)
    assert [n.kind for n in data.notes] == ["void-label", "assumed"] and len(data[0].truth) == 3
    assert data[0].notes == ()


def test_instance_pngs_of_8_16_and_24_bits_say_the_same(tmp_path: Path):
    # without a number 8 bits suffice; 161 * 1000 + n needs 24
    for k, codes in enumerate([[[CAR, CAR_GROUP]], [[CAR * 1000, CAR_GROUP]], [[CAR * 1000, CAR_GROUP * 1000 + 7]]]):
        write_record(tmp_path / str(k), ids=None, codes=codes)
        truth = open_dataset(tmp_path / str(k))[0].truth
        assert sorted((s.label, s.crowd) for s in truth.segments) == [(1, False), (1, True)]


def test_several_crowds_of_a_label_stay_apart(tmp_path: Path):
    write_record(tmp_path, ids=None, codes=[[CAR_GROUP * 1000 + 1, CAR_GROUP * 1000 + 2]])
    assert [s.crowd for s in open_dataset(tmp_path)[0].truth.segments] == [True, True]


def test_the_label_png_decides_where_the_instance_png_has_no_number(tmp_path: Path):
    write_record(tmp_path, ids=[[ROAD, CAR, ROAD]], codes=[[0, CAR * 1000, 65535]])
    sample = open_dataset(tmp_path)[0]
    assert sample.truth.label_names() == ("road", "car") and sample.truth.ids.tolist() == [[1, 2, 1]]
    assert sample.notes == ()


def test_all_bits_set_is_void_not_number_535_of_label_65(tmp_path: Path):
    write_record(tmp_path, ids=None, codes=[[65535, CAR * 1000]])
    assert open_dataset(tmp_path)[0].truth.ids.tolist() == [[0, 1]]


def test_disagreement_and_things_without_number_and_unknown_values_are_notes(tmp_path: Path):
    ids = [[ROAD, CAR, 7, ROAD, CONE, CONE]]
    codes = [[CAR * 1000, CAR, 7, 7007, CONE * 1000 + 1, CONE * 1000 + 2]]
    write_record(tmp_path, ids=ids, codes=codes)
    sample = open_dataset(tmp_path)[0]
    name = f"image {sample.image_id!r}"
    assert [(n.kind, n.place) for n in sample.notes] == [
        ("overlap", f"{name}, 2 px"),
        ("unknown-label", f"{name}, value 7, 2 px"),
        ("stuff-fused", f"{name}, 'traffic_cone'"),
        ("assumed", f"{name}, 'car', 1 px"),
    ]
    assert sample.truth.ids.tolist() == [[2, 1, 0, 0, 3, 3]]


def test_train_ids_are_read_where_the_user_says_so(tmp_path: Path):
    write_record(tmp_path, ids=[[0, 1, 255]], codes=None)
    sky, car = Label(name="sky", is_thing=False), Label(name="car", is_thing=True)
    table = LabelTable(LabelSet("train", (sky, car)), (0, 1), (VoidRow("ignored", 255, (0, 0, 0)),))
    assert open_dataset(tmp_path, labels=table)[0].truth.label_names() == ("sky", "car")
    # by themselves 0 and 1 are "others" and "rover", which are void
    assert open_dataset(tmp_path)[0].truth.segments == ()


def test_sizes_that_differ_are_refused(tmp_path: Path):
    write_record(tmp_path, ids=[[ROAD]], codes=[[ROAD, ROAD]])
    with pytest.raises(FormatError, match="they must be equal"):
        open_dataset(tmp_path)[0]


def test_cityscapes_is_not_taken_for_apolloscape(tmp_path: Path):
    write(tmp_path / "Label" / "aachen" / "a_gtFine_instanceIds.png", [[26001, 7]])
    assert "apolloscape" not in detect(tmp_path)


def test_a_colour_label_png_and_an_empty_folder_are_one_line(tmp_path: Path):
    with pytest.raises(FormatError, match="no annotations of ApolloScape"):
        open_dataset(tmp_path, "apolloscape")
    png = tmp_path / "Label" / "a_bin.png"
    png.parent.mkdir()
    write_id_png(png, np.array([[70000]]))
    with pytest.raises(FormatError, match=r"a_bin\.png: is a 8-bit RGB PNG"):
        open_dataset(png, "apolloscape")[0]


@pytest.mark.parametrize("name", ["apolloscape", "mapillary_v2_0", "ade20k"])
def test_shipped_label_sets_come_back(name: str, tmp_path: Path):
    rng = np.random.default_rng(4)
    truths = [random_segmentation(rng, (40, 50), label_set(name), n=60) for _ in range(2)]
    assert len(check_round_trip("apolloscape", truths, tmp_path)) == 2


def test_official_ids_are_written_and_a_single_crowd_needs_no_more_than_16_bits(tmp_path: Path):
    labels = label_set("apolloscape")
    car, road = labels.index("car"), labels.index("road")
    segments = [Segment(label=car), Segment(label=car), Segment(label=car, crowd=True), Segment(label=road)]
    truth = assemble(np.array([[1, 2, 3], [4, 0, 0]]), segments, labels)
    save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "apolloscape")
    # the same files as in the data set itself, but for the bridge
    assert read_index_png(tmp_path / "d/Label/photo_0_bin.png").tolist() == [[33, 33, 161], [49, 255, 255]]
    codes = read_index_png(tmp_path / "d/Label/photo_0_instanceIds.png")
    assert codes.tolist() == [[33000, 33001, 161], [49, 255, 255]]


@pytest.mark.parametrize(("things", "stuff"), [(0, 0), (3, 2), (80, 53), (126, 2), (127, 300), (300, 0)])
def test_own_ids_leave_room_for_crowds(things: int, stuff: int):
    rows = [Label(name=f"thing {k}", is_thing=True) for k in range(things)]
    labels = LabelSet("own", (*(Label(name=f"stuff {k}", is_thing=False) for k in range(stuff)), *rows))
    ids = own_ids(labels, "")
    crowds = [number + 128 for number, label in zip(ids, labels, strict=True) if label.is_thing]
    used = [*ids, *crowds]
    assert (
        len(set(used)) == len(used) == 2 * things + stuff and not {0, 255} & set(used) and max(used, default=0) < 1000
    )
    if 2 * things + stuff <= 254 and things <= 126:
        assert max(used, default=0) <= 254


def test_more_labels_than_there_are_ids_are_refused():
    labels = LabelSet("own", tuple(Label(name=f"{k}", is_thing=True) for k in range(500)))
    with pytest.raises(FormatError, match="500 things"):
        own_ids(labels, "here")


def test_label_sets_of_more_than_8_bits_come_back(tmp_path: Path):
    labels = LabelSet("own", tuple(Label(name=f"{k}", is_thing=k % 2 == 0) for k in range(500)))
    segments = [Segment(label=498), Segment(label=499), Segment(label=498, crowd=True), Segment(label=0)]
    truth = assemble(np.array([[1, 2, 3, 4, 0]]), segments, labels)
    assert len(check_round_trip("apolloscape", [truth], tmp_path)[0].truth) == 4


def test_folders_of_photographs_may_be_called_like_those_of_annotations(tmp_path: Path):
    truth = random_segmentation(np.random.default_rng(0), (9, 9))
    samples = [replace(s, image_name="Label/instances/a.png") for s in samples_of([truth], tmp_path / "p")]
    save_dataset(samples, tmp_path / "d", "apolloscape")
    sample = open_dataset(tmp_path / "d")[0]
    assert sample.image_name == "Label/instances/a.png" and sample.image_path is not None


def test_number_535_of_label_65_is_not_taken_for_void(tmp_path: Path):
    labels = LabelSet("own", tuple(Label(name=f"{k}", is_thing=True) for k in range(65)))
    truth = assemble(np.arange(1, 537).reshape(1, -1), [Segment(label=64)] * 536, labels)  # 65 * 1000 + 535 = 65535
    assert len(check_round_trip("apolloscape", [truth], tmp_path)[0].truth) == 536


@pytest.mark.parametrize("n", [1000, 1001])
def test_1000_things_of_a_label_fit_and_1001_do_not(n: int, tmp_path: Path):
    truth = assemble(np.arange(1, n + 1).reshape(1, -1), [Segment(label=3)] * n, SOME_LABELS)
    if n == 1000:
        assert check_round_trip("apolloscape", [truth], tmp_path)
    else:
        with pytest.raises(FormatError, match="more than 1000 'car'"):
            save_dataset(samples_of([truth], tmp_path / "p"), tmp_path / "d", "apolloscape")


@given(seed=st.integers(0, 2**32), alone=st.booleans(), high=st.sampled_from([256, 2000, 65536, 300_000]))
def test_any_numbers_are_read_and_every_pixel_is_something(
    seed: int, alone: bool, high: int, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("any")
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, high, (6, 7)).tolist()
    write_record(folder, ids=None if alone else rng.integers(0, 256, (6, 7)).tolist(), codes=codes)
    sample = open_dataset(folder)[0]
    unknown = sum(int(n.place.split(", ")[-1][:-3]) for n in sample.notes if n.kind == "unknown-label")
    assert unknown <= sample.truth.void_area() == 42 - sample.truth.areas().sum()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_damaged_files_raise_our_errors_only(seed: int, cuts: int, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("fuzz")
    labels = write_record(folder, codes=[[CAR * 1000, 161002, 161001], [ROAD, 255, 0]] if seed % 2 else CODES)
    rng = random.Random(seed)
    target = rng.choice(list(labels.iterdir()))
    data = bytearray(target.read_bytes())
    for _ in range(cuts):
        data[rng.randrange(len(data))] = rng.randrange(256)
    target.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
    try:
        samples = list(open_dataset(folder, "apolloscape"))
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(samples) == 1
