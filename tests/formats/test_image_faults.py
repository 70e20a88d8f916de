"""Bad image files: one clear line each, and never an error or a warning of a library."""

import io
import os
import struct
import zlib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from PIL import Image, ImageFile

from segweave.errors import ImageError
from segweave.formats.images import MAX_PIXELS, image_size, read_image

NAMES = ("a.jpg", "a.png", "a.gif", "a.bmp", "a.tif", "a.webp", "a.ppm", "a.jp2")


def line_of(path):
    """The one line that `read_image` refuses a file with."""
    with pytest.raises(ImageError) as caught:
        read_image(path)
    line = str(caught.value)
    assert "\n" not in line and line.startswith(str(path)) and 20 < len(line) - len(str(path)) < 250
    return line


def photo(seed=0, size=(60, 80)):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (*size, 3), np.uint8))


def png_header(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IHDR" + header
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return start + struct.pack(">I", 1000) + b"IDAT"


def test_what_is_not_there_or_no_file_is_said(tmp_path):
    assert "there is no such file" in line_of(tmp_path / "none.jpg")
    assert "is a folder" in line_of(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "device" in line_of(tmp_path / "pipe.jpg")
    with pytest.raises(ImageError, match="null byte"):
        read_image("zero\0byte.jpg")
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image(tmp_path / ("long" * 100))


def test_an_empty_file_and_a_text_are_no_images(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"")
    assert "empty (0 bytes)" in line_of(path)
    path.write_text("hello, this is a text")
    assert "hello" in line_of(path) and "JPEG, PNG" in line_of(path)
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")  # Pillow would start Ghostscript
    assert "which is no image" in line_of(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_has_been_cut_off_is_refused(tmp_path, name):
    path = tmp_path / name
    photo().save(path)
    whole = path.read_bytes()
    for kept in (0.9, 0.5, 0.2):
        path.write_bytes(whole[: int(len(whole) * kept)])
        line = line_of(path)
        assert "cut off" in line or "broken" in line
    path.write_bytes(whole[:10])
    assert "cut off" in line_of(path) or "broken" in line_of(path)


def test_a_cut_jpeg_or_png_is_called_cut_off(tmp_path):
    for name in ("a.jpg", "a.png"):
        photo().save(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        assert "cut off" in line_of(tmp_path / name)


def test_a_decompression_bomb_is_refused_from_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(30_000, 20_000))
    line = line_of(path)
    assert "600,000,000" in line and f"{MAX_PIXELS:,}" in line and "tiles" in line
    with pytest.raises(ImageError, match="600,000,000"):
        image_size(path)
    path.write_bytes(png_header(2**31 - 1, 2**31 - 1))
    assert "the limit is" in line_of(path)


def test_a_zero_size_is_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_header(0, 5))
    assert "0" in line_of(path)
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b";")
    assert line_of(path)


def test_a_huge_text_in_a_png_is_no_way_in(tmp_path):
    text = b"zTXtComment\0\0" + zlib.compress(b"\0" * 80_000_000)
    path = tmp_path / "a.png"
    photo().save(path)
    whole = path.read_bytes()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    path.write_bytes(whole[:33] + chunk + whole[33:])
    assert "broken PNG" in line_of(path)


def test_a_checksum_that_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "a.png"
    photo().save(path)
    broken = bytearray(path.read_bytes())
    broken[len(broken) // 2] ^= 1
    path.write_bytes(broken)
    assert "broken PNG" in line_of(path)


def encoded(name):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(size=(20, 24)).save(
        out, {"jpg": "JPEG", "tif": "TIFF", "ppm": "PPM", "jp2": "JPEG2000"}.get(name, name), exif=exif
    )
    return out.getvalue()


FILES = {name: encoded(name) for name in ("jpg", "png", "gif", "bmp", "tif", "webp", "ppm", "jp2")}


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 1999), st.integers(0, 255)), min_size=1, max_size=8),
    st.none() | st.integers(1, 2000),
)
@example("tif", [(4, 255)], None)
def test_broken_bytes_give_an_image_or_an_image_error(tmp_path, name, changes, length):
    data = bytearray(FILES[name])
    for place, value in changes:
        data[place % min(len(data), 400 if place % 2 else len(data))] = value
    path = tmp_path / f"a.{name}"
    path.write_bytes(bytes(data[:length]))
    try:
        assert read_image(path).shape[:2] == image_size(path)
    except ImageError as error:
        assert "\n" not in str(error)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
