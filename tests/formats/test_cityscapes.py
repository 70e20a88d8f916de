"""Cityscapes: which file is read, what its numbers mean, and what is written."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from round_trip import content
from segweave.errors import FormatError
from segweave.formats import Dataset, Sample, detect, open_dataset
from segweave.formats.id_png import write_id_png
from segweave.formats.index_png import write_index_png
from segweave.labels import label_set
from segweave.segmentation import Segmentation

CITY = label_set("cityscapes")
# road; sky; crowd of cars, two cars, trailer (void), license plate (-1), unlabeled
CODES = np.array([[7, 7, 23, 23], [26, 26001, 26000, 30000], [65535, 0, 26000, 4]])


def truth_file(root: Path, kind: str, *, base: str = "ulm_000000_000019", folder: str = "gtFine/val/ulm") -> Path:
    """Where a file of an image is; its folder is made."""
    truth = folder.split("/")[0]
    path = root / folder / f"{base}_{truth}_{kind}.{'json' if kind == 'polygons' else 'png'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_codes(root: Path, kind: str, numbers: NDArray[np.integer], **names: str) -> Path:
    path = truth_file(root, kind, **names)
    write_index_png(path, numbers)
    return path


def areas(sample: Sample) -> dict[int | str | None, int]:
    """Pixels by the id in the file."""
    pairs = zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True)
    return {segment.source_id: area for segment, area in pairs}


def kinds(notes: tuple[object, ...]) -> list[str]:
    return [note.kind for note in notes if note.kind != "image-missing"]  # type: ignore[attr-defined]


def labels_of(sample: Sample) -> NDArray[np.int32]:
    assert isinstance(sample.truth, Segmentation)
    return sample.truth.label_indices()


@pytest.mark.parametrize("place", ["", "gtFine", "gtFine/val", "gtFine/val/demo"])
def test_the_real_sample_has_the_facts_of_the_official_files(shared: Path, place: str) -> None:
    facts = json.loads((shared / "data/format_samples/expected.json").read_text())["files"]
    expected = facts["cityscapes/gtFine/cityscapes_panoptic_val.json"]
    data = open_dataset(shared / "data/format_samples/cityscapes" / place)
    (sample,) = data
    assert sample.image_id == "demo_000000_000257"
    assert sample.image_name == "val/demo/demo_000000_000257.png"
    assert sample.image_path is not None and sample.image_path.name == "demo_000000_000257_leftImg8bit.png"
    assert {str(number): area for number, area in areas(sample).items()} == expected["segment_area"]
    assert isinstance(sample.truth, Segmentation) and sample.truth.void_area() == expected["void_pixels"] == 9201
    assert [s.source_id for s in sample.truth.segments if s.crowd] == [26]
    assert sample.notes == ()


@pytest.mark.parametrize("kind", ["labelIds", "labelTrainIds"])
def test_one_semantic_file_of_the_real_sample_gives_its_labels(shared: Path, kind: str) -> None:
    folder = shared / "data/format_samples/cityscapes/gtFine/val/demo"
    facts = json.loads((shared / "data/format_samples/expected.json").read_text())["files"]
    counts = facts[f"cityscapes/gtFine/val/demo/demo_000000_000257_gtFine_{kind}.png"]["pixel_counts"]
    data = open_dataset(folder / f"demo_000000_000257_gtFine_{kind}.png")
    voids = {"3", "5", "30", "255"}
    assert {str(k): v for k, v in areas(data[0]).items()} == {k: v for k, v in counts.items() if k not in voids}
    assert data[0].image_path is not None and kinds(data.notes) == ["assumed"]  # cars are one segment


def test_polygons_of_the_real_sample_are_the_pixels_of_the_official_tool(shared: Path) -> None:
    folder = shared / "data/format_samples/cityscapes/gtFine/val/demo"
    from_polygons = open_dataset(folder / "demo_000000_000257_gtFine_polygons.json")[0]
    from_pixels = open_dataset(folder / "demo_000000_000257_gtFine_instanceIds.png")[0]
    assert content(from_polygons.truth) == content(from_pixels.truth)
    assert from_polygons.notes == ()


def test_numbers_below_1000_of_things_are_crowds_and_other_labels_are_void(tmp_path: Path) -> None:
    path = write_codes(tmp_path, "instanceIds", CODES)
    (sample,) = open_dataset(tmp_path)
    assert areas(sample) == {7: 2, 23: 2, 26: 1, 26000: 2, 26001: 1}
    assert [s.source_id for s in sample.truth.segments if s.crowd] == [26]
    assert isinstance(sample.truth, Segmentation) and sample.truth.void_area() == 4
    assert kinds(sample.notes) == []
    assert areas(open_dataset(path)[0]) == areas(sample)


def test_minus_one_in_eight_bits_is_void(tmp_path: Path) -> None:
    write_codes(tmp_path, "labelIds", np.array([[255, 7]]))  # the license plate, -1
    (sample,) = open_dataset(tmp_path)
    assert areas(sample) == {7: 1} and kinds(sample.notes) == []


def test_train_ids_count_labels_from_0(tmp_path: Path) -> None:
    semantic = write_codes(tmp_path, "labelTrainIds", np.array([[0, 18, 255]]))
    assert [s.label for s in open_dataset(semantic)[0].truth.segments] == [0, 18]
    numbered = write_codes(tmp_path, "instanceTrainIds", np.array([[0, 13, 13000, 13001, 255]]))
    (sample,) = open_dataset(tmp_path)  # the one that says more
    assert [(s.label, s.crowd) for s in sample.truth.segments] == [(0, False), (13, True), (13, False), (13, False)]
    assert labels_of(open_dataset(numbered)[0]).tolist() == [[0, 13, 13, 13, -1]]


def test_the_file_that_says_most_is_read(tmp_path: Path) -> None:
    write_codes(tmp_path, "labelIds", np.array([[26, 26]]))
    truth_file(tmp_path, "color").write_bytes(b"not a PNG, and nobody asks")
    truth_file(tmp_path, "polygons").write_text("not JSON, and nobody asks")
    data = open_dataset(tmp_path)
    assert len(data[0].truth) == 1 and not data[0].truth.segments[0].crowd
    write_codes(tmp_path, "instanceIds", np.array([[26000, 26001]]))
    assert len(open_dataset(tmp_path)[0].truth) == 2


def test_colours_are_never_decoded(tmp_path: Path) -> None:
    path = truth_file(tmp_path, "color")
    Image.new("RGB", (4, 4), (128, 64, 128)).save(path)
    assert "cityscapes" not in detect(tmp_path) and "cityscapes" not in detect(path)
    with pytest.raises(FormatError, match="not of colours"):
        open_dataset(path, "cityscapes")


def test_fine_truth_goes_before_coarse_with_a_note(tmp_path: Path) -> None:
    write_codes(tmp_path, "instanceIds", np.array([[7]]), folder="gtCoarse/val/ulm")
    write_codes(tmp_path, "instanceIds", np.array([[8]]), folder="gtFine/val/ulm")
    data = open_dataset(tmp_path)
    assert [areas(sample) for sample in data] == [{8: 1}]
    assert kinds(data.notes) == ["assumed"] and "1 images have several truths" in data.notes[0].reason
    assert areas(open_dataset(tmp_path / "gtCoarse")[0]) == {7: 1}


def test_any_depth_is_read_in_natural_order(tmp_path: Path) -> None:
    for folder, base in (("gt/fog/val/A", "10"), ("gt/fog/val/A", "9"), ("gt", "2")):
        write_codes(tmp_path, "labelIds", np.array([[7]]), folder=folder, base=base)
    data = open_dataset(tmp_path)
    assert [s.image_name for s in data] == ["2.png", "fog/val/A/9.png", "fog/val/A/10.png"]


def test_images_of_one_base_in_two_cities_have_ids_of_their_own(tmp_path: Path) -> None:
    for city in "ab":
        write_codes(tmp_path, "labelIds", np.array([[7]]), folder=f"gtFine/val/{city}", base="1")
    assert [s.image_id for s in open_dataset(tmp_path)] == ["val/a/1", "val/b/1"]


@pytest.mark.parametrize(
    "place",
    [
        "leftImg8bit/val/ulm/B_leftImg8bit.png",
        "leftImg8bit/val/ulm/B_leftImg8bit.jpg",
        "leftImg8bit_trainvaltest/leftImg8bit/val/ulm/B_leftImg8bit.png",
        "images/B.png",
        "gtFine/val/ulm/B_leftImg8bit.png",
    ],
)
def test_photographs_are_found_where_people_keep_them(tmp_path: Path, place: str) -> None:
    path = write_codes(tmp_path, "labelIds", np.array([[7, 8]]))
    photograph = tmp_path / place.replace("B", "ulm_000000_000019")
    photograph.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (2, 1)).save(photograph)
    for opened in (tmp_path, tmp_path / "gtFine/val", path):
        (sample,) = open_dataset(opened)
        assert sample.image_path is not None and sample.image_path.samefile(photograph)
        assert sample.image_name == f"val/ulm/ulm_000000_000019{photograph.suffix}"


def test_a_folder_of_photographs_can_be_named(tmp_path: Path) -> None:
    write_codes(tmp_path / "truth", "labelIds", np.array([[7, 8]]))
    photograph = tmp_path / "photographs/ulm/ulm_000000_000019_leftImg8bit.png"
    photograph.parent.mkdir(parents=True)
    Image.new("RGB", (2, 1)).save(photograph)
    assert open_dataset(tmp_path / "truth", images=tmp_path / "photographs")[0].image_path == photograph


def test_a_photograph_of_another_size_is_refused(tmp_path: Path) -> None:
    write_codes(tmp_path, "labelIds", np.array([[7, 8]]))
    Image.new("RGB", (3, 1)).save(tmp_path / "gtFine/val/ulm/ulm_000000_000019_leftImg8bit.png")
    with pytest.raises(FormatError, match="must be equal"):
        open_dataset(tmp_path)[0]


def test_numbers_without_a_label_are_void_and_noted(tmp_path: Path) -> None:
    write_codes(tmp_path, "instanceIds", np.array([[7, 99, 99, 45003]]))
    (sample,) = open_dataset(tmp_path)
    assert areas(sample) == {7: 1}
    assert kinds(sample.notes) == ["unknown-label", "unknown-label"]
    assert [note.place.split(", ", 1)[1] for note in sample.notes[:2]] == ["value 99, 2 px", "value 45003, 1 px"]


def test_stuff_with_numbers_is_fused_and_noted(tmp_path: Path) -> None:
    write_codes(tmp_path, "instanceIds", np.array([[7, 7001, 7002]]))
    (sample,) = open_dataset(tmp_path)
    assert len(sample.truth) == 1 and kinds(sample.notes) == ["stuff-fused", "stuff-fused"]


def test_a_photograph_called_like_a_truth_is_refused(tmp_path: Path) -> None:
    write_codes(tmp_path, "instanceIds", np.arange(30_000, 60_000).reshape(100, 300))
    with pytest.raises(FormatError, match="values that stand for no label"):
        open_dataset(tmp_path)[0]


def test_a_file_of_another_name_can_be_named_with_its_format(tmp_path: Path) -> None:
    write_index_png(tmp_path / "ids.png", np.array([[26000, 7]]))
    write_index_png(tmp_path / "labels.png", np.array([[26, 7]]))
    assert areas(open_dataset(tmp_path / "ids.png", "cityscapes")[0]) == {26000: 1, 7: 1}
    assert areas(open_dataset(tmp_path / "labels.png", "cityscapes")[0]) == {26: 1, 7: 1}
    with pytest.raises(FormatError, match="has no Cityscapes files"):
        open_dataset(tmp_path, "cityscapes")


def panoptic(root: Path, change: Callable[[dict[str, object]], None] = lambda entry: None) -> Dataset:
    """An image with labelIds and an entry in the panoptic JSON of its split."""
    write_codes(root, "labelIds", np.array([[26, 26, 7]]))
    png = root / "gtFine/cityscapes_panoptic_val/ulm_000000_000019_gtFine_panoptic.png"
    png.parent.mkdir()
    write_id_png(png, np.array([[26000, 26001, 7]]))
    segments = [{"id": n, "category_id": n // 1000 or n, "iscrowd": 0} for n in (26000, 26001, 7)]
    entry: dict[str, object] = {"image_id": "ulm_000000_000019", "file_name": png.name, "segments_info": segments}
    change(entry)
    (root / "gtFine/cityscapes_panoptic_val.json").write_text(json.dumps({"images": [], "annotations": [entry]}))
    return open_dataset(root)


def test_without_instance_ids_things_come_from_the_panoptic_json(tmp_path: Path) -> None:
    data = panoptic(tmp_path)
    assert areas(data[0]) == {7: 1, 26000: 1, 26001: 1} and data.notes == ()


def test_what_the_panoptic_json_and_its_png_do_not_share_is_noted(tmp_path: Path) -> None:
    def change(entry: dict[str, object]) -> None:
        entry["segments_info"] = [
            {"id": 26000, "category_id": 26},
            {"id": 26001, "category_id": 77},
            {"id": 5000, "category_id": 8, "iscrowd": 1},
        ]

    (sample,) = panoptic(tmp_path, change)
    assert areas(sample) == {26000: 1}
    assert sorted(kinds(sample.notes)) == ["crowd-on-stuff", "empty-segment", "unknown-label", "unlisted-pixels"]


def test_the_panoptic_json_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    def change(entry: dict[str, object]) -> None:
        entry["file_name"] = "../../ulm_000000_000019_gtFine_panoptic.png"

    with pytest.raises(FormatError, match="leaves the folder"):
        panoptic(tmp_path, change)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_pngs_are_errors_of_one_line(tmp_path: Path, data: st.DataObject) -> None:
    path = write_codes(tmp_path, "instanceIds", CODES)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    try:
        sample = open_dataset(path, "cityscapes")[0]
    except FormatError as error:
        assert "\n" not in str(error) and path.name in str(error)
    else:
        assert sample.truth.size == sample.size
