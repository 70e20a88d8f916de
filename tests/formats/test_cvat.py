"""Reading CVAT's XML for images."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from formats.cvat_files import box, image, noted, only_sample, write_xml
from segweave.errors import FormatError
from segweave.formats import open_dataset
from segweave.formats.table import detect
from segweave.labels import Label, LabelSet, LabelTable, VoidRow


@pytest.mark.parametrize("name", ["cvat_job27_masks.xml", "docs_mask_example.xml", "datumaro_task/train.xml"])
def test_files_of_cvat_hold_what_another_reader_found_in_them(name: str, shared: Path):
    samples = shared / "data" / "format_samples"
    facts = json.loads((samples / "expected.json").read_bytes())["files"][f"cvat_xml/{name}"]
    data = open_dataset(samples / "cvat_xml" / name)
    assert len(data) == facts["images"]
    regions = sum(facts["shapes"].get(kind, 0) for kind in ("box", "polygon", "ellipse", "mask"))
    unknown = sum(kind == "unknown-label" for sample in data for kind, _ in noted(sample))
    assert sum(len(sample.truth) for sample in data) + unknown == regions
    others = sum(kind == "not-a-region" for sample in data for kind, _ in noted(sample))
    assert regions + others == sum(facts["shapes"].values())
    areas = {
        (label, int(area)) for s in data for label, area in zip(s.truth.label_names(), s.truth.areas(), strict=True)
    }
    assert set(facts["mask_pixels_per_label"].items()) <= areas


def test_colours_and_order_of_labels_come_from_the_file(tmp_path: Path):
    data = open_dataset(write_xml(tmp_path, image("")))
    assert data.labels.names == ("car", "road") and data.labels[0].color == (10, 20, 30)
    assert data.labels.stuff == () and [note.kind for note in data.notes] == ["assumed"]


@pytest.mark.parametrize("around", ["task", "job", "project"])
def test_labels_stand_in_a_task_a_job_or_a_project(around: str, tmp_path: Path):
    meta = f"<meta><{around}><labels><label><name> x &amp; y </name></label></labels></{around}></meta>"
    data = open_dataset(write_xml(tmp_path, image(box("0 0 2 2", label="x &amp; y")), meta=meta))
    assert data[0].truth.label_names() == ("x & y",)


def test_without_labels_in_the_file_those_in_use_are_taken_in_order_of_their_names(tmp_path: Path):
    shapes = box("0 0 2 2", label="b") + box("3 3 5 5", label="a") + box("6 6 8 8", label="")
    data = open_dataset(write_xml(tmp_path, image(shapes), meta=""))
    assert data.labels.names == ("a", "b")
    assert noted(data[0]) == [("unknown-label", "image 'a.png', shape 2 (box '')")]


def test_parts_of_skeletons_are_no_labels(tmp_path: Path):
    meta = """<meta><task><labels><label><name>body</name><type>skeleton</type></label>
    <label><name>1</name><type>points</type><parent>body</parent></label></labels></task></meta>"""
    shapes = '<skeleton label="body"><points label="1" points="1,1"/></skeleton>'
    data = open_dataset(write_xml(tmp_path, image(shapes), meta=meta))
    assert data.labels.names == ("body",)
    assert noted(data[0]) == [("not-a-region", "image 'a.png', shape 0 (skeleton 'body')")]


def test_what_covers_no_pixels_is_noted(tmp_path: Path):
    kinds = ("polyline", "points", "cuboid", "tag", "nonsense")
    sample = only_sample(tmp_path, "".join(f'<{kind} label="car" points="1,2;3,4"/>' for kind in kinds))
    assert len(sample.truth) == 0
    assert sorted(place.split("(")[1] for _, place in noted(sample)) == sorted(f"{kind} 'car')" for kind in kinds)


def test_a_polygon_a_box_an_ellipse_and_a_mask_are_read(tmp_path: Path):
    shapes = """<polygon label="car" points="0.00,0.00;4.00,0.00;4.00,3.00;0.00,3.00"/>
    <box label="car" xtl="5" ytl="0" xbr="7" ybr="4" rotation="90.0"/>
    <ellipse label="car" cx="4" cy="7" rx="2" ry="1"/>
    <mask label="car" rle="1, 2" left="9" top="8" width="3" height="1"/>"""
    sample = only_sample(tmp_path, shapes)
    # the last is the nearest; of the ellipse: 1.5^2 / 2^2 + 0.5^2 < 1, so four centres in each of two rows
    assert sample.truth.areas().tolist()[::3] == [2, 12]
    assert sample.truth.boxes().tolist() == [[8, 10, 9, 12], [6, 2, 8, 6], [1, 4, 3, 8], [0, 0, 3, 4]]


def test_higher_z_order_lies_on_top_then_what_comes_later(tmp_path: Path):
    shapes = "".join(
        box(sides, f'z_order="{z}"') for sides, z in (("0 0 1 1", 5), ("0 0 2 2", -1), ("0 0 3 3", 5), ("0 0 4 4", 0))
    )
    # painted last: the third (5, later), then the first (5), the fourth (0), the second (-1)
    assert only_sample(tmp_path, shapes).truth.areas().tolist() == [9, 1, 16, 4]


@pytest.mark.parametrize("key", ["group_id", "group"])
def test_a_group_joins_shapes_of_one_label(key: str, tmp_path: Path):
    shapes = [
        box("0 0 2 2", f'{key}="7"'),
        box("4 4 5 5", f'{key}="7"', label="road"),
        box("1 1 3 3", f'{key}="7"'),
        box("8 8 9 9", f'{key}="0"'),
        box("6 8 7 9", f'{key}=""'),
    ]
    truth = only_sample(tmp_path, "".join(shapes)).truth
    # the two boxes of cars share a pixel: 4 + 4 - 1
    assert list(zip(truth.label_names(), truth.areas().tolist(), strict=True)) == [
        ("car", 1),
        ("car", 1),
        ("car", 7),
        ("road", 1),
    ]


def test_shapes_beyond_the_edge_are_cut_and_noted(tmp_path: Path):
    shapes = box("-3 2 2 4") + box("10 8 12.3 10.4") + box("20 20 30 30") + box("1.6 1.6 2.4 2.4")
    sample = only_sample(tmp_path, shapes)
    assert sorted(sample.truth.areas().tolist()) == [4, 4]
    cut, far, tiny = (f"image 'a.png', shape {k} (box 'car')" for k in (0, 2, 3))
    clipped = {note.place: note.reason for note in sample.notes if note.kind == "shape-clipped"}
    dropped = "encloses no pixel's centre; dropped"
    assert clipped == {cut: "reaches out of the image; clipped", far: dropped, tiny: dropped}


def test_crowd_score_and_track_are_read_from_attributes(tmp_path: Path):
    said = {"crowd": "True", "score": "0.25", "track": "-7", "colour": "red"}
    inner = "".join(f'<attribute name="{key}">{value}</attribute>' for key, value in said.items())
    (segment,) = only_sample(tmp_path, box("0 0 2 2").replace("></box>", f">{inner}</box>")).truth.segments
    assert (segment.crowd, segment.score, segment.track) == (True, 0.25, -7)


def test_attributes_of_ours_that_mean_nothing_are_noted(tmp_path: Path):
    said = {"crowd": "many", "score": "nan", "track": "left"}
    inner = "".join(f'<attribute name="{key}">{value}</attribute>' for key, value in said.items())
    sample = only_sample(tmp_path, box("0 0 2 2").replace("></box>", f">{inner}</box>"))
    (segment,) = sample.truth.segments
    assert (segment.crowd, segment.score, segment.track) == (False, None, None)
    assert [kind for kind, _ in noted(sample)] == ["cannot-hold"] * 3


def test_a_label_table_says_what_is_stuff_and_what_is_void(tmp_path: Path):
    table = LabelTable(
        LabelSet("mine", (Label(name="road", is_thing=False), Label(name="car", is_thing=True))),
        (1, 2),
        (VoidRow("hood", 0, (0, 0, 0)),),
    )
    crowd = '<attribute name="crowd">true</attribute>'
    shapes = [box("0 0 2 2", label="road").replace("><", f">{crowd}<"), box("3 3 4 4", label="hood"), box("5 5 6 6")]
    data = open_dataset(write_xml(tmp_path, image("".join(shapes))), labels=table)
    assert data.labels == table.labels and noted(data) == [("void-label", "'hood'")]
    (sample,) = data
    assert sample.truth.label_names() == ("car", "road") and not sample.truth.segments[1].crowd
    assert noted(sample) == [("crowd-on-stuff", "image 'a.png', shape 0 (box 'road')")]


def test_photographs_are_found_in_images_and_in_folders_of_subsets(tmp_path: Path):
    (tmp_path / "images" / "Train").mkdir(parents=True)
    for name in ("images/a.png", "images/Train/b.PNG", "images/frame_000002.PNG"):
        Image.new("RGB", (12, 10)).save(tmp_path / name)
    second = image("", name="b", number=1).replace("<image", '<image subset="Train"')
    body = image("", name="a.png") + second + image("", name="frame_000002", number=2)
    samples = list(open_dataset(write_xml(tmp_path, body)))
    assert [sample.image_name for sample in samples] == ["a.png", "b.PNG", "frame_000002.PNG"]
    assert [sample.image_path is not None for sample in samples] == [True] * 3


def test_numbers_of_cvat_are_the_ids_unless_tasks_share_them(tmp_path: Path):
    apart = image("", name="x/a.png", number=4) + image("", name="b.png", number=9)
    assert [sample.image_id for sample in open_dataset(write_xml(tmp_path, apart))] == [4, 9]
    shared = image("", name="x/a.png", number=4) + image("", name="b.png", number=4)
    assert [sample.image_id for sample in open_dataset(write_xml(tmp_path, shared))] == ["x/a", "b"]
    same = image("", name="a.png", number=4) + image("", name="a.png", number=4)
    assert [sample.image_id for sample in open_dataset(write_xml(tmp_path, same))] == [0, 1]


def test_a_file_of_cvat_is_known_by_its_content(tmp_path: Path):
    path = write_xml(tmp_path, image(""))
    assert detect(path) == ("cvat",) and "cvat" in detect(tmp_path)
    odd = path.rename(tmp_path / "train.txt")
    assert "cvat" in detect(odd) and "cvat" not in detect(tmp_path)
    voc = tmp_path / "voc.xml"
    voc.write_text("<annotation><folder>VOC2012</folder><object><name>dog</name></object></annotation>")
    assert "cvat" not in detect(voc) and "cvat" not in detect(tmp_path)


def test_several_files_in_a_folder_are_named_in_the_error(tmp_path: Path):
    for name in ("train.xml", "val.xml"):
        write_xml(tmp_path, image("")).rename(tmp_path / name)
    with pytest.raises(FormatError, match=r"holds 2 files of CVAT: train\.xml, val\.xml; name the one"):
        open_dataset(tmp_path, "cvat")
    write_xml(tmp_path, image("", name="usual.png"))
    assert open_dataset(tmp_path, "cvat")[0].image_name == "usual.png"


def test_nothing_but_the_sample_asked_for_is_read(tmp_path: Path):
    bad = image('<mask label="car" rle="1, x" left="0" top="0" width="1" height="1"/>', name="bad.png")
    data = open_dataset(write_xml(tmp_path, bad + image(box("0 0 2 2"), number=1)))
    assert np.array_equal(data[1].truth.areas(), [4])
    with pytest.raises(
        FormatError, match=r"annotations\.xml:\d+: image 'bad.png', shape 0 \(mask 'car'\): expected 'rle'"
    ):
        data[0]
