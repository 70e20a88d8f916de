"""Id PNGs as runs: whatever wrote the file, they are its pixels; whatever breaks it, the error is the decoder's."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scenes import random_segmentation
from segweave.errors import FormatError
from segweave.formats.id_png import read_id_png, write_id_png
from segweave.formats.id_runs import IdRuns, _compressed, _sparse_runs, read_id_runs
from segweave.formats.png import SIGNATURE, png_head

STRATEGIES = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]
NONE, SUB, UP, AVERAGE, PAETH = range(5)
ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # RFC 1951, §3.2.7


def pixels(runs: IdRuns) -> np.ndarray:
    """(H, W) ids."""
    height, width = runs.size
    assert runs.start[0] == 0 and (np.diff(runs.start) > 0).all() and runs.start[-1] < height * width
    return np.repeat(runs.ids, np.diff(runs.start, append=height * width)).reshape(runs.size)


def drawn(rng: np.random.Generator, height: int, width: int, kinds: int = 5) -> np.ndarray:
    """(H, W) flat areas of a few 24-bit ids."""
    ids = np.zeros((height, width), np.int64)
    for value in rng.integers(0, 1 << 24, kinds):
        top, left = rng.integers(0, height), rng.integers(0, width)
        ids[top : top + rng.integers(1, height + 1), left : left + rng.integers(1, width + 1)] = value
    return ids


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    """A byte by the PNG specification, §9.2 and §9.4."""
    if kind == PAETH:
        estimate = left + up - corner
        return min((left, up, corner), key=lambda byte: abs(estimate - byte))
    return {NONE: 0, SUB: left, UP: up, AVERAGE: (left + up) // 2}[kind]


def filtered(ids: np.ndarray, kinds: list[int]) -> bytes:
    """The rows of an RGB PNG; row k has filter kinds[k]."""
    rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).reshape(len(ids), -1).tolist()
    rows, above = [], [0] * len(rgb[0])
    for kind, row in zip(kinds, rgb, strict=True):
        before, corners = [0, 0, 0, *row], [0, 0, 0, *above]
        rows.append(kind)
        rows += [(row[x] - predicted(kind, before[x], above[x], corners[x])) & 255 for x in range(len(row))]
        above = row
    return bytes(rows)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], stream: bytes, *, pieces: int = 1, extra: bytes = b"", interlaced: int = 0) -> bytes:
    """A file of a zlib stream, which is in so many chunks."""
    head = struct.pack(">IIBBBBB", size[1], size[0], 8, 2, 0, 0, interlaced)
    step = -(-len(stream) // pieces)
    parts = [chunk(b"IDAT", stream[k : k + step]) for k in range(0, len(stream), step)]
    return SIGNATURE + chunk(b"IHDR", head) + extra + b"".join(parts) + chunk(b"IEND", b"")


def compressed(data: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY, bits: int = 15) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, bits, 9, strategy)
    return packer.compress(data) + packer.flush()


def with_an_incomplete_code() -> bytes:
    """484 zeros in a block whose literals 0 and 256 have 2 bits each, so that half of all bits mean nothing."""
    bits = "1" + "01"  # the last block, of codes of its own; numbers begin with their lowest bit
    bits += "00000" + "00000" + "0111"  # 257 literals, 1 distance, 18 lengths of lengths
    # in the order 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1: 18 has 1 bit, 0 and 2 have 2
    bits += "".join({18: "100", 0: "010", 2: "010"}.get(k, "000") for k in ORDER[:18])
    # the codes: 18 is 0, 0 is 10, 2 is 11. Literal 0: 2 bits; 1 to 255: none; 256: 2 bits; distance: none
    bits += "11" + "0" + f"{138 - 11:07b}"[::-1] + "0" + f"{117 - 11:07b}"[::-1] + "11" + "10"
    bits += "00" * 484 + "01"  # the zeros, and the end
    bits += "0" * (-len(bits) % 8)
    block = bytes(int(bits[k : k + 8][::-1], 2) for k in range(0, len(bits), 8))
    return b"\x78\x9c" + block + zlib.adler32(bytes(484)).to_bytes(4, "big")


def sparse(data: bytes) -> IdRuns | None:
    return _sparse_runs(data, png_head(data, "x", expected="a PNG"))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 60), st.sampled_from(STRATEGIES))
def test_rows_of_any_filter_and_any_compression_are_undone(seed: int, height: int, width: int, strategy: int):
    rng = np.random.default_rng(seed)
    ids = drawn(rng, height, width)
    rows = filtered(ids, rng.integers(SUB, PAETH + 1, height).tolist())
    stream = compressed(rows, int(rng.integers(0, 10)), strategy, int(rng.integers(9, 16)))
    runs = sparse(png((height, width), stream, pieces=int(rng.integers(1, 4))))
    assert np.array_equal(pixels(runs), ids)


@pytest.mark.parametrize("kind", [NONE, SUB, UP, AVERAGE, PAETH])
def test_each_filter_is_undone_alone(kind: int):
    ids = np.zeros((60, 90), np.int64)
    ids[10:30, 20:50], ids[25:40, 40:60], ids[33, 70], ids[0, :3], ids[:, -1] = 0xFF80FE, 0x0180FF, 1, 7, 0x7F80
    ids = ids if kind != NONE else ids * (np.arange(60) % 20 == 0)[:, None]  # without a filter it must be mostly void
    data = png(ids.shape, compressed(filtered(ids, [kind] * 60)))
    assert np.array_equal(pixels(sparse(data)), ids)


def test_an_image_of_noise_is_decoded_by_pixels(tmp_path: Path):
    rng = np.random.default_rng(0)
    for level in (0, 6):
        ids = rng.integers(1, 1 << 24, (50, 37))
        data = png(ids.shape, compressed(filtered(ids, [NONE] * 50), level))
        (tmp_path / "a.png").write_bytes(data)
        assert sparse(data) is None
        assert np.array_equal(pixels(read_id_runs(tmp_path / "a.png")), ids)


@pytest.mark.parametrize("width", [*range(1, 52), 1000])
def test_runs_that_end_at_any_pixel_are_found_among_pixels(width: int, tmp_path: Path):
    # the kernel looks at the bytes of 16 pixels at once; ids that differ in one of their bytes are other ids
    rng = np.random.default_rng(width)
    ids = rng.choice([0, 1, 256, 65536, 65537, 2**24 - 1], (1, width)).repeat(rng.integers(1, 4, width), axis=1)
    data = png(ids.shape, compressed(filtered(ids, [NONE])), extra=chunk(b"tRNS", bytes(6)))
    (tmp_path / "a.png").write_bytes(data)
    assert sparse(data) is None  # transparency changes what pixels mean to some
    assert np.array_equal(pixels(read_id_runs(tmp_path / "a.png")), ids)


def test_files_of_pillow_and_of_our_own_are_read_as_pixels_are(tmp_path: Path):
    rng = np.random.default_rng(2)
    for k in range(6):
        ids = random_segmentation(rng, (100 + 31 * k, 150), n=12).ids * (1, 4000)[k % 2]
        write_id_png(tmp_path / "own.png", ids)
        rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
        Image.fromarray(rgb).save(tmp_path / "pillow.png", compress_level=k + 1)
        for name in ("own", "pillow"):
            assert np.array_equal(pixels(read_id_runs(tmp_path / f"{name}.png")), ids)


def test_what_is_unusual_is_left_to_the_decoder():
    ids = np.zeros((4, 40), np.int64)
    stream = compressed(filtered(ids, [UP] * 4))
    assert np.array_equal(pixels(sparse(png(ids.shape, stream, extra=chunk(b"tEXt", b"Software\0x")))), ids)
    whole = png(ids.shape, stream)
    wrong_sum = stream[:-1] + bytes([stream[-1] ^ 1])
    unknown_filter = compressed(filtered(ids, [UP] * 3 + [NONE])[:-121] + b"\5" + bytes(120))
    unusual = {
        "interlaced": png(ids.shape, stream, interlaced=1),
        "a palette": png(ids.shape, stream, extra=chunk(b"PLTE", bytes(3))),
        "no end": whole[:-12],
        "cut off": whole[: len(whole) // 2],
        "a wrong sum of a chunk": whole[:-1] + b"x",
        "a wrong sum of the stream": png(ids.shape, wrong_sum),
        "a row too few": png((5, 40), stream),
        "a row too many": png((3, 40), stream),
        "a preset dictionary": png(ids.shape, b"\x78\xbb" + stream[2:]),
        "an unknown filter": png(ids.shape, unknown_filter),
        "no pixels": png(ids.shape, b"x"),
        "a code that is incomplete": png(ids.shape, with_an_incomplete_code()),
    }
    assert {what for what, data in unusual.items() if sparse(data) is not None} == set()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_broken_stream_is_never_taken_for_another_image(seed: int):
    """Bytes of the compressed stream are changed, and the chunk's sum made right again."""
    rng = np.random.default_rng(seed)
    ids = drawn(rng, 30, 40)
    rows = filtered(ids, rng.choice([SUB, UP, PAETH], 30).tolist())
    stream = bytearray(compressed(rows, int(rng.integers(0, 10)), int(rng.choice(STRATEGIES))))
    for place in rng.integers(2, len(stream), int(rng.integers(1, 4))):
        stream[place] = rng.integers(0, 256)
    runs = sparse(png(ids.shape, bytes(stream[: int(rng.integers(len(stream) // 2, len(stream) + 1))])))
    assert runs is None or np.array_equal(pixels(runs), ids)


def test_a_broken_file_is_what_the_decoder_of_pixels_makes_of_it(tmp_path: Path):
    path = tmp_path / "a.png"
    write_id_png(path, drawn(np.random.default_rng(1), 30, 40))
    whole = path.read_bytes()
    assert _compressed(whole) is not None
    said = set()
    for data in (whole[:60], whole[:-20], b"", b"GIF89a", whole[:80] + b"\0\0" + whole[82:]):
        path.write_bytes(data)
        try:
            expected = read_id_png(path)
        except FormatError as error:
            said.add(str(error))
            with pytest.raises(FormatError) as found:
                read_id_runs(path)
            assert str(found.value) == str(error)
        else:
            assert np.array_equal(pixels(read_id_runs(path)), expected)
    assert len(said) >= 3
