"""CSVs of image attributes."""

from pathlib import Path

import pytest

from segweave.errors import FormatError
from segweave.formats.attributes_csv import read_attributes
from segweave.segmentation import ImageKey

IMAGES = (ImageKey(id=7, name="val/a.jpg", size=(1, 1)), ImageKey(id="b", size=(1, 1)))


def write(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "images.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("name", ["7", "a", "a.jpg", "val/a.jpg", "val/a", "a.png"])
def test_an_image_is_found_by_id_or_name(name: str, tmp_path: Path):
    table = read_attributes(write(tmp_path, f"image,time,city\n{name},night,Ulm\nb,day,\n"))
    assert table.of_images(IMAGES) == {"time": ("night", "day"), "city": ("Ulm", "")}


def test_what_excel_writes_is_read(tmp_path: Path):
    path = write(tmp_path, "time;image\r\nTag;a\r\n夜;b\r\n\r\n", encoding="utf-8-sig")
    assert read_attributes(path).of_images(IMAGES) == {"time": ("Tag", "夜")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"its columns are \[\]; expected 'image'"),
        ("image\na\n", "expected 'image' and one for each attribute"),
        ("photo,time\na,day\n", r"its columns are \['photo', 'time'\]"),
        ("image,time\na,day,x\n", r"images.csv:2: has 3 cells; expected 2: image, time"),
        ("image,time\na,day\na,night\n", "images.csv:3: image 'a' has a row before, with other values"),
        (
            "image,n\n" + "".join(f"i{k},{k}\n" for k in range(60)),
            "the attribute 'n' has 60 values; expected at most 50",
        ),
    ],
)
def test_bad_tables_are_named(text: str, said: str, tmp_path: Path):
    with pytest.raises(FormatError, match=said):
        read_attributes(write(tmp_path, text))


def test_what_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(FormatError, match=r"none.csv: cannot be read"):
        read_attributes(tmp_path / "none.csv")
    (tmp_path / "images.csv").write_bytes(b"image,\xff\n")
    with pytest.raises(FormatError, match="is no UTF-8 text"):
        read_attributes(tmp_path / "images.csv")


def test_images_without_a_row_are_named(tmp_path: Path):
    table = read_attributes(write(tmp_path, "image,time\nz,day\n"))
    with pytest.raises(FormatError, match="has no row for 2 of 2 images, the first: 7, 'b'; its column"):
        table.of_images(IMAGES)
