"""YOLO-seg: data files, class names, split folders, image lists, and what is no YOLO data set."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segweave.errors import FormatError, SegweaveError
from segweave.formats import detect, open_dataset
from segweave.formats.yolo_seg_layout import within
from segweave.labels import Label, LabelSet, LabelTable, VoidRow, label_set

LINE = "1 0 0 0.5 0 0.5 0.5 0 0.5\n"


def put(root: Path, image: str, text: str | None, content: str = LINE) -> None:
    """A photograph of 8 x 8 px and its text."""
    (root / image).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(root / image)
    if text is not None:
        (root / text).parent.mkdir(parents=True, exist_ok=True)
        (root / text).write_text(content)


def test_splits_are_read_each_image_once_and_named_with_their_split(tmp_path: Path):
    put(tmp_path, "images/train/2.png", "labels/train/2.txt")
    put(tmp_path, "images/train/10.png", "labels/train/10.txt")
    put(tmp_path, "images/val/2.png", "labels/val/2.txt")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: [images/val, images/train]\nnames: {0: cat, 1: dog}")
    data = open_dataset(tmp_path)
    assert [s.image_name for s in data] == ["train/2.png", "train/10.png", "val/2.png"]
    assert [s.image_id for s in data] == ["train/2", "train/10", "val/2"]
    assert [len(s.truth) for s in data] == [1, 1, 1]


def test_the_layout_of_roboflow_is_read(tmp_path: Path):
    put(tmp_path, "train/images/a.png", "train/labels/a.txt")
    put(tmp_path, "valid/images/b.png", "valid/labels/b.txt")
    (tmp_path / "data.yaml").write_text("train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'dog']\n")
    data = open_dataset(tmp_path)
    assert [(s.image_name, len(s.truth)) for s in data] == [("train/a.png", 1), ("valid/b.png", 1)]


def test_paths_of_another_machine_are_found_inside_the_folder(tmp_path: Path):
    put(tmp_path, "images/train/a.png", "labels/train/a.txt")
    (tmp_path / "data.yaml").write_text("path: C:\\data\\set\ntrain: /data/set/images/train\nnames: [cat, dog]\n")
    assert [len(s.truth) for s in open_dataset(tmp_path)] == [1]


def test_nothing_outside_the_folder_is_looked_at(tmp_path: Path):
    put(tmp_path, "secret/a.png", None)
    put(tmp_path, "set/images/b.png", "set/labels/b.txt")
    (tmp_path / "set" / "data.yaml").write_text(f"train: {tmp_path}/secret\nval: ../secret\nnames: [cat, dog]\n")
    data = open_dataset(tmp_path / "set")
    assert [s.image_name for s in data] == ["b.png"]
    assert within(tmp_path / "set", "../secret/a.png") is None


def test_lists_of_images_are_followed_and_missing_ones_noted(tmp_path: Path):
    put(tmp_path, "images/a.png", "labels/a.txt")
    put(tmp_path, "images/b.png", "labels/b.txt")
    (tmp_path / "train.txt").write_text("./images/a.png\n/elsewhere/set/images/gone.png\n")
    (tmp_path / "data.yaml").write_text("train: train.txt\nval: images/gone\nnames: [cat, dog]\n")
    data = open_dataset(tmp_path)
    assert [s.image_name for s in data] == ["a.png"]
    missing = [note for note in data.notes if note.kind == "image-missing"]
    assert len(missing) == 2 and "gone.png" in missing[0].place and "images/gone" in missing[1].place


def test_texts_without_a_photograph_are_noted_once(tmp_path: Path):
    put(tmp_path, "images/a.png", "labels/a.txt")
    (tmp_path / "labels" / "b.txt").write_text(LINE)
    (tmp_path / "labels" / "c.txt").write_text(LINE)
    (tmp_path / "data.yaml").write_text("train: images\nnames: [cat, dog]\n")
    data = open_dataset(tmp_path)
    assert len(data) == 1
    assert [n.place for n in data.notes if n.kind == "image-missing"] == ["2 texts; the first is labels/b.txt"]


def test_a_folder_without_a_data_file_takes_its_names_from_classes_txt(tmp_path: Path):
    put(tmp_path, "images/a.png", "labels/a.txt")
    (tmp_path / "labels" / "classes.txt").write_text("cat\ndog\n\n")
    assert detect(tmp_path) == ("yolo-seg",)
    data = open_dataset(tmp_path)
    assert data.labels.names == ("cat", "dog") and len(data) == 1 and data[0].truth.label_names() == ("dog",)


def test_without_any_names_the_error_says_what_to_write(tmp_path: Path):
    put(tmp_path, "images/a.png", "labels/a.txt")
    with pytest.raises(FormatError, match=r"data\.yaml with 'names', or classes\.txt"):
        open_dataset(tmp_path)


def test_one_text_without_its_photograph_says_where_it_was_expected(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(LINE)
    (tmp_path / "classes.txt").write_text("cat\ndog")
    with pytest.raises(FormatError, match=r"expected it in images/ beside labels/"):
        open_dataset(tmp_path / "labels" / "a.txt")


def test_photographs_elsewhere_are_matched_by_name(tmp_path: Path):
    put(tmp_path, "photos/x/a.png", "set/labels/train/x/a.txt")
    put(tmp_path, "photos/b.png", "set/labels/val/b.txt")
    (tmp_path / "set" / "data.yaml").write_text("train: images/train\nnames: [cat, dog]\n")
    data = open_dataset(tmp_path / "set", images=tmp_path / "photos")
    assert [(s.image_name, len(s.truth)) for s in data] == [("b.png", 1), ("x/a.png", 1)]


def test_labels_whose_kind_is_not_said_are_things_and_that_is_noted(tmp_path: Path):
    put(tmp_path, "images/a.png", None)
    (tmp_path / "pets.yaml").write_text("train: images\nnames: [no, 1, on]\n")
    data = open_dataset(tmp_path)
    assert data.labels == LabelSet("pets", tuple(Label(name=n, is_thing=True) for n in ("no", "1", "on")))
    assert [note.kind for note in data.notes] == ["assumed"]


def test_the_80_names_of_coco_are_its_label_set(tmp_path: Path):
    put(tmp_path, "images/a.png", None)
    names = "\n".join(f"  {k}: {name}" for k, name in enumerate(label_set("coco").names))
    (tmp_path / "data.yaml").write_text(f"train: images\nnames:\n{names}\n")
    data = open_dataset(tmp_path)
    assert data.labels == label_set("coco") and data.notes == ()


def test_a_table_of_the_user_wins_and_its_voids_are_left_out(tmp_path: Path):
    put(tmp_path, "images/a.png", "labels/a.txt", LINE + LINE.replace("1", "7", 1))
    (tmp_path / "data.yaml").write_text("train: images\nnames: [cat, dog]\n")
    table = LabelTable(LabelSet("own", (Label(name="grass", is_thing=False),)), (1,), (VoidRow("void", 7, (0, 0, 0)),))
    data = open_dataset(tmp_path, labels=table)
    assert data.notes == () and data[0].notes == () and data[0].truth.label_names() == ("grass",)


@pytest.mark.parametrize(
    "content",
    [
        "names: [a, b\ntrain: x",
        "names:\n\t- a",
        "names: [a, a]",
        "names: [a, '']",
        "names: 3",
        "names: {a: b}",
        "names: [[a], b]",
        "names: &x [*x]",
        "nc: 3\nnames: [a, b]",
        "- names: 1",
        "names: " + "[" * 5000,
        "names: {0: a, 00: b}",
    ],
)
def test_a_bad_data_file_is_named_in_one_line(tmp_path: Path, content: str):
    put(tmp_path, "images/a.png", "labels/a.txt")
    (tmp_path / "data.yaml").write_text(content)
    with pytest.raises(FormatError, match=r"data\.yaml") as caught:
        open_dataset(tmp_path, "yolo-seg")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


def test_tags_of_python_objects_in_a_data_file_are_only_text(tmp_path: Path):
    path = tmp_path / "data.yaml"
    path.write_text("names: !!python/object/apply:pathlib.Path.touch [made]\ntrain: .")
    assert open_dataset(path).labels.names == ("made",)


def test_several_data_files_must_be_told_apart(tmp_path: Path):
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("names: [a]\ntrain: .")
    with pytest.raises(FormatError, match=r"one\.yaml, two\.yaml; name the one to read"):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path / "two.yaml").labels.names == ("a",)


def test_other_folders_of_texts_are_no_yolo_data_set(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("Car 0.00 0 -1.57 599.41 156.40 629.75 189.25\n")  # KITTI
    (tmp_path / "labels" / "b.txt").write_text("hello\n")
    assert detect(tmp_path) == () and detect(tmp_path / "labels" / "a.txt") == ()


@given(st.binary(max_size=60) | st.text("names: [],{}&*!-\n\t0ab", max_size=40).map(str.encode))
def test_odd_data_files_never_end_in_a_foreign_error(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.mktemp("fuzz") / "data.yaml"
    path.write_bytes(b"names: " + content)
    try:
        data = open_dataset(path, "yolo-seg")
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(data) == 0
