"""A person's own masks: numbers, colours, instances, and what does not fit the class table."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segweave.errors import FormatError, SegweaveError
from segweave.formats import Dataset, Sample, detect, open_dataset, save_dataset
from segweave.formats.index_png import read_index_png, write_index_png
from segweave.labels import Label, LabelSet, LabelTable, VoidRow
from segweave.segmentation import Segment, Segmentation

TABLE = "value,name,thing,color\n0,ground,0,#000000\n1,cat,1,#ff0000\n2,grass,0,#00ff00\n9,void,0,#ffffff\n"
NUCLEI = LabelTable(LabelSet("nuclei", (Label(name="nucleus", is_thing=True),)), (1,), ())


def made(
    folder: Path, mask: Any = None, instances: Any = None, *, table: str | None = TABLE, photograph: bool = True
) -> Path:
    """A data set of one image, `a.png`; mask, instances: rows of numbers."""
    for inner, rows in (("masks", mask), ("instances", instances)):
        if rows is not None:
            (folder / inner).mkdir(parents=True)
            write_index_png(folder / inner / "a.png", np.array(rows))
            size = np.array(rows).shape
    if photograph:
        (folder / "images").mkdir()
        Image.new("RGB", size[::-1]).save(folder / "images" / "a.png")
    if table is not None:
        (folder / "classes.csv").write_text(table)
    return folder


def only(data: Dataset) -> Segmentation:
    assert len(data) == 1
    truth = data[0].truth
    assert isinstance(truth, Segmentation)
    return truth


def kinds(data: Dataset) -> list[str]:
    return [note.kind for note in data[0].notes]


def test_numbers_are_the_labels_of_the_table(tmp_path: Path):
    data = open_dataset(made(tmp_path, [[0, 1, 9, 2]]))
    assert data.labels.names == ("ground", "cat", "grass") and data.labels.things == (1,)
    assert [note.kind for note in data.notes] == ["void-label"] and data[0].notes == ()
    assert only(data).label_indices().tolist() == [[0, 1, -1, 2]]
    assert data[0].image_path == tmp_path / "images" / "a.png" and data[0].image_name == "a.png"


def test_values_that_the_table_does_not_list_are_void_and_noted(tmp_path: Path):
    data = open_dataset(made(tmp_path, [[1, 77, 77, 255]]))
    assert only(data).ids.tolist() == [[1, 0, 0, 0]]
    assert [(n.kind, n.place) for n in data[0].notes] == [
        ("unknown-label", "image 'a', value 77, 2 px"),
        ("void-label", "image 'a', value 255, 1 px"),
    ]


def test_255_is_a_label_where_the_table_says_so(tmp_path: Path):
    data = open_dataset(made(tmp_path, [[0, 255]], table="value,name\n0,paper\n255,ink\n"))
    assert only(data).label_names() == ("paper", "ink") and data[0].notes == ()


def test_16_bit_masks_are_not_cut(tmp_path: Path):
    data = open_dataset(made(tmp_path, [[300, 44]], table="value,name\n300,a\n44,b\n"))  # 300 & 255 = 44
    assert only(data).label_indices().tolist() == [[0, 1]]


def test_palette_masks_are_read_by_index_never_by_colour(tmp_path: Path):
    folder = made(tmp_path, [[0, 1]])
    write_index_png(folder / "masks" / "a.png", np.array([[1, 2]]), palette=[(9, 9, 9)] * 3)
    assert only(open_dataset(folder)).label_names() == ("cat", "grass")


def test_colours_are_matched_exactly(tmp_path: Path):
    folder = made(tmp_path, [[0, 0, 0, 0]])
    pixels = np.array([[(255, 0, 0), (0, 255, 0), (255, 255, 255), (254, 0, 0)]], np.uint8)
    for mode in (pixels, np.concatenate([pixels, np.full((1, 4, 1), 7, np.uint8)], axis=2)):  # RGB, RGBA
        Image.fromarray(mode).save(folder / "masks" / "a.png")
        data = open_dataset(folder)
        assert only(data).label_indices().tolist() == [[1, 2, -1, -1]]
        assert [n.place for n in data[0].notes] == ["image 'a', colour (254, 0, 0), 1 px"]


def test_grey_saved_as_rgb_holds_numbers(tmp_path: Path):
    folder = made(tmp_path, [[0, 0, 0]])
    Image.fromarray(np.repeat(np.array([[0, 1, 2]], np.uint8)[..., None], 3, axis=2)).save(folder / "masks" / "a.png")
    assert only(open_dataset(folder)).label_names() == ("ground", "cat", "grass")


def test_colours_without_a_table_of_colours_are_refused_and_listed(tmp_path: Path):
    folder = made(tmp_path, [[0]], table="value,name\n0,a\n1,b\n")
    Image.new("RGB", (1, 1), (1, 2, 3)).save(folder / "masks" / "a.png")
    with pytest.raises(FormatError, match=r"is coloured, with colour \(1, 2, 3\); expected numbers"):
        open_dataset(folder)[0]


def test_instances_keep_things_of_a_label_apart(tmp_path: Path):
    # number 5 belongs to a cat and to another label; numbers on grass are fused, one on void is lost
    data = open_dataset(made(tmp_path, [[1, 1, 1, 2, 2, 9]], [[5, 6, 0, 5, 7, 8]]))
    truth = only(data)
    assert truth.ids.tolist() == [[2, 3, 1, 4, 4, 0]]
    assert [s.source_id for s in truth.segments] == [1, 5, 6, 2]
    assert kinds(data) == ["unlisted-pixels", "stuff-fused"]


def test_instances_of_another_size_are_refused(tmp_path: Path):
    folder = made(tmp_path, [[1, 1]], [[1]], photograph=False)
    with pytest.raises(FormatError, match=r"instances/a\.png: has \(1, 1\) pixels .*masks/a\.png has \(1, 2\)"):
        open_dataset(folder)[0]


def test_a_photograph_of_another_size_is_refused(tmp_path: Path):
    folder = made(tmp_path, [[1, 1]])
    Image.new("RGB", (5, 1)).save(folder / "images" / "a.png")
    with pytest.raises(FormatError, match="they must be equal"):
        open_dataset(folder)[0]


def test_things_of_the_only_thing_label_need_no_masks(tmp_path: Path):
    folder = made(tmp_path, None, [[0, 3, 1200]], table="value,name,thing\n1,nucleus,1\n")
    data = open_dataset(folder)
    assert only(data).ids.tolist() == [[0, 1, 2]] and data[0].notes == ()  # 3 is no label * 1000 + number
    assert [s.source_id for s in data[0].truth.segments] == [3, 1200]


def test_label_times_1000_plus_number_is_read_where_there_are_several_labels(tmp_path: Path):
    folder = made(tmp_path, None, [[0, 1001, 1002, 2000, 10000]], table=None)
    (folder / "classes.txt").write_text("car\npedestrian\n")  # counts from 1: label 0 could not be written
    data = open_dataset(folder)
    assert only(data).label_indices().tolist() == [[-1, 0, 0, 1, -1]] and len(data[0].truth) == 3
    assert data[0].notes == ()


def test_real_nuclei_come_with_a_table_of_one_label(shared: Path):
    data = open_dataset(shared / "data" / "nuclei", labels=NUCLEI)
    assert len(data) == 60 and data.notes == ()
    counts = [len(sample.truth) for sample in data]
    assert sum(counts) == 2394 and max(counts) == 132  # its README.md


def test_real_mots_masks_have_the_expected_pixels(shared: Path, tmp_path: Path):
    folder = shared / "data" / "format_samples"
    expected = json.loads((folder / "expected.json").read_text())["files"]
    # without its photographs, which are stored turned by a quarter
    shutil.copytree(folder / "mots_png_tiny/train/instances", tmp_path / "instances")
    data = open_dataset(tmp_path / "instances", "masks")
    assert data.labels.names == ("a", "b", "c", "d") and len(data) == 2
    for sample in data:
        said = expected[f"mots_png_tiny/train/instances/{sample.image_id}.png"]["pixel_counts"]
        truth = sample.truth
        found = {
            str((s.label + 1) * 1000 + int(s.source_id or 0)): area
            for s, area in zip(truth.segments, truth.areas().tolist(), strict=True)
        }
        assert found == {value: pixels for value, pixels in said.items() if value != "0"}


def test_real_davis_masks_are_read_by_palette_index(shared: Path):
    folder = shared / "data" / "format_samples"
    expected = json.loads((folder / "expected.json").read_text())["files"]
    judo = LabelSet("judo", tuple(Label(name=n, is_thing=True) for n in ("one", "two")))
    data = open_dataset(folder / "davis_palette/judo", "masks", labels=LabelTable(judo, (1, 2), ()))
    assert len(data) == 3
    for sample in data:
        said = expected[f"davis_palette/judo/{sample.image_id}.png"]["pixel_counts"]
        assert sample.truth.areas().tolist() == [said["1"], said["2"]]


def test_real_coloured_masks_are_read_by_the_colours_of_the_table(shared: Path):
    path = shared / "data/format_samples/deeplab2_eval/team_pred_class.png"
    labels = LabelSet("team", (Label(name="person", is_thing=True, color=(0, 0, 255)),))
    table = LabelTable(labels, (1,), (VoidRow("ground", 0, (0, 0, 0)),))
    data = open_dataset(path, "masks", labels=table)
    assert only(data).areas().tolist() == [54113]  # counted with Pillow and numpy
    assert [n.place for n in data[0].notes if n.kind == "unknown-label"] == [
        "image 'team_pred_class', colour (255, 0, 0), 3,418 px"
    ]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"no png at all, but long enough to have a header"])
def test_what_is_no_png_is_refused_in_one_line(tmp_path: Path, content: bytes):
    folder = made(tmp_path, [[1]])
    (folder / "masks" / "a.png").write_bytes(content)
    with pytest.raises(FormatError, match=r"masks/a\.png: ") as caught:
        open_dataset(folder)[0]
    assert "\n" not in str(caught.value)


def test_a_photograph_in_place_of_a_mask_is_refused(tmp_path: Path):
    folder = made(tmp_path, [[1]])
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(folder / "masks" / "a.png")
    with pytest.raises(FormatError, match="expected a label map"):
        open_dataset(folder)[0]


@given(st.integers(0, 90), st.binary(min_size=1, max_size=6))
def test_damaged_masks_never_end_in_a_foreign_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes
):
    folder = made(tmp_path_factory.mktemp("fuzz"), [[0, 1, 2]] * 3, [[0, 1, 2]] * 3)
    for inner in ("masks", "instances"):
        content = bytearray((folder / inner / "a.png").read_bytes())
        content[place : place + len(damage)] = damage
        (folder / inner / "a.png").write_bytes(content)
    try:
        data = open_dataset(folder)
        found = only(data)
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert found.size == (3, 3)


def things(n: int) -> Sample:
    ids = np.arange(n, dtype=np.int32).reshape(-1, 64) + 1
    labels = LabelSet("dots", (Label(name="dot", is_thing=True),))
    truth = Segmentation(ids, tuple(Segment(label=0) for _ in range(n)), labels)
    return Sample(image_path=None, size=ids.shape, truth=truth, image_id="many")


def test_more_things_than_16_bits_are_refused_and_the_limit_named(tmp_path: Path):
    with pytest.raises(FormatError, match="masks hold up to 65,535 things in an image; found 65,536"):
        save_dataset([things(65_536)], tmp_path / "out", "masks")


def test_many_things_come_back_through_16_bits(tmp_path: Path):
    assert save_dataset([things(64 * 1000)], tmp_path / "out", "masks") == ()
    assert len(only(open_dataset(tmp_path / "out"))) == 64_000
    assert read_index_png(tmp_path / "out/instances/many.png").max() == 64_000


def test_stuff_alone_needs_no_instances(tmp_path: Path):
    labels = LabelSet("land", (Label(name="grass", is_thing=False),))
    truth = Segmentation(np.array([[0, 1]]), (Segment(label=0),), labels)
    sample = Sample(image_path=None, size=(1, 2), truth=truth, image_id=1, image_name="x/a.b.jpg")
    save_dataset([sample], tmp_path / "out", "masks")
    assert not (tmp_path / "out" / "instances").exists() and detect(tmp_path / "out") == ("masks",)
    data = open_dataset(tmp_path / "out")
    assert only(data) == Segmentation(truth.ids, (Segment(label=0, source_id=1),), labels)
    assert kinds(data) == ["image-missing"] and data[0].image_id == "x/a.b"
