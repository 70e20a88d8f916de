"""CamVid: three looks, lists with paths of other machines, numbers and colours without label."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from scenes import SOME_LABELS
from segweave.errors import FormatError, SegweaveError
from segweave.formats import Sample, detect, open_dataset, save_dataset
from segweave.formats.index_png import read_index_png, write_index_png
from segweave.formats.pictures import write_png
from segweave.labels import Label, LabelSet, label_set, label_table
from segweave.segmentation import Segment, Segmentation

BICYCLIST, ROAD, VOID = (0, 128, 192), (128, 64, 128), (0, 0, 0)


def index(path, numbers):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_index_png(path, np.array(numbers))


def colors(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.array(pixels, np.uint8))


def photo(path, size=(1, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1]).save(path)


def found(sample):
    return dict(zip(sample.truth.label_names(), sample.truth.areas().tolist(), strict=True))


def said(notes):
    return [str(note).partition(": ")[2] for note in notes]


def segnet(folder):
    """SegNet's split with three images."""
    for split, name in (("val", "b"), ("train", "a10"), ("train", "a2")):
        index(folder / f"{split}annot" / f"{name}.png", [[0, 8, 11]])
        photo(folder / split / f"{name}.png")
    return folder


def test_numbers_are_those_of_camvid11_and_11_is_void(tmp_path):
    data = open_dataset(segnet(tmp_path))
    assert detect(tmp_path) == ("camvid",) and data.labels == label_set("camvid11") and data.notes == ()
    assert [s.image_name for s in data] == ["train/a2.png", "train/a10.png", "val/b.png"]
    for sample in data:
        assert found(sample) == {"Sky": 1, "Car": 1} and sample.truth.void_area() == 1 and sample.notes == ()
        assert sample.image_path is not None and [s.source_id for s in sample.truth.segments] == [0, 8]


def test_lists_say_the_order_and_their_absolute_paths_are_those_of_another_machine(tmp_path):
    segnet(tmp_path)
    lines = [
        "/SegNet/CamVid/train/a10.png /SegNet/CamVid/trainannot/a10.png",
        "C:\\data\\train\\a2.png C:\\data\\trainannot\\a2.png",
        "../../etc/passwd ../../../trainannot/none.png",
    ]
    (tmp_path / "train.txt").write_text("\r\n".join(lines))
    data = open_dataset(tmp_path)
    assert [s.image_id for s in data] == ["a10", "a2", "b"]
    reason = "1 listed images have no label map and are left out; the first is"
    assert said(data.notes) == [f"{reason} '../../etc/passwd ../../../trainannot/none.png'"]
    assert [s.image_id for s in open_dataset(tmp_path / "train.txt")] == ["a10", "a2"]


def test_a_folder_of_label_maps_or_photographs_or_one_label_map_can_be_opened(tmp_path):
    segnet(tmp_path)
    (tmp_path / "train.txt").write_text("/x/train/a10.png /x/trainannot/a10.png\n")
    for path in (tmp_path / "valannot", tmp_path / "val", tmp_path / "valannot" / "b.png"):
        assert detect(path)[0] == "camvid"
        data = open_dataset(path)
        assert [s.image_name for s in data] == ["val/b.png"] and data.notes == ()
        assert data[0].image_path is not None


def test_bare_names_in_lists_belong_to_the_split_of_the_list(tmp_path):
    for split, name in (("train", "b"), ("train", "a c"), ("test", "b")):
        index(tmp_path / "labels" / split / f"{name}.png", [[0, 8, 11]])
        photo(tmp_path / "images" / split / f"{name}.jpg")
    (tmp_path / "test.txt").write_text("b\n")
    (tmp_path / "train.txt").write_text("b\na c\n")
    data = open_dataset(tmp_path)
    assert detect(tmp_path)[0] == "camvid" and data.notes == ()
    assert [s.image_name for s in data] == ["train/b.jpg", "train/a c.jpg", "test/b.jpg"]
    assert [s.image_name for s in open_dataset(tmp_path / "labels" / "test")] == ["test/b.jpg"]


def test_a_folder_of_labels_with_other_numbers_is_not_taken_for_camvid(tmp_path):
    index(tmp_path / "labels" / "train" / "b.png", [[0, 8, 12]])
    photo(tmp_path / "images" / "train" / "b.jpg")
    (tmp_path / "train.txt").write_text("b\n")
    assert "camvid" not in detect(tmp_path)


@pytest.mark.parametrize("pixels", [[[BICYCLIST, ROAD, VOID]], [[(*BICYCLIST, 255), (*ROAD, 0), (*VOID, 9)]]])
def test_the_originals_are_read_by_colour(tmp_path, pixels):
    label_map = tmp_path / "LabeledApproved_full" / "0001TP_1_L.png"
    label_map.parent.mkdir()
    Image.fromarray(np.array(pixels, np.uint8)).save(label_map)  # RGB, and RGBA as some editors save it
    photo(tmp_path / "701_StillsRaw_full" / "0001TP_1.png")
    for path in (tmp_path, label_map.parent, label_map):
        assert detect(path)[0] == "camvid"
        data = open_dataset(path)
        assert data.labels == label_set("camvid32") and data[0].image_name == "0001TP_1.png"
        assert found(data[0]) == {"Bicyclist": 1, "Road": 1} and data[0].notes == ()
        assert data[0].image_path is not None


def test_a_colour_without_label_is_void_with_a_note_that_names_it(tmp_path):
    colors(tmp_path / "valannot" / "a.png", [[BICYCLIST, (1, 2, 3), (1, 2, 3)]])
    photo(tmp_path / "val" / "a.png")
    (note,) = open_dataset(tmp_path)[0].notes
    assert note.kind == "unknown-label" and note.place == "image 'val/a', colour (1, 2, 3), 2 px"


def test_a_number_without_label_is_void_with_a_note(tmp_path):
    index(tmp_path / "valannot" / "a.png", [[0, 12, 12]])
    sample = open_dataset(tmp_path)[0]
    assert found(sample) == {"Sky": 1} and [n.kind for n in sample.notes] == ["unknown-label", "image-missing"]


def test_label_colors_txt_names_the_labels_and_the_original_one_is_camvid32(tmp_path):
    colors(tmp_path / "valannot" / "a.png", [[BICYCLIST, ROAD, VOID]])
    table = label_table("camvid32")
    rows = [(row.color, row.name.replace("cycycle", "cycle")) for row in (*table.labels, *table.voids)]
    (tmp_path / "label_colors.txt").write_text("".join("{} {} {}\t\t{}\r\n".format(*c, n) for c, n in rows))
    assert open_dataset(tmp_path).labels == label_set("camvid32") and open_dataset(tmp_path).notes == ()
    (tmp_path / "label_colors.txt").write_text("0 128 192 Car\n128 64 128 my road\n0 0 0 Void\n")
    data = open_dataset(tmp_path)
    assert data.labels.names == ("Car", "my road") and data.labels.things == (0,)
    assert found(data[0]) == {"Car": 1, "my road": 1}
    assert said(data.notes) == ["does not say which labels are things; taken as stuff: 'my road'"]


def test_codes_txt_and_class_dict_csv_of_other_copies_are_read(tmp_path):
    first, second = tmp_path / "fastai", tmp_path / "kaggle"
    index(first / "labels" / "x_P.png", [[0, 1, 2]])
    photo(first / "images" / "x.png")
    (first / "codes.txt").write_text("Animal\nCar\nVoid\n")
    assert found(open_dataset(first, "camvid")[0]) == {"Animal": 1, "Car": 1}
    colors(second / "train_labels" / "x_L.png", [[BICYCLIST, ROAD, VOID]])
    photo(second / "train" / "x.png")
    (second / "class_dict.csv").write_text("name,r,g,b\nBicyclist,0,128,192\nRoad,128,64,128\nVoid,0,0,0\n")
    data = open_dataset(second)
    assert found(data[0]) == {"Bicyclist": 1, "Road": 1} and data[0].image_name == "train/x.png"
    assert data.notes == ()


def test_numbers_among_colours_are_refused(tmp_path):
    colors(tmp_path / "valannot" / "a.png", [[BICYCLIST, ROAD, VOID]])
    index(tmp_path / "valannot" / "b.png", [[0, 1, 2]])
    with pytest.raises(FormatError, match="holds numbers; expected colours"):
        list(open_dataset(tmp_path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 Car\n", "label_colors.txt:1: expected `R G B name`"),
        ("1 2 300 Car\n", "three whole numbers 0..255"),
        ("1 2 3 Car\n1 2 3 Bus\n", "shares the colour"),
    ],
)
def test_a_broken_label_colors_txt_is_refused_in_one_line(tmp_path, text, says):
    colors(tmp_path / "valannot" / "a.png", [[BICYCLIST]])
    (tmp_path / "label_colors.txt").write_text(text)
    with pytest.raises(FormatError, match=r"^[^\n]*$") as caught:
        open_dataset(tmp_path)
    assert says in str(caught.value)


def sample_of(truth, name="i.jpg"):
    return Sample(image_path=None, size=truth.size, truth=truth, image_id=name, image_name=name)


def scene(labels, n=2):
    return Segmentation(np.array([[0, *range(1, n + 1)]]), [Segment(label=k) for k in range(n)], labels)


def test_splits_in_names_are_kept_and_the_lists_say_where_files_are(tmp_path):
    truth = scene(label_set("camvid11"))
    save_dataset([sample_of(truth, n) for n in ("a b.jpg", "val/c.png", "x/d.png")], tmp_path, "camvid")
    assert (
        tmp_path / "train.txt"
    ).read_text() == "train/a b.jpg trainannot/a b.png\ntrain/x/d.png trainannot/x/d.png\n"
    assert (tmp_path / "val.txt").read_text() == "val/c.png valannot/c.png\n"
    assert read_index_png(tmp_path / "valannot" / "c.png").tolist() == [[11, 0, 1]]
    back = open_dataset(tmp_path)
    assert [s.image_id for s in back] == ["a b", "d", "c"] and back.notes == ()
    again = tmp_path / "again"
    save_dataset(back, again, "camvid")
    assert sorted(p.name for p in again.rglob("*.png")) == ["a b.png", "c.png", "d.png"]
    assert [s.image_name for s in open_dataset(again)] == [s.image_name for s in back]


def test_two_images_for_one_place_are_refused(tmp_path):
    truth = scene(label_set("camvid11"))
    with pytest.raises(FormatError, match=r"images 'a' and 'train/a' would both be train/a"):
        save_dataset([sample_of(truth, "a.jpg"), sample_of(truth, "train/a.jpg")], tmp_path, "camvid")


def test_camvid32_is_written_in_its_colours(tmp_path):
    labels = label_set("camvid32")
    save_dataset([sample_of(scene(labels))], tmp_path, "camvid")
    picture = np.asarray(Image.open(tmp_path / "trainannot" / "i.png"))
    assert picture.tolist() == [[list(VOID), list(labels[0].color), list(labels[1].color)]]
    assert open_dataset(tmp_path).labels == labels and not list(tmp_path.glob("*.csv"))


def test_own_labels_count_from_0_with_void_behind_them(tmp_path):
    save_dataset([sample_of(scene(SOME_LABELS))], tmp_path, "camvid")
    assert read_index_png(tmp_path / "trainannot" / "i.png").tolist() == [[5, 0, 1]]
    assert (tmp_path / "label_colors.txt").read_text().splitlines()[-1] == "0 0 0\tVoid"


def test_255_labels_fit_and_more_are_refused(tmp_path):
    full = LabelSet("many", tuple(Label(name=f"l{k}", is_thing=False) for k in range(256)))
    save_dataset([sample_of(scene(LabelSet("many", full.labels[:255]), 255))], tmp_path / "good", "camvid")
    assert len(open_dataset(tmp_path / "good")[0].truth) == 255
    with pytest.raises(FormatError, match="CamVid holds 255 labels and void; 'many' has 256"):
        save_dataset([sample_of(scene(full))], tmp_path / "bad", "camvid")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_damaged_files_raise_our_errors_only(tmp_path, data):
    colors(tmp_path / "valannot" / "a.png", [[BICYCLIST, ROAD, VOID]])
    (tmp_path / "label_colors.txt").write_text("0 128 192 Car\n128 64 128 Road\n0 0 0 Void\n")
    (tmp_path / "val.txt").write_text("/x/val/a.png /x/valannot/a.png\n")
    name = data.draw(st.sampled_from(["valannot/a.png", "label_colors.txt", "val.txt"]))
    content = bytearray((tmp_path / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        truths = [sample.truth for sample in open_dataset(tmp_path, "camvid")]
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(truths) == 1


@pytest.mark.parametrize("name", ["camvid_11", "camvid_datumaro_tiny"])
def test_the_samples_have_the_pixels_that_are_known_of_them(shared, name):
    folder = shared / "data" / "format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]
    data = open_dataset(folder / name)
    assert data.notes == () and len(data) == {"camvid_11": 3, "camvid_datumaro_tiny": 4}[name]
    for sample in data:
        assert sample.notes == () and sample.image_path is not None
        if name == "camvid_11":
            split, _, file = sample.image_name.partition("/")
            counts = facts[f"{name}/{split}annot/{file}"]["pixel_counts"]
            areas = {str(s.label): n for s, n in zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True)}
            assert areas == {k: n for k, n in counts.items() if k != "11"}
            assert sample.truth.void_area() == counts["11"]
    if name == "camvid_datumaro_tiny":
        assert found(data[0]) == {"Road": 1, "Bicyclist": 4}


def test_all_701_images_of_the_compact_copy_are_listed(shared):
    data = open_dataset(shared / "data" / "camvid")
    assert len(data) == 701 and data.notes == () and data.labels == label_set("camvid11")
    assert [data[k].image_name.split("/")[0] for k in (0, 366, 367, 467, 468, 700)] == (
        ["train", "train", "val", "val", "test", "test"]
    )
