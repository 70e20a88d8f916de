"""Id PNGs: the round trip, Pillow as reference, bad files, speed."""

import struct
import time
import zlib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as npst
from PIL import Image

from segweave.errors import FormatError, InvalidSegmentation, OutputError
from segweave.formats.id_png import is_own_id_png, read_id_png, write_id_png

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
values = st.sampled_from([2, 256, 257, 65536, 2**24]).flatmap(lambda top: st.integers(0, top - 1))
maps = shapes.flatmap(lambda s: npst.arrays(st.sampled_from([np.int32, np.int64]), s, elements=values))
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@quiet
@given(maps)
def test_ids_come_back_and_pillow_reads_the_same(tmp_path, ids):
    path = tmp_path / "ids.png"
    write_id_png(path, ids)
    read = read_id_png(path)
    assert read.dtype == np.int32 and (read == ids).all()
    with Image.open(path) as image:
        image.verify()
    rgb = np.asarray(Image.open(path)).astype(np.int64)
    assert ((rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]) == ids).all()


@quiet
@given(maps)
def test_pngs_of_pillow_are_read(tmp_path, ids):
    rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
    Image.fromarray(rgb).save(tmp_path / "ids.png")
    assert (read_id_png(tmp_path / "ids.png") == ids).all()


def test_red_is_the_low_byte(tmp_path):
    Image.fromarray(np.array([[[1, 2, 3], [255, 255, 255]]], np.uint8)).save(tmp_path / "a.png")
    assert read_id_png(tmp_path / "a.png").tolist() == [[1 + 2 * 256 + 3 * 65536, 16777215]]


def test_maps_in_any_memory_order_and_small_integers_are_written(tmp_path):
    ids = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for view in (ids, ids.T, ids[::-1, ::2], ids.astype(bool).astype(np.int8), ids.astype(">u2")):
        write_id_png(tmp_path / "a.png", view)
        assert (read_id_png(tmp_path / "a.png") == view).all()


@pytest.mark.parametrize("ids", [[[-1]], [[2**24]], [[0.5]], [[]], [1, 2]])
def test_what_a_png_cannot_hold_is_refused(tmp_path, ids):
    with pytest.raises(InvalidSegmentation, match="an id PNG holds"):
        write_id_png(tmp_path / "a.png", np.array(ids))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_id_png(tmp_path / "none" / "a.png", np.ones((1, 1), int))


def test_own_files_are_told_from_others(tmp_path):
    write_id_png(tmp_path / "own.png", np.ones((3, 3), int))
    Image.new("RGB", (3, 3)).save(tmp_path / "other.png")
    assert is_own_id_png(tmp_path / "own.png")
    assert not is_own_id_png(tmp_path / "other.png") and not is_own_id_png(tmp_path / "none.png")


@pytest.mark.parametrize(
    ("mode", "found"),
    [("L", "8-bit grey"), ("P", "palette"), ("RGBA", "RGBA"), ("1", "1-bit"), ("I;16", "16-bit")],
)
def test_other_kinds_of_png_are_refused_by_name(tmp_path, mode, found):
    Image.new(mode, (2, 2)).save(tmp_path / "a.png")
    with pytest.raises(FormatError, match=rf"a\.png: is an? .*{found}.*; expected 8-bit RGB"):
        read_id_png(tmp_path / "a.png")


def test_broken_files_are_refused_in_one_line(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(FormatError, match="there is no such file"):
        read_id_png(path)
    with pytest.raises(FormatError, match="cannot be read"):
        read_id_png(tmp_path)
    for data in (b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff" * 20):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="expected an RGB PNG"):
            read_id_png(path)
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(bomb)
    with pytest.raises(FormatError, match="60000 x 60000 pixels"):
        read_id_png(path)


@quiet
@given(st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_no_damaged_file_is_read_as_other_ids(tmp_path, place, change, cut):
    ids = np.arange(400).reshape(20, 20) // 7 * 991
    path = tmp_path / "a.png"
    write_id_png(path, ids)
    data = bytearray(path.read_bytes())
    place %= len(data)
    data[place] ^= change
    path.write_bytes(data[:place] if cut else data)
    try:
        read = read_id_png(path)
    except FormatError as error:
        assert "\n" not in str(error)
    else:
        assert (read == ids).all()  # the damage was in what does not matter


def blobs(height, width, n=30):
    """A map of n blobs with ragged edges, as a model would give it."""
    rng = np.random.default_rng(0)
    points = rng.random((n, 2)) * [height // 8, width // 8]
    rows, columns = np.mgrid[: height // 8, : width // 8]
    nearest = np.hypot(rows[..., None] - points[:, 0], columns[..., None] - points[:, 1]).argmin(-1)
    ids = np.kron(nearest, np.ones((8, 8), np.int32))
    ragged = np.clip(np.arange(width) + rng.integers(-1, 2, (height, width)), 0, width - 1)
    return np.take_along_axis(ids, ragged, 1).astype(np.int32) + 1


def test_writing_is_faster_than_pillow_and_no_larger(tmp_path):
    ids = blobs(480, 640)
    rgb = np.zeros((480, 640, 3), np.uint8)
    rgb[..., 0] = ids
    taken = {"own": [], "pillow": []}
    for _ in range(7):
        start = time.perf_counter()
        write_id_png(tmp_path / "own.png", ids)
        middle = time.perf_counter()
        Image.fromarray(rgb).save(tmp_path / "pillow.png", compress_level=1)
        taken["own"].append(middle - start)
        taken["pillow"].append(time.perf_counter() - middle)
    assert (read_id_png(tmp_path / "own.png") == ids).all()
    # measured 2.0 ms against 4.8 ms
    assert min(taken["own"]) < min(taken["pillow"])
    assert (tmp_path / "own.png").stat().st_size < 1.3 * (tmp_path / "pillow.png").stat().st_size


def test_a_map_too_large_to_take_apart_at_once_is_read_as_written(tmp_path):
    ids = np.arange(2100 * 2100, dtype=np.int32).reshape(2100, 2100) * 3
    write_id_png(tmp_path / "ids.png", ids)
    assert np.array_equal(read_id_png(tmp_path / "ids.png"), ids)
