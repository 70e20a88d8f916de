"""Reading the JSON of CVAT's server."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from formats.cvat_files import noted
from segweave.errors import FormatError, SegweaveError
from segweave.formats import open_dataset
from segweave.formats.table import detect
from segweave.labels import Label, LabelSet, LabelTable

SHAPE = {"type": "rectangle", "points": [0, 0, 3, 2], "label_id": 5, "frame": 0, "group": 0, "z_order": 0, "id": 70}


def write_api(folder: Path, shapes: list[object], **more: object) -> Path:
    path = folder / "job.json"
    body = {"labels": {"5": "cat", "6": "dog"}, "annotations": {"shapes": shapes, "tags": [], "tracks": []}}
    path.write_text(json.dumps(body | more), encoding="utf-8")
    return path


def shape(**changes: object) -> dict[str, object]:
    return SHAPE | changes


def test_the_job_of_the_samples_holds_what_another_reader_found(shared: Path):
    samples = shared / "data" / "format_samples"
    facts = json.loads((samples / "expected.json").read_bytes())["files"]["cvat_api/job_27_annotations.json"]
    (sample,) = open_dataset(samples / "cvat_api")
    kinds = facts["shape_types"]
    regions = sum(kinds[kind] for kind in ("rectangle", "polygon", "mask", "ellipse"))
    assert facts["mask_foreground_pixels"] in sample.truth.areas().tolist()
    assert sum(kind == "not-a-region" for kind, _ in noted(sample)) == sum(kinds.values()) - regions
    groups: dict[int, int] = {}
    for entry in json.loads((samples / "cvat_api" / "job_27_annotations.json").read_bytes())["annotations"]["shapes"]:
        if entry["type"] in ("rectangle", "polygon", "mask", "ellipse") and entry["group"]:
            groups[entry["group"]] = groups.get(entry["group"], 0) + 1
    joined = sum(n - 1 for n in groups.values())
    assert len(sample.truth) == regions - joined


def test_runs_of_a_mask_end_with_its_box_whose_right_and_bottom_are_inside(tmp_path: Path):
    # 2 rows of 3 at left 1, top 0 to right 3, bottom 1: two outside, three inside, one outside
    (sample,) = open_dataset(write_api(tmp_path, [shape(type="mask", points=[2, 3, 1, 1, 0, 3, 1])]))
    assert sample.truth.mask(0).astype(int).tolist() == [[0, 0, 0, 1], [0, 1, 1, 0]]


def test_an_ellipse_is_said_by_its_centre_its_right_and_its_top(tmp_path: Path):
    (sample,) = open_dataset(write_api(tmp_path, [shape(type="ellipse", points=[10, 8, 14, 6])]))
    assert sample.truth.boxes().tolist() == [[6, 6, 10, 14]] and sample.size == (10, 14)


def test_order_groups_and_ids_are_read(tmp_path: Path):
    shapes = [
        shape(id=1, z_order=3),
        shape(id=2, group=4, points=[0, 0, 1, 1]),
        shape(id=3, group=4, points=[4, 4, 6, 6]),
        shape(id=4, group=4, label_id=6),
        shape(id=5, frame=2),
    ]
    first, second = open_dataset(write_api(tmp_path, shapes))
    assert [segment.source_id for segment in first.truth.segments] == [1, 4, 3]
    assert first.truth.areas().tolist() == [6, 6, 5] and (second.image_id, len(second.truth)) == (2, 1)


def test_tracks_are_read_at_their_key_frames_with_a_note(tmp_path: Path):
    keys = [{k: v for k, v in shape(frame=n, outside=n == 9).items() if k != "label_id"} for n in (0, 4, 9)]
    path = write_api(tmp_path, [], annotations={"tracks": [{"id": 31, "label_id": 6, "frame": 0, "shapes": keys}]})
    data = open_dataset(path, "cvat")
    assert [(s.image_id, s.truth.label_names(), s.truth.segments[0].track) for s in data] == [
        (0, ("dog",), 31),
        (4, ("dog",), 31),
    ]
    assert any("key frames only" in note.reason for note in data.notes)


def test_labels_may_be_a_list_or_missing(tmp_path: Path):
    rows = [{"id": 6, "name": "dog"}, {"id": 5, "name": "cat", "color": "#010203"}]
    for labels in (rows, {"results": rows}):
        data = open_dataset(write_api(tmp_path, [SHAPE], labels=labels))
        assert data.labels.names == ("dog", "cat") and data.labels[1].color == (1, 2, 3)
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"version": 1, "shapes": [SHAPE], "tags": [], "tracks": []}))
    assert detect(path) == ("cvat",) and open_dataset(path).labels.names == ("5",)
    table = LabelTable(LabelSet("mine", (Label(name="cat", is_thing=True),)), (5,), ())
    assert open_dataset(path, labels=table)[0].truth.label_names() == ("cat",)


def test_a_label_that_nothing_names_is_noted(tmp_path: Path):
    (sample,) = open_dataset(write_api(tmp_path, [shape(label_id=9)]))
    assert noted(sample) == [("unknown-label", "frame 0, shape 0 (rectangle 'label_id 9')")]


def test_the_photograph_gives_the_size(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (30, 20)).save(tmp_path / "photos" / "street.png")
    path = write_api(tmp_path, [SHAPE], job={"start_frame": 0, "frame_count": 1})
    (sample,) = open_dataset(path, images=tmp_path / "photos")
    assert sample.size == (20, 30) and sample.image_name == "street.png" and sample.notes == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"points": [0, 0, float("nan"), 2]}, "finite numbers; found nan"),
        ({"points": "0,0"}, "list of numbers"),
        ({"points": [1, 2, 3]}, "4 coordinates; found 3"),
        ({"type": "mask", "points": [1.5, 0, 0, 0, 0]}, "whole numbers"),
        ({"type": "mask", "points": [1, 0, 0, -1, 0]}, "pixels"),
        ({"type": "mask", "points": [1, 0, 0, 2**40, 2**40]}, "pixels"),
        ({"type": "polygon", "points": [0, 0, 1e9, 3, 3, 3]}, "coordinates within"),
        ({"label_id": -1}, "'label_id'"),
        ({"frame": -1}, "'frame'"),
        ({"z_order": "top"}, "'z_order'"),
    ],
)
def test_what_is_wrong_with_a_shape_is_said_in_one_line(changes: dict[str, object], said: str, tmp_path: Path):
    with pytest.raises(FormatError, match=said) as caught:
        list(open_dataset(write_api(tmp_path, [shape(**changes)]), "cvat"))
    assert str(tmp_path / "job.json") in str(caught.value) and "\n" not in str(caught.value)


ODD = st.sampled_from([None, True, -1, 0, 1, 2.5, 2**70, 1e300, "", "mask", "x", [], [1], [[1]], {}, {"a": 1}, "#12"])


@settings(max_examples=150)
@given(place=st.sampled_from([*SHAPE, "rotation", "outside", "elements"]), value=ODD, kind=st.integers(0, 4))
def test_odd_values_raise_nothing_but_our_errors(
    place: str, value: object, kind: int, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("odd")
    odd = shape(type=("rectangle", "polygon", "ellipse", "mask", "tag")[kind]) | {place: value}
    tracks = [{"label_id": 5, "frame": 0, "shapes": [odd]}]
    for body in ({"shapes": [odd]}, {"tracks": tracks}, {"tags": [odd]}, {"shapes": value}, value):
        try:
            data = open_dataset(write_api(folder, [], annotations=body), "cvat")
            assert all(sample.size >= (1, 1) for sample in data)
        except SegweaveError as error:
            assert "\n" not in str(error)


@settings(max_examples=50)
@given(labels=st.one_of(ODD, st.lists(ODD, max_size=2), st.lists(st.fixed_dictionaries({"id": ODD, "name": ODD}))))
def test_odd_labels_raise_nothing_but_our_errors(labels: object, tmp_path_factory: pytest.TempPathFactory):
    try:
        data = open_dataset(write_api(tmp_path_factory.mktemp("odd"), [SHAPE], labels=labels), "cvat")
        assert len(data) == 1
    except SegweaveError as error:
        assert "\n" not in str(error)
