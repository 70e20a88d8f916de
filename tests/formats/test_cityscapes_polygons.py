"""Polygons of Cityscapes: painter's order, and what its label tool gets from us."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from scenes import random_segmentation
from segweave.errors import FormatError
from segweave.formats import Sample, detect, open_dataset
from segweave.formats.cityscapes_polygons import polygon_file
from segweave.labels import label_set
from segweave.segmentation import Segment, Segmentation

CITY = label_set("cityscapes")
ALL = [[0, 0], [9, 0], [9, 5], [0, 5]]
LEFT = [[0, 0], [3, 0], [3, 5], [0, 5]]
RIGHT = [[6, 0], [9, 0], [9, 5], [6, 5]]
GOOD = {
    "imgHeight": 6,
    "imgWidth": 10,
    "objects": [{"label": "road", "polygon": ALL}, {"label": "car", "polygon": LEFT}],
}


def objects(*pairs: object, **more: object) -> dict[str, object]:
    """A polygons file of 6 x 10 px with (label, polygon) objects."""
    return {**GOOD, "objects": [{"label": label, "polygon": polygon} for label, polygon in pairs], **more}  # type: ignore[misc]


def read(folder: Path, data: object) -> Sample:
    path = folder / "gtFine/val/a/a_1_gtFine_polygons.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    (sample,) = open_dataset(folder)
    return sample


def names(sample: Sample) -> dict[str, int]:
    """Pixels by label name, "!" for a crowd, with the number of things where there are several."""
    found: dict[str, int] = {}
    for segment, area in zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True):
        name = CITY[segment.label].name + ("!" if segment.crowd else "")
        found[name] = found.get(name, 0) + area
    return found


def notes(sample: Sample) -> list[tuple[str, str]]:
    return [(note.place.split(", ", 1)[-1], note.kind) for note in sample.notes if note.kind != "image-missing"]


def test_later_objects_cover_earlier_ones(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("road", ALL), ("car", LEFT), ("truck", [[2, 0], [4, 0], [4, 5], [2, 5]])))
    assert names(sample) == {"road": 30, "car": 12, "truck": 18}
    assert [s.source_id for s in sample.truth.segments] == [7, 26000, 27000]
    assert notes(sample) == []


def test_deleted_objects_are_skipped(tmp_path: Path) -> None:
    data = copy.deepcopy(GOOD)
    data["objects"][1]["deleted"] = 1  # type: ignore[index]
    assert names(read(tmp_path, data)) == {"road": 60}


def test_groups_are_crowds_one_a_label(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("cargroup", LEFT), ("cargroup", RIGHT), ("polegroup", [[4, 0], [4, 5]])))
    assert names(sample) == {"car!": 48} and len(sample.truth) == 1
    assert notes(sample) == []  # "polegroup" is a label of its own, void


def test_a_group_of_stuff_is_that_stuff(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("vegetation", LEFT), ("vegetationgroup", RIGHT)))
    assert names(sample) == {"vegetation": 48} and len(sample.truth) == 1


def test_void_labels_cover_but_license_plates_are_not_drawn(tmp_path: Path) -> None:
    # json2instanceImg.py: "If the ID is negative that polygon should not be drawn"
    sample = read(
        tmp_path, objects(("car", ALL), ("license plate", LEFT), ("out of roi", RIGHT), ("unlabeled", [[5, 0]] * 3))
    )
    assert names(sample) == {"car": 35}


def test_unknown_labels_are_void_with_a_note(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("car", ALL), ("spaceship", LEFT)))
    assert names(sample) == {"car": 36}
    assert notes(sample) == [("object 1 'spaceship'", "unknown-label")]


def test_objects_without_a_pixel_are_noted(tmp_path: Path) -> None:
    far = [[100, 100], [120, 100], [120, 120]]
    sample = read(tmp_path, objects(("car", LEFT), ("bus", far), ("truck", [[1, 1]]), ("road", ALL)))
    assert names(sample) == {"road": 60}
    assert sorted(notes(sample)) == [
        ("object 0", "overlap"),
        ("object 1", "shape-clipped"),
        ("object 2", "not-a-region"),
    ]


def test_numbers_count_hidden_things_as_the_official_tool_does(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("car", [[1, 1], [2, 1], [2, 2]]), ("car", LEFT), ("car", RIGHT)))
    assert [s.source_id for s in sample.truth.segments] == [26001, 26002]


def test_corners_outside_of_the_image_are_clipped(tmp_path: Path) -> None:
    sample = read(tmp_path, objects(("sky", [[-1e6, -1e6], [1e6, -1e6], [1e6, 1e6], [-1e6, 1e6]])))
    assert names(sample) == {"sky": 60}


def test_a_file_of_another_name_is_known_by_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "drawn.json"
    path.write_text(json.dumps(GOOD))
    assert detect(path)[0] == "cityscapes"
    assert names(open_dataset(path)[0]) == {"road": 36, "car": 24}


def test_a_photograph_of_another_size_than_stated_is_refused(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    Image.new("RGB", (10, 7)).save(tmp_path / "gtFine/val/a/a_1_leftImg8bit.png")
    with pytest.raises(FormatError, match=r"\(7, 10\) pixels.*\(6, 10\)"):
        open_dataset(tmp_path)[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("[1]", "expected an object"),
        ("{", "cannot be read as JSON"),
        (objects(imgHeight=2**31), "imgHeight"),
        (objects(imgHeight=2**30, imgWidth=2**30), "expected 1 to 300,000,000"),
        (objects(imgWidth=-5), "imgWidth"),
        ({"imgHeight": 6, "imgWidth": 10}, "expected a list 'objects'"),
        (objects((7, ALL)), "object 0: expected 'label' to be a text"),
        (objects(("car", None)), r"expected 'polygon' to be a list of \[x, y\]; found None"),
        (objects(("car", [[1, 2, 3]] * 3)), r"expected 'polygon' to be a list of \[x, y\]"),
        (objects(("car", [[0, float("nan")], [1, 1], [2, 2]])), "found nan"),
        (objects(("car", [[0, "1"], [1, 1], [2, 2]])), "found '1'"),
        (objects(("car", [[0, 1e9], [1, 1], [2, 2]])), "found 1000000000.0"),
        (objects(("car", [[0, 0]] * 100_001)), "100,001 corners"),
    ],
    ids=range(13),
)
def test_bad_files_are_errors_that_say_where(tmp_path: Path, data: object, says: str) -> None:
    with pytest.raises(FormatError, match=says) as caught:
        read(tmp_path, data)
    assert "a_1_gtFine_polygons.json" in str(caught.value) and "\n" not in str(caught.value)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(), st.text(max_size=3), st.just([]), st.just({})
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_odd_values_give_samples_or_errors_of_one_line(tmp_path: Path, data: st.DataObject) -> None:
    odd = copy.deepcopy(GOOD)
    spots: list[tuple[object, object]] = [(odd, key) for key in odd]
    for entry in odd["objects"]:  # type: ignore[attr-defined]
        spots += [(odd["objects"], 0), (entry, "label"), (entry, "polygon"), (entry, "deleted")]
        spots += [(entry["polygon"], 1), (entry["polygon"][0], 0)]
    for holder, key in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=3)):
        holder[key] = data.draw(VALUES)  # type: ignore[index]
    try:
        sample = read(tmp_path, odd)
    except FormatError as error:
        assert "\n" not in str(error)
    else:
        assert sample.size[0] * sample.size[1] > 0


def drawn_officially(data: object) -> np.ndarray:
    """Label indices + 1 as json2labelImg.py draws them, 0 = void."""
    assert isinstance(data, dict)
    image = Image.new("L", (data["imgWidth"], data["imgHeight"]), 0)
    pen = ImageDraw.Draw(image)
    for entry in data["objects"]:
        name = entry["label"] if entry["label"] in CITY else entry["label"].removesuffix("group")
        value = 0 if name == "unlabeled" else CITY.index(name) + 1
        pen.polygon([tuple(corner) for corner in entry["polygon"]], fill=value)
    return np.asarray(image)


def test_what_we_write_is_drawn_again_with_the_same_labels() -> None:
    rng = np.random.default_rng(5)
    for n in (1, 5, 30, 80):
        seg = random_segmentation(rng, (60, 90), CITY, n=n)
        data = json.loads(json.dumps(polygon_file(seg)))
        assert np.array_equal(drawn_officially(data).astype(int) - 1, seg.label_indices())


def test_holes_are_covered_by_what_lies_in_them() -> None:
    ids = np.ones((7, 9), np.int32)
    ids[1:6, 1:8] = 2
    ids[2:5, 2:4] = 0  # void in a car, on a road
    ids[2:5, 5:7] = 3
    seg = Segmentation(ids, tuple(Segment(label=CITY.index(name)) for name in ("road", "car", "person")), CITY)
    data = polygon_file(seg)
    assert [entry["label"] for entry in data["objects"]] == ["road", "car", "person", "unlabeled"] or [
        entry["label"] for entry in data["objects"]
    ] == ["road", "car", "unlabeled", "person"]
    assert np.array_equal(drawn_officially(data).astype(int) - 1, seg.label_indices())


def test_corners_are_x_before_y_and_crowds_are_groups() -> None:
    ids = np.zeros((4, 8), np.int32)
    ids[1:3, 2:6] = 1
    data = polygon_file(Segmentation(ids, (Segment(label=CITY.index("car"), crowd=True),), CITY))
    assert data == {
        "imgHeight": 4,
        "imgWidth": 8,
        "objects": [{"label": "cargroup", "polygon": [[2, 1], [5, 1], [5, 2], [2, 2]]}],
    }


def test_noise_is_written_too_and_stays_close() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 3, (60, 80)).astype(np.int32)
    seg = Segmentation(ids, (Segment(label=CITY.index("road")), Segment(label=CITY.index("car"))), CITY)
    again = drawn_officially(polygon_file(seg)).astype(int) - 1
    assert (again == seg.label_indices()).mean() > 0.6  # parts that cross diagonally cannot all be right
