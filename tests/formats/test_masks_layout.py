"""A person's own masks: where they may lie, what a class table may look like, and which folders are other formats'."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segweave.errors import FormatError, SegweaveError
from segweave.formats import detect, open_dataset
from segweave.formats.index_png import write_index_png
from segweave.formats.masks_classes import CLASS_FILES


def put(path: Path, *, photograph: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if photograph:
        Image.new("RGB", (3, 1)).save(path)
    else:
        write_index_png(path, np.array([[0, 1, 1]]))


def table(folder: Path, text: str = "value,name,thing\n0,ground,0\n1,cat,1\n", name: str = "classes.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def found(path: Path) -> list[tuple[str, str]]:
    """(image name, name of its photograph) of each sample of a data set that is recognised by itself."""
    assert detect(path) == ("masks",)
    return [(s.image_name, s.image_path.name if s.image_path else "") for s in open_dataset(path)]


@pytest.mark.parametrize(
    ("photograph", "mask"),
    [
        ("images/a.jpg", "masks/a.png"),
        ("img/a.JPG", "labels/a.png"),
        ("photos/a.jpg", "gt/a_mask.png"),
        ("a.jpg", "annotations/a.png"),
        ("a.jpg", "a.png"),
        ("a.png", "a_mask.png"),
        ("a.bmp", "a_label.png"),
    ],
)
def test_photographs_and_masks_are_matched_by_stem(tmp_path: Path, photograph: str, mask: str):
    put(tmp_path / photograph, photograph=True)
    put(tmp_path / mask)
    name = Path(photograph).name
    assert found(table(tmp_path)) == [(name, name)]


def test_masks_may_lie_in_folders_of_their_own(tmp_path: Path):
    for name in ("x/2", "x/10", "y/1"):
        put(tmp_path / f"images/{name}.jpg", photograph=True)
        put(tmp_path / f"masks/{name}.png")
    assert [name for name, _ in found(table(tmp_path))] == ["x/2.jpg", "x/10.jpg", "y/1.jpg"]


def test_splits_are_read_and_named(tmp_path: Path):
    for split in ("train", "val"):
        put(tmp_path / split / "images/a.jpg", photograph=True)
        put(tmp_path / split / "masks/a.png")
    assert [name for name, _ in found(table(tmp_path))] == ["train/a.jpg", "val/a.jpg"]
    assert found(tmp_path / "train") == [("a.jpg", "a.jpg")]  # with the table of the folder above


def test_one_mask_is_a_data_set_of_one_image(tmp_path: Path):
    for name in ("a", "b"):
        put(tmp_path / f"images/{name}.jpg", photograph=True)
        put(tmp_path / f"masks/{name}.png")
        put(tmp_path / f"instances/{name}.png")
    table(tmp_path)
    assert found(tmp_path / "masks" / "b.png") == [("b.jpg", "b.jpg")]
    assert [len(s.truth) for s in open_dataset(tmp_path / "masks")] == [2, 2]


def test_photographs_without_a_mask_are_noted_once(tmp_path: Path):
    for name in ("a", "b", "c"):
        put(tmp_path / f"images/{name}.jpg", photograph=True)
    put(tmp_path / "masks/a.png")
    data = open_dataset(table(tmp_path))
    assert len(data) == 1
    assert [(n.kind, n.place) for n in data.notes] == [("assumed", "2 photographs; the first is b")]


def test_photographs_elsewhere_are_named_by_the_user(tmp_path: Path):
    put(tmp_path / "set/masks/a.png")
    put(tmp_path / "far/a.jpg", photograph=True)
    data = open_dataset(table(tmp_path / "set").parent / "set", images=tmp_path / "far")
    assert data[0].image_path == tmp_path / "far" / "a.jpg"


def test_without_a_class_table_the_error_shows_what_to_write(tmp_path: Path):
    put(tmp_path / "images/a.jpg", photograph=True)
    put(tmp_path / "masks/a.png")
    with pytest.raises(FormatError, match=r"hold value 0, value 1; write a classes\.csv .* '1,car,1' for each value"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.csv", "value,name,thing\n0,ground,0\n1,cat,1\n"),
        ("classes.csv", "\ufeffNAME;Thing;Value\r\nground;no;0\r\ncat;yes;1\r\n"),
        ("class_dict.csv", "name,r,g,b\nground,0,0,0\ncat,255,0,0\n"),
        ("classes.txt", "ground\ncat\n"),
        ("classes.txt", "# mine\n0 ground\n1 cat\n"),
        ("labels.txt", "1: cat\n0: ground"),
        ("labels.txt", "0,ground\n1,cat"),
        ("labels.txt", "__ignore__\nground\ncat"),
        ("classes.json", '{"0": "ground", "1": "cat"}'),
        ("classes.json", '{"ground": 0, "cat": 1}'),
        ("classes.json", '["ground", "cat"]'),
        ("classes.yaml", "names:\n  0: ground\n  1: cat\n"),
        ("classes.yml", "- ground\n- cat\n"),
    ],
)
def test_class_tables_may_look_like_this(tmp_path: Path, name: str, text: str):
    put(tmp_path / "images/a.jpg", photograph=True)
    put(tmp_path / "masks/a.png")
    data = open_dataset(table(tmp_path, text, name))
    names = data[0].truth.label_names()
    assert names == ("ground", "cat")
    says = "thing" in text.casefold()
    assert [n.kind for n in data.notes] == ([] if says else ["assumed"])
    assert len(data.labels.things) == says  # stuff where nothing says otherwise, because nothing keeps things apart


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("classes.csv", "0,ground\n1,cat\n", r"classes\.csv:1: expected a header like value,name"),
        ("classes.csv", "value,name\nx,ground\n", r"classes\.csv:2: expected a value 0, 1, \.\.\.; found 'x'"),
        ("classes.csv", "value,name\n-1,ground\n", r"classes\.csv:2: expected a value"),
        ("classes.csv", "value,name,thing\n1,cat,maybe\n", r":2: expected thing to be 1 or 0; found 'maybe'"),
        ("classes.csv", "value,name,color\n1,cat,red\n", r":2: expected a color like #1a2b3c"),
        ("classes.csv", "value,name\n1,\n", r":2: expected a name"),
        ("classes.csv", "value,name\n", "lists no class"),
        ("classes.csv", "value,name\n1,a\n1,b\n", "value 1 is listed twice"),
        ("classes.csv", "value,name\n1,a\n2,a\n", "more than once"),
        ("classes.txt", "", "lists no class"),
        ("classes.json", "{", "cannot be read as JSON"),
        ("classes.json", "3", "expected names like"),
        ("classes.json", '[1, {"a": 2}]', "expected a name for each value; found int"),
        ("classes.yaml", "a: [", "cannot be read as YAML"),
    ],
)
def test_a_bad_class_table_is_named_in_one_line(tmp_path: Path, name: str, text: str, found: str):
    put(tmp_path / "masks/a.png")
    with pytest.raises(FormatError, match=found) as caught:
        open_dataset(table(tmp_path, text, name))
    assert "\n" not in str(caught.value)


@given(
    st.sampled_from(CLASS_FILES),
    st.binary(max_size=40) | st.text('value,name;color\n\r"[]{}:-0129#&*x\0', max_size=50).map(str.encode),
)
def test_odd_class_tables_never_end_in_a_foreign_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
):
    folder = tmp_path_factory.mktemp("fuzz")
    put(folder / "masks/a.png")
    (folder / name).write_bytes(b"value,name,color\n" * name.endswith(".csv") + content)
    try:
        data = open_dataset(folder, "masks")
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(data) == 1


def test_where_there_are_instances_all_but_the_background_are_things(tmp_path: Path):
    put(tmp_path / "masks/a.png")
    put(tmp_path / "instances/a.png")
    data = open_dataset(table(tmp_path, "background\ncat\ndog\nvoid\n", "classes.txt"))
    assert [label.is_thing for label in data.labels] == [False, True, True]
    assert sorted(note.kind for note in data.notes) == ["assumed", "void-label"]


@pytest.mark.parametrize(
    "files",
    [
        ["JPEGImages/a.jpg", "SegmentationClass/a.png", "labels/a.png"],  # VOC
        ["images/a.jpg", "labels/a.png", "instances/a.png"],  # Mapillary Vistas v1.1
        ["images/a.jpg", "v1.2/labels/a.png", "v1.2/instances/a.png"],
        ["images/training/a.jpg", "annotations/training/a.png"],  # ADE20K
        ["train/a.png", "trainannot/a.png"],  # CamVid
        ["leftImg8bit/val/x/a.png", "gtFine/val/x/a_gtFine_labelIds.png"],  # Cityscapes
        ["a.jpg", "b.png"],  # photographs
        ["images/a.jpg"],
        ["a.png", "a_mask.png"],  # nothing says that these are masks
    ],
)
def test_other_folders_are_not_taken_for_ours(tmp_path: Path, files: list[str]):
    for name in files:
        put(tmp_path / name, photograph=name.endswith(".jpg"))
    assert "masks" not in detect(tmp_path)
    assert all("masks" not in detect(tmp_path / name) for name in files)


@pytest.mark.parametrize(
    "mark", ["SegmentationClass", "gtFine", "panoptic", "v2.0", "objectInfo150.txt", "config.json"]
)
def test_folders_with_a_mark_of_another_format_are_not_taken_for_ours_whatever_the_table(tmp_path: Path, mark: str):
    put(tmp_path / "images/a.jpg", photograph=True)
    put(tmp_path / "labels/a.png")
    assert detect(table(tmp_path)) == ("masks",)
    (tmp_path / mark).touch()
    assert "masks" not in detect(tmp_path)
