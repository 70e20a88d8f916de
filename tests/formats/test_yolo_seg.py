"""YOLO-seg: real files, lines that are no polygons, and polygons that come back to the pixel."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scenes import SOME_LABELS, masks
from segweave.errors import FormatError, SegweaveError
from segweave.formats import Dataset, Sample, detect, open_dataset, save_dataset
from segweave.formats.yolo_seg_rings import MOST_CROSSINGS, joined, ring_to_rle
from segweave.labels import label_table
from segweave.segmentation import Instances, Polygon, Rle, Segment, mask_to_polygons, polygons_to_mask

SQUARE = "0 0 0 0.5 0 0.5 0.5 0 0.5"


def made(folder: Path, lines: str, *, names: str = "names: [cat, dog]", size: tuple[int, int] = (8, 8)) -> Path:
    """A data set of one image, `a.png`, with these lines."""
    for inner in ("images", "labels"):
        (folder / inner).mkdir(parents=True)
    Image.new("RGB", size[::-1]).save(folder / "images" / "a.png")
    (folder / "labels" / "a.txt").write_text(lines)
    (folder / "data.yaml").write_text(f"path: .\ntrain: images\nval: images\n{names}\n")
    return folder


def only(folder: Path) -> Instances:
    data = open_dataset(folder, "yolo-seg")
    assert len(data) == 1
    truth = data[0].truth
    assert isinstance(truth, Instances)
    return truth


def reasons(data: Dataset) -> list[str]:
    """The kinds of the notes of the only image."""
    return [note.kind for note in data[0].notes]


def test_areas_of_real_files_are_those_of_pycocotools(shared: Path):
    folder = shared / "data" / "format_samples"
    expected = json.loads((folder / "expected.json").read_text())["files"]
    data = open_dataset(folder / "yolo_seg")
    assert data.labels.name == "coco" and data.notes == () and len(data) == 3
    for sample in data:
        said = expected[f"yolo_seg/labels/train2017/{sample.image_id}.txt"]
        areas: Counter[str] = Counter()
        for segment, area in zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True):
            areas[str(segment.label)] += area
        assert sample.notes == () and len(sample.truth) == said["objects"]
        assert areas == pytest.approx(said["sum_area_per_class"], rel=0.02)


def test_coco128_is_read_by_its_texts_when_the_labels_are_named(shared: Path):
    data = open_dataset(shared / "data" / "coco128seg", "yolo-seg", labels=label_table("coco"))
    assert len(data) == 128 and data.notes == ()
    names = [name for sample in data for name in sample.truth.label_names()]
    assert len(names) == 929 and len(set(names)) == 71 and names.count("person") == 254  # its README.md


def test_one_text_finds_its_photograph_and_its_names(shared: Path):
    data = open_dataset(shared / "data/format_samples/yolo_seg/labels/train2017/000000000030.txt")
    assert len(data) == 1 and data[0].truth.label_names() == ("potted plant", "vase")


def test_pixels_whose_centre_lies_inside_belong_to_the_object(tmp_path: Path):
    truth = only(made(tmp_path, SQUARE))
    assert truth.mask(0).nonzero()[0].tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4  # 4 x 4 of 8 x 8


def test_x_comes_before_y(tmp_path: Path):
    truth = only(made(tmp_path, "1 0 0 1 0 1 0.25 0 0.25", size=(4, 8)))
    assert truth.boxes().tolist() == [[0, 0, 1, 8]]  # the upper row, the whole width


def test_a_bridge_of_no_width_cancels_out(tmp_path: Path):
    # two squares of 2 x 2 px, the bridge from (2, 2) to (4, 4) walked there and back
    corners = "0 0 .25 0 .25 .25 .5 .5 .75 .5 .75 .75 .5 .75 .5 .5 .25 .25 0 .25"
    assert only(made(tmp_path, f"0 {corners}")).areas().tolist() == [8]


def test_an_image_without_a_text_has_nothing_in_it(tmp_path: Path):
    folder = made(tmp_path, SQUARE)
    Image.new("RGB", (8, 8)).save(folder / "images" / "b.png")
    data = open_dataset(folder)
    assert [len(sample.truth) for sample in data] == [1, 0] and data[1].notes == ()


def test_boxes_have_no_masks_and_are_noted(tmp_path: Path):
    data = open_dataset(made(tmp_path, f"1 0.5 0.5 0.2 0.2\n\n{SQUARE}\n1 0.5 0.5 0.2 0.2 0.9"))
    assert len(data[0].truth) == 1 and reasons(data) == ["not-a-region", "not-a-region"]
    assert data[0].notes[1].place == "image 'a', line 4, class 1"


def test_a_class_without_a_name_is_noted_and_left_out(tmp_path: Path):
    data = open_dataset(made(tmp_path, SQUARE.replace("0", "2", 1)))
    assert len(data[0].truth) == 0 and reasons(data) == ["unknown-label"]


def test_an_odd_last_number_is_a_score(tmp_path: Path):
    assert only(made(tmp_path, f"{SQUARE} 0.75")).segments == (Segment(label=0, score=0.75),)


def test_what_reaches_out_of_the_image_is_clipped_and_noted(tmp_path: Path):
    data = open_dataset(made(tmp_path, "0 -0.5 0 0.5 0 0.5 0.5 -0.5 0.5"))
    assert data[0].truth.areas().tolist() == [16] and reasons(data) == ["shape-clipped"]


def test_rounding_over_the_edge_is_no_clipping(tmp_path: Path):
    data = open_dataset(made(tmp_path, "0 -0.001 0 1.001 0 1.001 1.001 -0.001 1.001"))
    assert data[0].truth.areas().tolist() == [64] and data[0].notes == ()


def test_a_polygon_around_no_centre_is_noted(tmp_path: Path):
    data = open_dataset(made(tmp_path, "0 0.01 0.01 0.02 0.01 0.02 0.02"))
    assert len(data[0].truth) == 0 and reasons(data) == ["shape-clipped"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("0 nan 0 1 0 1 1", "'nan'"),
        ("0 inf 0 1 0 1 1", "'inf'"),
        ("0 320 0 1 0 1 1", "'320'"),  # pixels, not shares
        ("0 a b c d e f", "'0 a b"),
        ("-1 0 0 1 0 1 1", "'-1'"),
        ("0.5 0 0 1 0 1 1", "'0.5'"),
        ("99999999999 0 0 1 0 1 1", "'99999999999'"),
        ("0 0.1 0.2 0.3", "3 numbers"),
        ("0", "0 numbers"),
        ("0 0 0 1 0 1 1 7", "'7'"),
        ("\x00\x01\x02", "expected numbers"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, line: str, found: str):
    data = open_dataset(made(tmp_path, f"{SQUARE}\n{line}\n"))
    with pytest.raises(FormatError, match=r"a\.txt:2: ") as caught:
        data[0]
    assert found in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    folder = made(tmp_path, SQUARE)
    (folder / "labels" / "a.txt").write_bytes(b"0 0.5 \xff\xfe")
    with pytest.raises(FormatError, match="not a text in UTF-8"):
        open_dataset(folder)[0]


def test_an_outline_that_crosses_the_image_millions_of_times_is_refused():
    wide, turns = 10_000, MOST_CROSSINGS // 10_000 + 2
    ring = np.stack([np.arange(turns) % 7.0, np.arange(turns) % 2 * wide], axis=1)
    with pytest.raises(FormatError, match=r"x\.txt:1: its outline crosses"):
        ring_to_rle(ring, (10, wide), "x.txt:1")


def test_sizes_are_those_of_the_photograph_as_seen(tmp_path: Path):
    folder = made(tmp_path, "0 0 0 1 0 1 0.5 0 0.5")
    exif = Image.Exif()
    exif[0x0112] = 6  # stored 4 x 8 (height, width), seen 8 x 4
    (folder / "images" / "a.png").unlink()
    Image.new("RGB", (8, 4)).save(folder / "images" / "a.jpg", exif=exif)
    truth = only(folder)
    assert truth.size == (8, 4) and truth.boxes().tolist() == [[0, 0, 4, 4]]


def sample_of(mask: np.ndarray, photograph: Path | None) -> Sample:
    truth = Instances(mask.shape, (Rle.from_mask(mask),), (Segment(label=3),), SOME_LABELS)
    return Sample(image_path=photograph, size=mask.shape, truth=truth, image_id=1, image_name="a.png")


def test_writing_says_what_yolo_cannot_hold(tmp_path: Path):
    mask = np.zeros((9, 20), bool)
    mask[1:8, 1:8], mask[3:5, 3:5], mask[2:4, 12:15] = True, False, True
    notes = save_dataset([sample_of(mask, None)], tmp_path / "out", "yolo-seg")
    said = [note.reason for note in notes]
    assert [note.kind for note in notes] == ["cannot-hold"] * 3
    assert "in several parts" in said[0] and "with holes" in said[1] and "photograph" in said[2]
    data = open_dataset(tmp_path / "out")
    assert len(data) == 0 and [note.kind for note in data.notes] == ["image-missing"]
    Image.new("RGB", (20, 9)).save(tmp_path / "a.png")
    data = open_dataset(tmp_path / "out", images=tmp_path)
    assert np.array_equal(data[0].truth.mask(0), mask)


def test_a_name_with_a_folder_called_images_comes_back(tmp_path: Path):
    Image.new("RGB", (5, 5)).save(tmp_path / "a.png")
    sample = sample_of(np.eye(5, dtype=bool), tmp_path / "a.png")
    moved = Sample(
        image_path=sample.image_path, size=(5, 5), truth=sample.truth, image_id=1, image_name="images/a.b.png"
    )
    save_dataset([moved], tmp_path / "out", "yolo-seg")
    assert detect(tmp_path / "out") == ("yolo-seg",)
    assert open_dataset(tmp_path / "out")[0].truth.areas().tolist() == [5]


def test_a_kind_of_photograph_that_ultralytics_does_not_read_becomes_png(tmp_path: Path):
    Image.new("RGB", (5, 5)).save(tmp_path / "a.ppm")
    save_dataset([sample_of(np.eye(5, dtype=bool), tmp_path / "a.ppm")], tmp_path / "out", "yolo-seg")
    assert (tmp_path / "out/images/train/a.png").is_file()


@given(masks(max_side=16))
def test_every_mask_is_one_line_that_gives_it_back(mask: np.ndarray):
    parts = mask_to_polygons(mask)
    if not parts:
        return
    ring = np.round(joined(parts) / mask.shape, 6) * mask.shape
    read = ring_to_rle(ring, mask.shape, "a.txt:1")
    assert read is not None and np.array_equal(read.mask(), mask)


@given(st.lists(st.tuples(st.integers(-5, 20), st.integers(-5, 20)), min_size=3, max_size=12))
def test_outlines_are_filled_as_polygons_to_mask_fills_them(corners: list[tuple[int, int]]):
    ring = np.array(corners) + np.array((0.0137, 0.0071))  # no edge goes through a centre, where the two may differ
    read = ring_to_rle(ring, (13, 11), "a.txt:1")
    found = np.zeros((13, 11), bool) if read is None else read.mask()
    assert np.array_equal(found, polygons_to_mask([Polygon(ring)], (13, 11)))


@given(st.lists(st.sampled_from(["0", "1", "2", "0.5", "-0.2", "1e400", "nan", "x", "\n", "1.7"]), max_size=30))
def test_odd_lines_never_end_in_a_foreign_error(tmp_path_factory: pytest.TempPathFactory, words: list[str]):
    folder = made(tmp_path_factory.mktemp("fuzz"), " ".join(words))
    try:
        truth = only(folder)
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert truth.size == (8, 8)
