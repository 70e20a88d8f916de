"""CVAT's XML for images and videos, and the JSON of its API."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from round_trip import content, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError, SegweaveError
from segweave.formats import detect, open_dataset, save_dataset
from segweave.segmentation import instances_to_panoptic

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>'
IMAGE = '<image id="0" name="a.jpg" width="20" height="10">'


def written(folder, inside, *, image=IMAGE):
    path = folder / "annotations.xml"
    path.write_text(f"{HEAD}{image}{inside}</image></annotations>", encoding="utf-8")
    return path


def only(folder, inside, **more):
    (sample,) = open_dataset(written(folder, inside, **more))
    return sample


def kinds(sample):
    return sorted(note.kind for note in sample.notes if note.kind != "image-missing")


def test_a_mask_runs_along_the_rows_of_its_box(tmp_path):
    """1 pixel outside, 3 inside, 2 outside in a box of 2 rows and 3 columns: . X X / X . ."""
    sample = only(tmp_path, '<mask label="car" rle="1, 3, 2" left="4" top="5" width="3" height="2"/>')
    expected = np.zeros((10, 20), bool)
    expected[5, 5:7] = expected[6, 4] = True
    assert np.array_equal(sample.truth.mask(0), expected) and sample.truth.label_names() == ("car",)
    assert (sample.image_name, sample.size, sample.image_id) == ("a.jpg", (10, 20), 0)


def test_points_are_x_before_y_and_pixels_count_by_their_centre(tmp_path):
    sample = only(tmp_path, '<polygon label="car" points="1,2;4,2;4,5;1,5"/>')
    assert sample.truth.boxes().tolist() == [[2, 1, 5, 4]] and sample.truth.areas().tolist() == [9]


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ('<box label="c" xtl="10" ytl="20" xbr="70" ybr="50"/>', 60 * 30),
        ('<box label="c" xtl="30" ytl="30" xbr="70" ybr="50" rotation="30"/>', 40 * 20),
        ('<ellipse label="c" cx="50" cy="50" rx="30" ry="10"/>', np.pi * 300),
        ('<ellipse label="c" cx="50" cy="50" rx="30" ry="10" rotation="45"/>', np.pi * 300),
    ],
)
def test_boxes_and_ellipses_have_their_area_also_when_turned(tmp_path, shape, area):
    sample = only(tmp_path, shape, image='<image id="0" name="a.jpg" width="100" height="100">')
    assert sample.truth.areas()[0] == pytest.approx(area, rel=0.02)


def test_a_box_turned_by_90_degrees_stands_upright(tmp_path):
    """A box of 8 x 2 px around (x 10, y 5), turned: 2 px wide and 8 high."""
    sample = only(tmp_path, '<box label="c" xtl="6" ytl="4" xbr="14" ybr="6" rotation="90"/>')
    assert sample.truth.boxes().tolist() == [[1, 9, 9, 11]]


def test_what_has_the_higher_z_order_lies_on_top_and_of_equals_the_later(tmp_path):
    shapes = (
        '<box label="a" xtl="0" ytl="0" xbr="4" ybr="4" z_order="1"/>'
        '<box label="b" xtl="0" ytl="0" xbr="4" ybr="4" z_order="0"/>'
        '<box label="c" xtl="2" ytl="0" xbr="4" ybr="4" z_order="1"/>'
    )
    painted = instances_to_panoptic(only(tmp_path, shapes).truth)
    assert dict(zip(painted.label_names(), painted.areas().tolist(), strict=True)) == {"a": 8, "c": 8}


def test_shapes_of_one_group_and_label_are_one_thing(tmp_path):
    shapes = "".join(
        f'<box label="{label}" xtl="{x}" ytl="0" xbr="{x + 2}" ybr="2" z_order="0" group_id="{group}"/>'
        for label, x, group in (("a", 0, 5), ("a", 4, 5), ("b", 8, 5), ("a", 12, 0), ("a", 16, 0))
    )
    truth = only(tmp_path, shapes).truth
    assert sorted(zip(truth.label_names(), truth.areas().tolist(), strict=True)) == [
        ("a", 4),
        ("a", 4),
        ("a", 8),
        ("b", 4),
    ]


def test_points_and_lines_are_no_regions_and_are_noted(tmp_path):
    sample = only(tmp_path, '<points label="a" points="1,2"/><polyline label="a" points="1,2;3,4"/>')
    assert len(sample.truth) == 0 and kinds(sample) == ["not-a-region", "not-a-region"]


def test_what_reaches_out_of_the_image_is_cut_off_with_a_note(tmp_path):
    sample = only(tmp_path, '<box label="a" xtl="-5" ytl="-5" xbr="5" ybr="5"/>')
    assert sample.truth.areas().tolist() == [25] and kinds(sample) == ["shape-clipped"]


def video(folder, tracks):
    meta = (
        "<meta><task><size>30</size><labels><label><name>car</name></label></labels>"
        "<original_size><width>20</width><height>10</height></original_size></task></meta>"
    )
    path = folder / "annotations.xml"
    path.write_text(f"{HEAD}{meta}{tracks}</annotations>")
    return path


def test_tracks_give_the_frames_where_something_is_seen(tmp_path):
    boxes = "".join(
        f'<box frame="{frame}" outside="{outside}" keyframe="{key}" xtl="{frame}" ytl="0" xbr="{frame + 2}" ybr="2"/>'
        for frame, outside, key in ((0, 0, 1), (1, 0, 0), (2, 0, 0), (3, 1, 1))
    )
    data = open_dataset(video(tmp_path, f'<track id="7" label="car">{boxes}</track>'))
    assert [sample.image_id for sample in data] == [0, 1, 2]
    assert [sample.truth.segments[0].track for sample in data] == [7, 7, 7]
    assert [sample.truth.boxes().tolist() for sample in data][1] == [[0, 1, 2, 3]]
    assert all(sample.size == (10, 20) for sample in data)


ENTITY = '<!DOCTYPE a [<!ENTITY x "y">]>'
BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [ENTITY, BOMB, OUTSIDE, '<!DOCTYPE annotations SYSTEM "a.dtd">'])
def test_document_types_and_entities_are_refused(tmp_path, doctype):
    path = tmp_path / "a.xml"
    path.write_text(HEAD.replace("<annotations>", doctype + "<annotations>") + IMAGE + "</image></annotations>")
    with pytest.raises(FormatError, match=r"a\.xml:\d+: "):
        list(open_dataset(path, "cvat"))


@pytest.mark.parametrize(
    "shape",
    [
        '<mask label="a" rle="1, 3" left="0" top="0" width="3" height="2"/>',  # 4 pixels in a box of 6
        '<mask label="a" rle="-1, 7" left="0" top="0" width="3" height="2"/>',
        '<mask label="a" rle="x" left="0" top="0" width="3" height="2"/>',
        '<mask label="a" rle="6" left="0" top="0" width="99999999" height="99999999"/>',
        '<mask label="a" rle="6" left="0" top="0" width="3"/>',
        '<polygon label="a" points="nan,1;2,3;4,5"/>',
        '<polygon label="a" points="1;2;3"/>',
        '<polygon label="a" points="1e300,0;0,1e300;3,3"/>',
        '<box label="a" xtl="a" ytl="0" xbr="1" ybr="1"/>',
        '<box label="a" ytl="0" xbr="1" ybr="1"/>',
        '<ellipse label="a" cx="1" cy="1" rx="-1" ry="1"/>',
    ],
)
def test_a_broken_shape_is_one_line_with_file_and_image(tmp_path, shape):
    with pytest.raises(FormatError) as caught:
        only(tmp_path, shape)
    assert "annotations.xml" in str(caught.value) and "a.jpg" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "image",
    [
        '<image id="0" name="a.jpg" width="2147483648" height="2147483648">',
        '<image id="0" name="a.jpg" width="-1" height="5">',
        '<image id="0" name="a.jpg" width="x" height="5">',
        '<image id="0" name="../../a.jpg" width="5" height="5">',
        '<image id="0" width="5" height="5">',
    ],
)
def test_a_broken_image_entry_is_refused(tmp_path, image):
    with pytest.raises(FormatError, match=r"annotations\.xml"):
        only(tmp_path, "", image=image)


def test_a_file_that_was_cut_off_is_refused_with_its_line(tmp_path):
    path = written(tmp_path, "\n<box label='a' xtl='0' ytl='0' xbr='1' ybr='1'/>\n")
    path.write_text(path.read_text()[:-20])
    with pytest.raises(FormatError, match=r"annotations\.xml:\d+: "):
        list(open_dataset(path, "cvat"))


def test_other_xml_is_not_taken_for_cvat(tmp_path):
    for text in ("<annotation><object/></annotation>", "<annotations/>", "<html></html>", ""):
        (tmp_path / "a.xml").write_text(text)
        assert detect(tmp_path / "a.xml") == ()


def test_names_that_xml_must_escape_come_back(tmp_path):
    from segweave.labels import Label, LabelSet

    labels = LabelSet(
        "odd", (Label(name='<car> & "van"', is_thing=True, ja="車"), Label(name="road's", is_thing=False))
    )
    seg = random_segmentation(np.random.default_rng(0), (20, 30), labels, n=5)
    save_dataset(samples_of([seg], tmp_path / "photographs"), tmp_path / "out", "cvat")
    (back,) = open_dataset(tmp_path / "out")
    assert back.truth.labels == labels and sorted(back.truth.areas().tolist()) == sorted(seg.areas().tolist())


@given(st.data())
def test_mutated_files_are_read_or_refused_in_one_line(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    shapes = (
        '<mask label="car" rle="1, 3, 2" left="4" top="5" width="3" height="2" z_order="0" group_id="1"/>'
        '<polygon label="car" points="1.0,2;4,2;4,5"/><ellipse label="b" cx="5" cy="5" rx="3" ry="1" rotation="3"/>'
    )
    content_ = bytearray(written(folder, shapes).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content_[data.draw(st.integers(60, len(content_) - 1))] = data.draw(st.integers(32, 126))
    (folder / "annotations.xml").write_bytes(bytes(content_))
    try:
        samples = list(open_dataset(folder / "annotations.xml", "cvat"))
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert len(samples) <= 1


def test_the_samples_have_the_counts_of_an_independent_reader(shared):
    folder = shared / "data" / "format_samples"
    areas = {}
    for name in ("cvat_xml/docs_mask_example.xml", "cvat_xml/cvat_job27_masks.xml", "cvat_api/job_27_annotations.json"):
        (sample,) = open_dataset(folder / name)
        areas[name] = sample.truth.areas().tolist()
    assert areas["cvat_xml/docs_mask_example.xml"] == [149]
    assert 5138 in areas["cvat_xml/cvat_job27_masks.xml"] and len(areas["cvat_xml/cvat_job27_masks.xml"]) == 7
    assert 5138 in areas["cvat_api/job_27_annotations.json"]
    task = open_dataset(folder / "cvat_xml" / "datumaro_task")
    assert [len(sample.truth) for sample in task] == [1, 0] and task[0].truth.areas().tolist() == [8]
    frames = open_dataset(folder / "cvat_xml" / "video_annotations.xml")
    assert (frames[0].image_id, len(frames[0].truth)) == (10, 1)


def test_scenes_keep_crowds_scores_and_tracks_through_cvat(tmp_path):
    seg = random_segmentation(np.random.default_rng(4), (30, 40), SOME_LABELS, n=14)
    save_dataset(samples_of([seg], tmp_path / "photographs"), tmp_path / "out", "cvat")
    (back,) = open_dataset(tmp_path / "out")
    assert content(back.truth, source_ids=False) == content(seg, source_ids=False)
