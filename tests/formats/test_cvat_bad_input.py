"""Whatever is wrong with a file of CVAT is one `FormatError`, soon and without much memory."""

import random
import re
import time
import tracemalloc
from pathlib import Path

import pytest

from formats.cvat_files import box, image, write_xml
from segweave.errors import FormatError, SegweaveError
from segweave.formats import open_dataset
from segweave.formats.xml_parts import DEEPEST, elements, escaped, parts

GOOD = """<polygon label="car" points="0,0;4,0;4,3" z_order="1"></polygon>
<mask label="road" rle="1, 2, 3" left="9" top="8" width="3" height="2" group_id="1">
<attribute name="score">0.5</attribute></mask><ellipse label="car" cx="4" cy="7" rx="2" ry="1" rotation="3"/>"""


def refused(path: Path) -> str:
    """The message; a data set of a bad file may open, and fail at the image."""
    with pytest.raises(FormatError) as caught:
        list(open_dataset(path, "cvat"))
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message


@pytest.mark.parametrize(
    "declared",
    [
        # "billion laughs": ten entities, each ten times the one before
        "".join(f'<!ENTITY a{k + 1} "{f"&a{k};" * 10}">' for k in range(9)).join(('<!ENTITY a0 "ha">', "")),
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://localhost/a.dtd"> %a;',
    ],
)
def test_entities_are_refused_before_they_do_anything(declared: str, tmp_path: Path):
    path = tmp_path / "annotations.xml"
    name = "&a9;" if "a9" in declared else "&a;"
    path.write_text(
        f"<!DOCTYPE annotations [{declared}]>\n<annotations><version>1.1</version>\n{image(name)}</annotations>"
    )
    assert "has a document type" in refused(path)
    with pytest.raises(FormatError, match="has a document type"):
        open_dataset(path)  # known as a file of CVAT all the same


def test_an_external_document_type_is_refused(tmp_path: Path):
    path = tmp_path / "annotations.xml"
    path.write_text(
        '<!DOCTYPE annotations SYSTEM "http://localhost/a.dtd">\n<annotations><version>1.1</version></annotations>'
    )
    assert "annotations.xml:1: has a document type" in refused(path)


def test_an_unknown_entity_and_a_cut_off_file_are_named_with_their_line(tmp_path: Path):
    path = write_xml(tmp_path, image("&what;"))
    assert "undefined entity" in refused(path) and ".xml:9: is not well-formed XML" in refused(path)
    text = write_xml(tmp_path, image(GOOD)).read_text()
    for cut in (60, 200, len(text) // 2, len(text) - 5):
        path.write_text(text[:cut])
        assert f"annotations.xml:{text[:cut].count(chr(10)) + 1}: is not well-formed XML" in refused(path)
    path.write_text("")
    assert "no element found" in refused(path)


def test_encodings_other_than_utf8_are_refused_by_name(tmp_path: Path):
    path = write_xml(tmp_path, image(GOOD))
    text = path.read_text()
    path.write_text(text.replace('encoding="utf-8"', 'encoding="Shift_JIS"'))
    assert "is XML in Shift_JIS; expected UTF-8" in refused(path)
    path.write_bytes(text.encode("utf-16"))
    assert "UTF-16; expected UTF-8" in refused(path)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert len(open_dataset(path)) == 1


def test_another_kind_of_xml_is_refused(tmp_path: Path):
    path = tmp_path / "a.xml"
    path.write_text("<annotation><object/></annotation>")
    assert "its root is <annotation>; expected <annotations>" in refused(path)


def test_elements_deep_inside_each_other_are_refused(tmp_path: Path):
    deep = "<a>" * 200_000
    assert f"more than {DEEPEST} deep" in refused(write_xml(tmp_path, image(deep)))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ('<polygon label="car" points="0,0;nan,1;2,2"/>', "coordinates within"),
        ('<polygon label="car" points="0,0;1e400,1;2,2"/>', "coordinates within"),
        ('<polygon label="car" points="0,0;1;2,2"/>', "x,y;x,y"),
        ('<polygon label="car"/>', "x,y;x,y"),
        ('<polygon label="car" points="a,b;1,1;2,2"/>', "x,y;x,y"),
        ('<box label="car" xtl="0" ytl="0" xbr="inf" ybr="1"/>', "'xbr' to be a finite number; found 'inf'"),
        ('<box label="car" xtl="0" ytl="0" xbr="3"/>', "'ybr' to be a finite number; found no 'ybr'"),
        ('<box label="car" xtl="0" ytl="0" xbr="3" ybr="1" rotation="x"/>', "'rotation'"),
        ('<box label="car" xtl="0" ytl="0" xbr="3" ybr="1" z_order="1.5"/>', "'z_order'"),
        ('<ellipse label="car" cx="0" cy="0" rx="-3" ry="1"/>', "radii"),
        ('<mask label="car" rle="1, -2, 7" left="0" top="0" width="3" height="2"/>', "run of -2"),
        ('<mask label="car" rle="1, 2" left="0" top="0" width="3" height="2"/>', "runs of 3 pixels"),
        ('<mask label="car" rle="1, 2.5" left="0" top="0" width="3" height="2"/>', "'rle' as whole numbers"),
        ('<mask label="car" rle="26" left="0" top="0" width="13" height="2"/>', r"box of \(2, 13\) pixels"),
        ('<mask label="car" rle="9" left="0" top="0" width="99999999999" height="99999999999"/>', "99999999999 x"),
        ('<mask label="car" rle="289000000" left="0" top="0" width="17000" height="17000"/>', "the image has"),
    ],
)
def test_what_is_wrong_with_a_shape_is_said_with_its_place(shape: str, said: str, tmp_path: Path):
    path = write_xml(tmp_path, image(box("0 0 1 1") + "\n" + shape))
    kind = shape[1:].split()[0]
    message = refused(path)
    assert f"image 'a.png', shape 1 ({kind} 'car')" in message
    assert re.search(said, message)


@pytest.mark.parametrize(
    ("key", "value"), [("width", "2147483648"), ("height", "0"), ("width", "x"), ("height", "nan")]
)
def test_sizes_of_images_are_checked_before_memory_is_reserved(key: str, value: str, tmp_path: Path):
    text = image(GOOD).replace(f'{key}="10"', f'{key}="{value}"').replace(f'{key}="12"', f'{key}="{value}"')
    assert "image 'a.png'" in refused(write_xml(tmp_path, text))
    assert "states 30000 x 30000 pixels" in refused(write_xml(tmp_path, image(GOOD, size=(30_000, 30_000))))


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "x/../../a.png", "C:\\a.png", "..\\a.png", ""])
def test_names_that_leave_the_folder_are_refused(name: str, tmp_path: Path):
    assert "image" in refused(write_xml(tmp_path, image(GOOD, name=name)))
    away = image(GOOD).replace("<image", '<image subset="../x"')
    assert "leaves the folder" in refused(write_xml(tmp_path, away))


def test_many_small_shapes_in_a_huge_image_take_little_memory(tmp_path: Path):
    shapes = box("5 5 9 9") * 50
    path = write_xml(tmp_path, image(shapes, size=(17_000, 17_000)))
    started = time.process_time()
    tracemalloc.start()
    (sample,) = open_dataset(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sample.truth.areas().tolist() == [16] * 50
    assert peak < 50_000_000 and time.process_time() - started < 5


def test_a_large_file_is_not_held_in_memory(tmp_path: Path):
    runs = ", ".join(["0", "120", *["0", "0"] * 50_000])
    mask = f'<mask label="car" rle="{runs}" left="0" top="0" width="12" height="10"/>'
    path = write_xml(tmp_path, "".join(image(mask, name=f"{n}.png", number=n) for n in range(60)))
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    data = open_dataset(path)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(data) == 60 and held < 1_000_000 and peak < path.stat().st_size
    assert data[59].truth.areas().tolist() == [120]


def test_a_file_that_changes_while_it_is_open_is_noticed(tmp_path: Path):
    path = write_xml(tmp_path, image(GOOD))
    data = open_dataset(path)
    path.write_text("<annotations/>")
    with pytest.raises(FormatError, match="has changed since it was opened"):
        data[0]
    path.unlink()
    with pytest.raises(FormatError, match="cannot be read"):
        data[0]


def test_flipped_bytes_raise_nothing_but_our_errors(tmp_path: Path):
    rng = random.Random(5)
    path = write_xml(
        tmp_path,
        image(GOOD) + '<track id="1" label="car"><box frame="3" outside="0" xtl="1" ytl="1" xbr="4" ybr="4"/></track>',
    )
    good = path.read_bytes()
    opened = 0
    for _ in range(600):
        content = bytearray(good)
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(content))
            content[at : at + rng.choice((0, 1, 1, 4))] = bytes(
                rng.choices(b'0123456789-.,;<>/"= aeN\xff\x00', k=rng.randint(0, 3))
            )
        path.write_bytes(content)
        try:
            opened += len(list(open_dataset(path, "cvat"))) > 0
        except SegweaveError as error:
            assert "\n" not in str(error) and str(tmp_path) in str(error)
    assert opened > 50  # some changes do no harm: the others were told


def test_what_lies_in_a_file_is_found_again(tmp_path: Path):
    path = tmp_path / "a.xml"
    path.write_text('<r>\n<e n="1">ä &lt; &#66;<f/>late</e>\n<e n="2"/></r>', encoding="utf-8")
    found = [part for part in parts(path, depth=1, keep=frozenset({"n"})) if part.parent == "r"]
    first, second = elements(path, [part.spot for part in found])
    assert (first.text, first.line, [child.tag for child in first.children]) == ("ä < B", 2, ["f"])
    assert (second.attributes, second.line, second.text, second.children) == ({"n": "2"}, 3, "", [])


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\udcff", "\uffff"])
def test_what_xml_cannot_hold_is_refused_with_its_place(bad: str):
    with pytest.raises(FormatError, match=r"^image 3: .* which XML cannot hold"):
        escaped(f"a{bad}", "image 3")
