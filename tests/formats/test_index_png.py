"""Numbers in PNGs come as they stand in the file."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segweave.errors import FormatError, InvalidSegmentation, OutputError
from segweave.formats.index_png import read_color_png, read_index_png, write_index_png


@pytest.mark.parametrize("high", [0, 1, 254, 255, 256, 30000, 65535])
def test_numbers_of_8_and_16_bits_come_back(tmp_path, high):
    numbers = np.random.default_rng(high).integers(0, high + 1, (13, 17))
    numbers[0, 0] = high
    write_index_png(tmp_path / "a.png", numbers)
    assert np.array_equal(read_index_png(tmp_path / "a.png"), numbers)
    with Image.open(tmp_path / "a.png") as image:  # other tools read the same
        assert image.mode == ("L" if high < 256 else "I;16") and np.array_equal(np.asarray(image), numbers)


def test_a_16_bit_png_of_pillow_is_not_cut_to_8_bits(tmp_path):
    Image.fromarray(np.array([[26001, 255, 256]], np.uint16)).save(tmp_path / "a.png")
    assert read_index_png(tmp_path / "a.png").tolist() == [[26001, 255, 256]]


def test_a_palette_png_is_read_by_index_though_two_colours_are_equal(tmp_path):
    numbers = np.array([[0, 1, 2, 255]], np.uint8)
    write_index_png(tmp_path / "a.png", numbers, palette=[(9, 9, 9)] * 256)
    assert read_index_png(tmp_path / "a.png").tolist() == [[0, 1, 2, 255]]
    assert read_color_png(tmp_path / "a.png").tolist() == [[[9, 9, 9]] * 4]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_palettes_of_few_bits_are_read_by_index(tmp_path, bits):
    image = Image.fromarray(np.arange(2**bits, dtype=np.uint8).reshape(1, -1)).convert("P")
    image.putpalette([7] * 3 * 2**bits)
    image.save(tmp_path / "a.png", bits=bits)
    assert read_index_png(tmp_path / "a.png").tolist() == [list(range(2**bits))]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_is_not_spread_over_0_to_255(tmp_path, bits):
    """Pillow makes 0, 85, 170, 255 of 2-bit grey; the numbers in the file are 0, 1, 2, 3."""
    values = list(range(2**bits))
    row = 0
    for value in values:
        row = row << bits | value
    width = len(values)
    packed = row.to_bytes(-(-width * bits // 8), "big") if width * bits >= 8 else bytes([row << (8 - width * bits)])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, 1, bits, 0, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" + packed)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    assert read_index_png(tmp_path / "a.png").tolist() == [values]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colour_is_no_number(tmp_path, mode):
    Image.new(mode, (3, 2)).save(tmp_path / "a.png")
    with pytest.raises(FormatError, match=r"a\.png: is a 8-bit .* PNG; expected a grey or palette PNG"):
        read_index_png(tmp_path / "a.png")


def test_colours_with_and_without_alpha_are_read_as_they_are(tmp_path):
    Image.new("RGBA", (1, 1), (1, 2, 3, 4)).save(tmp_path / "a.png")
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "b.png")
    Image.new("L", (1, 1), 7).save(tmp_path / "c.png")
    assert read_color_png(tmp_path / "a.png").tolist() == [[[1, 2, 3, 4]]]
    assert read_color_png(tmp_path / "b.png").tolist() == [[[1, 2, 3]]]
    with pytest.raises(FormatError, match=r"8-bit grey PNG; expected an 8-bit RGB"):
        read_color_png(tmp_path / "c.png")


def test_numbers_that_do_not_fit_are_refused_before_a_file_is_written(tmp_path):
    for numbers, palette in (([[-1]], None), ([[65536]], None), ([[3]], [(0, 0, 0)] * 3)):
        with pytest.raises(InvalidSegmentation, match=r"holds 0\.\.\d+; found"):
            write_index_png(tmp_path / "a.png", np.array(numbers), palette=palette)
    with pytest.raises(InvalidSegmentation, match="integers, at least 1 x 1"):
        write_index_png(tmp_path / "a.png", np.zeros((0, 3), int))
    with pytest.raises(OutputError, match="cannot be written"):
        write_index_png(tmp_path / "no" / "a.png", np.array([[1]]))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_and_another_kind_of_file_are_named(tmp_path):
    with pytest.raises(FormatError, match=r"none\.png: there is no such file"):
        read_index_png(tmp_path / "none.png")
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(FormatError, match=r"a\.png: starts with b'GIF89a'"):
        read_index_png(tmp_path / "a.png")
    with pytest.raises(FormatError, match="cannot be read"):
        read_index_png(tmp_path)


def test_a_png_that_claims_a_billion_pixels_is_refused_by_its_header(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    data[16:24] = struct.pack(">II", 1 << 30, 1 << 30)
    (tmp_path / "a.png").write_bytes(bytes(data))
    with pytest.raises(FormatError, match="expected 1 to 300,000,000"):
        read_index_png(tmp_path / "a.png")


@given(st.data())
def test_broken_bytes_are_one_line_and_never_a_traceback_of_a_library(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    kind = data.draw(st.sampled_from(["L", "I;16", "P", "1"]))
    image = Image.fromarray(np.arange(64, dtype=np.uint16 if kind == "I;16" else np.uint8).reshape(8, 8))
    image = image if kind == "I;16" else image.convert(kind)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    (folder / "a.png").write_bytes(bytes(content[:cut] if data.draw(st.booleans()) else content))
    for read in (read_index_png, read_color_png):
        try:
            found = read(folder / "a.png")
        except FormatError as error:
            assert "\n" not in str(error) and "a.png" in str(error)
        else:
            assert found.size and found.ndim in (2, 3)
