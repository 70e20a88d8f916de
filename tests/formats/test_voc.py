"""VOC: read by index, objects and labels that agree or do not, lists, text files of other tools."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from scenes import random_segmentation
from segweave.errors import FormatError, SegweaveError
from segweave.formats import Sample, detect, open_dataset, save_dataset
from segweave.formats.index_png import read_index_png, write_index_png
from segweave.formats.voc import voc_palette
from segweave.labels import Label, LabelSet, label_set
from segweave.segmentation import Segment, Segmentation

CLASSES = [[0, 15, 15], [255, 15, 9]]
OBJECTS = [[0, 1, 2], [255, 2, 4]]


def made(folder, classes=CLASSES, objects=OBJECTS, name="a"):
    """A VOC folder of one image."""
    for kind, pixels in (("SegmentationClass", classes), ("SegmentationObject", objects)):
        if pixels is not None:
            (folder / kind / name).parent.mkdir(parents=True, exist_ok=True)
            write_index_png(folder / kind / f"{name}.png", np.array(pixels), palette=voc_palette())
    return folder


def segments(sample):
    truth = sample.truth
    names = zip(truth.label_names(), truth.areas().tolist(), truth.segments, strict=True)
    return sorted((name, area, segment.source_id) for name, area, segment in names)


def kinds(notes):
    return [note.kind for note in notes]


def test_a_segment_is_an_object_of_a_label_and_255_is_void(tmp_path):
    data = open_dataset(made(tmp_path))
    # object 2 has two pixels, 255 is void, 0 is background
    assert segments(data[0]) == [("background", 1, None), ("chair", 1, 4), ("person", 1, 1), ("person", 2, 2)]
    assert data.labels == label_set("voc") and data.notes == () and data[0].truth.void_area() == 1
    assert kinds(data[0].notes) == ["image-missing"] and data[0].image_name == "a.jpg" and data[0].image_id == "a"


def test_the_palette_of_a_file_is_not_looked_at(tmp_path):
    made(tmp_path)
    upside_down = voc_palette()[::-1]
    write_index_png(tmp_path / "SegmentationClass" / "a.png", np.array(CLASSES), palette=upside_down)
    assert ("chair", 1, 4) in segments(open_dataset(tmp_path)[0])


def test_grey_files_are_read_by_number_too(tmp_path):
    made(tmp_path)
    write_index_png(tmp_path / "SegmentationClass" / "a.png", np.array(CLASSES))
    assert ("chair", 1, 4) in segments(open_dataset(tmp_path)[0])


def test_rgb_files_of_cvat_are_read_by_the_colours_of_labelmap_txt(tmp_path):
    colors = np.array([[(0, 0, 0), (250, 50, 83), (250, 50, 83)]], np.uint8)
    objects = np.array([[(0, 0, 0), (128, 0, 0), (0, 128, 0)]], np.uint8)  # the palette's 1 and 2
    for kind, pixels in (("SegmentationClass", colors), ("SegmentationObject", objects)):
        (tmp_path / kind).mkdir()
        Image.fromarray(pixels).save(tmp_path / kind / "a.png")
    (tmp_path / "labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat: 250,50,83::\n")
    data = open_dataset(tmp_path)
    assert segments(data[0]) == [("background", 1, None), ("cat", 1, 1), ("cat", 1, 2)]
    assert data.labels.names == ("background", "cat") and data.labels.things == (1,)
    assert kinds(data.notes) == ["assumed"]


def test_class_names_say_the_labels_by_line_and_ignore_is_no_line(tmp_path):
    made(tmp_path, [[0, 1, 255]], [[0, 1, 0]])
    (tmp_path / "class_names.txt").write_text("__ignore__\n_background_\ndog")
    data = open_dataset(tmp_path)
    assert segments(data[0]) == [("_background_", 1, None), ("dog", 1, 1)]
    assert kinds(data.notes) == ["assumed"] and data.labels.things == (1,)


def test_without_objects_things_of_a_label_are_one_segment_and_a_note_says_so(tmp_path):
    data = open_dataset(made(tmp_path, objects=None))
    assert segments(data[0]) == [("background", 1, None), ("chair", 1, None), ("person", 3, None)]
    assert kinds(data.notes) == ["assumed"]
    made(tmp_path, name="b")
    assert "assumed" in kinds(open_dataset(tmp_path)[0].notes) and open_dataset(tmp_path).notes == ()


def test_pixels_of_a_thing_without_object_are_one_segment_with_a_note(tmp_path):
    sample = open_dataset(made(tmp_path, [[15, 15, 15]], [[0, 255, 1]]))[0]
    assert segments(sample) == [("person", 1, 1), ("person", 2, None)]
    assert "'person', 2 px: belong to no object" in str(sample.notes[0])


def test_an_object_of_two_labels_becomes_two_segments_with_a_note(tmp_path):
    sample = open_dataset(made(tmp_path, [[15, 15, 9]], [[7, 7, 7]]))[0]
    assert segments(sample) == [("chair", 1, 7), ("person", 2, 7)]
    assert "object 7, 'chair' and 'person': has several labels" in str(sample.notes[0])


def test_pixels_of_an_object_on_void_or_stuff_are_noted(tmp_path):
    sample = open_dataset(made(tmp_path, [[15, 0, 255]], [[7, 7, 7]]))[0]
    assert segments(sample) == [("background", 1, None), ("person", 1, 7)]
    assert "object 7, 2 px: lie on void or stuff" in str(sample.notes[0])


def test_an_index_without_label_is_void_with_a_note(tmp_path):
    sample = open_dataset(made(tmp_path, [[15, 99]], [[1, 0]]))[0]
    assert segments(sample) == [("person", 1, 1)]
    assert sample.notes[0].kind == "unknown-label" and "value 99, 1 px" in sample.notes[0].place


def test_listed_images_come_first_and_those_in_no_list_are_read_too(tmp_path):
    for name in ("a10", "a2", "b"):
        made(tmp_path, name=name)
    made(tmp_path, None, OBJECTS, name="bare")
    lists = tmp_path / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("a2\n")
    (lists / "trainval.txt").write_text("b\n../../etc/passwd\n\nnone\n")
    data = open_dataset(tmp_path)
    assert [s.image_id for s in data] == ["b", "a2", "a10"]
    assert [str(n).partition(": ")[2] for n in data.notes] == [
        "1 object PNGs have no label PNG and are left out; the first is 'bare'",
        "2 listed images have no label PNG and are left out; the first is '../../etc/passwd'",
    ]
    assert [s.image_id for s in open_dataset(lists / "val.txt")] == ["a2"]


def test_one_png_a_folder_of_them_and_the_devkit_around_are_the_same_data_set(tmp_path):
    root = made(tmp_path / "VOC2012")
    made(root, [[15]], [[1]], name="b")
    for path in (root, tmp_path, root / "SegmentationClass", root / "SegmentationObject"):
        assert detect(path)[0] == "voc" and [s.image_id for s in open_dataset(path)] == ["a", "b"]
    for kind in ("SegmentationClass", "SegmentationObject"):
        assert detect(root / kind / "b.png")[0] == "voc"
        assert [segments(s) for s in open_dataset(root / kind / "b.png")] == [[("person", 1, 1)]]
    made(tmp_path / "VOC2007")
    with pytest.raises(FormatError, match="holds 2 VOC data sets: VOC2007, VOC2012"):
        open_dataset(tmp_path)


def test_a_suffix_in_capitals_is_a_suffix(tmp_path):
    made(tmp_path)
    for file in list(tmp_path.rglob("a.png")):
        file.rename(file.with_suffix(".PNG"))
    assert ("person", 2, 2) in segments(open_dataset(tmp_path)[0])


def test_two_files_of_different_size_are_refused(tmp_path):
    with pytest.raises(FormatError, match=r"\(1, 2\) pixels .* \(2, 3\); they must be equal"):
        open_dataset(made(tmp_path, objects=[[0, 1]]))[0]


def test_a_photograph_in_place_of_a_label_map_is_refused_in_one_line(tmp_path, china):
    made(tmp_path)
    Image.open(china).save(tmp_path / "SegmentationClass" / "a.png")
    Image.new("P", (640, 427)).save(tmp_path / "SegmentationObject" / "a.png")
    with pytest.raises(FormatError, match="values that stand for no label; expected a label map"):
        open_dataset(tmp_path)[0]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("labelmap.txt", b"cat:1,2::\n", "labelmap.txt:1: expected `name:r,g,b:parts:actions`"),
        ("labelmap.txt", b"cat:1,2,999::\n", "three whole numbers 0..255"),
        ("class_names.txt", b"cat\ncat\n", "'cat' more than once"),
        ("class_names.txt", b"\xff\xfe\x80", "cannot be read as text"),
        ("class_names.txt", b"\n".join(b"c%d" % k for k in range(300)), "has 300 labels"),
    ],
)
def test_broken_text_files_are_refused_in_one_line(tmp_path, name, text, says):
    made(tmp_path)
    (tmp_path / name).write_bytes(text)
    with pytest.raises(FormatError, match=r"^[^\n]*$") as caught:
        open_dataset(tmp_path)
    assert says in str(caught.value)


def things(n):
    labels = LabelSet("dots", (Label(name="dot", is_thing=True),))
    return Segmentation(np.arange(1, n + 1)[None], [Segment(label=0)] * n, labels)


def sample_of(truth):
    return Sample(image_path=None, size=truth.size, truth=truth, image_id="i7", image_name="i7.jpg")


def test_254_things_fit_and_more_are_refused(tmp_path):
    save_dataset([sample_of(things(254))], tmp_path / "good", "voc")
    assert len(open_dataset(tmp_path / "good")[0].truth) == 254
    with pytest.raises(FormatError, match="image 'i7' has 255 things; VOC holds 254"):
        save_dataset([sample_of(things(255))], tmp_path / "bad", "voc")


@pytest.mark.parametrize(("first", "most"), [("background", 255), ("l0", 254)])
def test_as_many_labels_as_8_bits_hold_fit(tmp_path, first, most):
    names = [first, *(f"l{k}" for k in range(1, 300))]
    full = LabelSet("many", tuple(Label(name=n, is_thing=False) for n in names[:most]))
    more = LabelSet("many", tuple(Label(name=n, is_thing=False) for n in names[: most + 1]))
    truth = random_segmentation(np.random.default_rng(0), (20, 20), full)
    save_dataset([sample_of(truth)], tmp_path / "good", "voc")
    assert open_dataset(tmp_path / "good").labels == full
    with pytest.raises(FormatError, match=f"'many' has {most + 1}; map it to fewer"):
        save_dataset([sample_of(Segmentation(truth.ids, truth.segments, more))], tmp_path / "bad", "voc")


def test_what_is_written_looks_like_voc_to_other_tools(tmp_path):
    labels = label_set("voc")
    person, back = labels.index("person"), labels.index("background")
    truth = Segmentation(np.array([[1, 2, 0, 3]]), [Segment(label=k) for k in (back, person, person)], labels)
    save_dataset([sample_of(truth)], tmp_path, "voc")
    assert read_index_png(tmp_path / "SegmentationClass" / "i7.png").tolist() == [[0, 15, 255, 15]]
    assert read_index_png(tmp_path / "SegmentationObject" / "i7.png").tolist() == [[0, 1, 255, 2]]
    image = Image.open(tmp_path / "SegmentationClass" / "i7.png")
    assert image.mode == "P" and image.getpalette()[45:48] == [192, 128, 128]  # person in the devkit's colormap
    assert (tmp_path / "ImageSets" / "Segmentation" / "trainval.txt").read_text() == "i7\n"
    assert not list(tmp_path.glob("*.txt")) and not list(tmp_path.glob("*.csv"))


def test_own_labels_begin_at_1_and_class_names_say_them(tmp_path):
    save_dataset([sample_of(things(2))], tmp_path, "voc")
    assert read_index_png(tmp_path / "SegmentationClass" / "i7.png").tolist() == [[1, 1]]
    assert (tmp_path / "class_names.txt").read_text() == "_background_\ndot\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_damaged_files_raise_our_errors_only(tmp_path, data):
    made(tmp_path)
    (tmp_path / "labelmap.txt").write_text("background:0,0,0::\ncat:1,2,3::\n")
    name = data.draw(st.sampled_from(["SegmentationClass/a.png", "SegmentationObject/a.png", "labelmap.txt"]))
    content = bytearray((tmp_path / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        truths = [sample.truth for sample in open_dataset(tmp_path, "voc")]
    except SegweaveError as error:
        assert "\n" not in str(error)
    else:
        assert all(truth.size == (2, 3) for truth in truths)


def test_the_sample_of_labelme_has_the_pixels_that_are_known_of_it(shared):
    folder = shared / "data" / "format_samples"
    facts = json.loads((folder / "expected.json").read_text())["files"]
    data = open_dataset(folder / "voc")
    assert [s.image_id for s in data] == ["2011_000003", "2011_000006"]
    for sample in data:
        assert sample.notes == () and sample.image_path is not None
        counts = facts[f"voc/SegmentationClass/{sample.image_id}.png"]["pixel_counts"]
        found = {}
        for segment, area in zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True):
            found[str(segment.label)] = found.get(str(segment.label), 0) + area
        assert found == {k: n for k, n in counts.items() if k != "255"}
        assert sample.truth.void_area() == counts["255"]
        objects = facts[f"voc/SegmentationObject/{sample.image_id}.png"]["pixel_counts"]
        pairs = zip(sample.truth.segments, sample.truth.areas().tolist(), strict=True)
        assert {str(s.source_id): n for s, n in pairs if s.source_id is not None} == {
            k: n for k, n in objects.items() if k != "0"
        }
