import json

import pytest

from segweave.errors import LabelError
from segweave.labels import label_set, label_table, table_names

HEADER = "name,thing,void,color,source_id,ja,ko\n"
CAT = "cat,1,0,#ff0000,7,猫,고양이\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="pets.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.mark.parametrize("name", table_names())
def test_a_shipped_table_has_its_own_name_one_id_a_label_and_no_id_twice(name):
    table = label_table(name)
    assert table.labels.name == name
    assert len(table.source_ids) == len(table.labels) > 0
    ids = [*table.source_ids, *(void.source_id for void in table.voids)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["camvid11", "camvid32", "cityscapes", "coco", "coco_panoptic", "voc"])
def test_a_translated_table_gives_every_label_a_japanese_and_a_korean_name(name):
    assert [label.name for label in label_set(name) if not (label.ja and label.ko)] == []


SIZES = {  # labels, things among them, rows of void
    "ade20k": (150, 100, 1),
    "apolloscape": (22, 8, 6),
    "camvid11": (11, 3, 1),
    "camvid32": (31, 14, 1),
    "cityscapes": (19, 8, 16),  # 35 rows, licence plate counted
    "coco": (80, 80, 0),
    "coco_panoptic": (133, 80, 1),
    "mapillary_v1_2": (65, 37, 1),
    "mapillary_v2_0": (123, 72, 1),
    "voc": (21, 20, 1),  # 20 + background
}


def test_the_shipped_sets_have_the_published_sizes():
    tables = {name: label_table(name) for name in table_names()}
    found = {name: (len(t.labels), len(t.labels.things), len(t.voids)) for name, t in tables.items()}
    assert found == SIZES


REFERENCE = {name: name for name in SIZES} | {
    "ade20k": "ade20k_150",
    "camvid11": "camvid_11",
    "camvid32": "camvid_32",
    "coco": "coco_things",
}
OURS = {"ade20k": {0: "other"}, "coco_panoptic": {0: "void"}}  # void, which the reference keeps out of its list


@pytest.mark.parametrize("name", REFERENCE)
def test_a_shipped_table_says_what_the_reference_says(name, shared):
    reference = json.loads((shared / "data" / "label_tables" / f"{REFERENCE[name]}.json").read_text(encoding="utf-8"))
    wanted = {
        row["id"]: (row.get("panoptic_name", row["name"]).partition(",")[0], row["isthing"], tuple(row["color"]))
        for row in reference["classes"]
        if not row.get("is_group")  # ApolloScape: a group of things is a crowd, no label
    }
    void = {row["id"] for row in reference["classes"] if row["void"]}
    table = label_table(name)
    pairs = zip(table.source_ids, table.labels, strict=True)
    labels = {number: (label.name, label.is_thing, label.color) for number, label in pairs}
    assert labels == {number: row for number, row in wanted.items() if number not in void}
    voids = {row.source_id: (row.name, row.color) for row in table.voids}
    ours = {number: (row, (0, 0, 0)) for number, row in OURS.get(name, {}).items()}
    assert voids == {number: (wanted[number][0], wanted[number][2]) for number in void} | ours


def test_the_table_of_ones_own_has_no_source_and_a_shipped_one_has(table):
    assert label_table(table(HEADER + CAT)).source == ""
    assert "mcordts/cityscapesScripts" in label_table("cityscapes").source


def test_the_licence_plate_of_cityscapes_keeps_its_id_below_zero():
    assert [void.name for void in label_table("cityscapes").voids if void.source_id == -1] == ["license plate"]


def test_a_csv_file_is_read_with_its_ids_and_voids(table):
    read = label_table(table(HEADER + CAT + "\nnothing,0,1,#000000,255,,\ngrass,0,0,#00Ff00,-3,,\n"))
    assert read.labels.name == "pets" and read.labels.names == ("cat", "grass")
    assert read.source_ids == (7, -3) and read.labels.things == (0,)
    assert [(void.name, void.source_id, void.color) for void in read.voids] == [("nothing", 255, (0, 0, 0))]
    assert (read.labels[0].ja, read.labels[0].color, read.labels[1].color) == ("猫", (255, 0, 0), (0, 255, 0))


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(table):
    plain = label_table(table(HEADER + CAT))
    assert label_table(table(b"\xef\xbb\xbf" + (HEADER + CAT).replace("\n", "\r\n").encode())) == plain


def test_a_quoted_name_may_hold_a_comma(table):
    assert label_set(table(HEADER + '"cat, black",1,0,#ff0000,7,,\n')).names == ("cat, black",)


def test_a_table_without_rows_is_an_empty_label_set(table):
    assert len(label_set(table(HEADER))) == 0


def test_a_file_that_changed_is_read_again(table):
    assert label_set(table(HEADER + CAT)).names == ("cat",)
    assert label_set(table(HEADER + CAT.replace("cat", "dog"))).names == ("dog",)


BAD = {
    "an empty file": ("", 1, "expected the columns name,thing,void"),
    "another header": ("name,thing\n", 1, "expected the columns"),
    "a missing column": (HEADER.replace(",ko", "") + CAT, 1, "expected the columns"),
    "columns in another order": (HEADER.replace("name,thing", "thing,name") + CAT, 1, "expected the columns"),
    "a short row": (HEADER + CAT + "dog,1,0,#ff0000,8,犬\n", 3, "expected 7 fields; found 6"),
    "a long row": (HEADER + CAT + "dog,1,0,#ff0000,8,犬,개,x\n", 3, "expected 7 fields; found 8"),
    "a color in words": (HEADER + "cat,1,0,red,7,,\n", 2, "a color must look like #1a2b3c; found 'red'"),
    "a color with a sign": (HEADER + "cat,1,0,#-1+2+3,7,,\n", 2, "a color must look like"),
    "a color in wide digits": (HEADER + "cat,1,0,#００００００,7,,\n", 2, "a color must look like"),
    "a color too short": (HEADER + "cat,0,1,#fff,7,,\n", 2, "a color must look like"),
    "a flag in words": (HEADER + "cat,yes,0,#ff0000,7,,\n", 2, "a flag must be 0 or 1; found 'yes'"),
    "an empty flag": (HEADER + "cat,1,,#ff0000,7,,\n", 2, "a flag must be 0 or 1; found ''"),
    "an id that is no number": (HEADER + "cat,1,0,#ff0000,x,,\n", 2, "'x'"),
    "a name with blanks": (HEADER + "cat ,1,0,#ff0000,7,,\n", 2, "without blanks"),
    "no name": (HEADER + ",1,0,#ff0000,7,,\n", 2, "needs a name"),
    "a name twice": (HEADER + CAT + CAT.replace(",7,", ",8,"), 3, "label 'cat' stands in an earlier line too"),
    "an id twice": (HEADER + CAT + CAT.replace("cat", "dog"), 3, "source_id 7 stands in an earlier line too"),
    "an id of void too": (HEADER + "x,0,1,#000000,7,,\n" + CAT, 3, "source_id 7 stands in an earlier line too"),
    "a field without end": (HEADER + "x" * 140_000 + "\n", 2, "field larger than field limit"),
}


@pytest.mark.parametrize(("text", "line", "message"), BAD.values(), ids=BAD)
def test_a_bad_table_is_a_label_error_with_file_and_line(table, text, line, message):
    path = table(text)
    with pytest.raises(LabelError) as caught:
        label_table(path)
    assert str(caught.value).startswith(f"{path}:{line}: ") and message in str(caught.value)


def test_a_table_that_is_not_utf8_is_a_label_error_that_says_so(table):
    path = table((HEADER + CAT.replace(",고양이", ",")).encode("cp932"))
    with pytest.raises(LabelError, match=r"pets\.csv: cannot be read as a label table in UTF-8"):
        label_table(path)


def test_a_missing_table_and_an_unknown_name_are_label_errors(tmp_path):
    with pytest.raises(LabelError, match="there is no such label table"):
        label_table(str(tmp_path / "none.csv"))
    with pytest.raises(LabelError, match="there is no such label table"):
        label_table(str(tmp_path) + "/.csv")
    with pytest.raises(LabelError, match=r"label set 'cityscape' is not known; did you mean 'cityscapes'\?"):
        label_set("cityscape")


def test_a_shipped_table_is_read_once():
    assert label_set("voc") is label_set("voc")
