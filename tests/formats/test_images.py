"""`read_image` against pixels known by hand, for every mode, orientation and format that Pillow can write."""

import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from segweave.errors import ImageError
from segweave.formats.images import from_pillow, has_more_frames, image_size, read_image

HAND = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 9, 9], [90, 90, 90], [200, 100, 50]]], np.uint8)


def saved(tmp_path, image, name="a.png", **options):
    path = tmp_path / name
    image.save(path, **options)
    assert image_size(path) == read_image(path).shape[:2]
    return read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.ppm", "a.jp2", "a.webp"])
def test_rgb_pixels_come_back_as_they_were_from_every_lossless_format(tmp_path, name):
    options = {"lossless": True} if name == "a.webp" else {}
    read = saved(tmp_path, Image.fromarray(HAND), name, **options)
    assert read.tolist() == HAND.tolist()
    assert read.dtype == np.uint8 and not read.flags.writeable and read.flags.c_contiguous


def test_a_wrong_suffix_does_not_matter(tmp_path):
    assert saved(tmp_path, Image.fromarray(HAND), "a.jpg", format="PNG").tolist() == HAND.tolist()


def test_grey_and_one_bit_become_equal_channels(tmp_path):
    assert saved(tmp_path, Image.fromarray(np.array([[7, 200]], np.uint8))).tolist() == [[[7] * 3, [200] * 3]]
    assert saved(tmp_path, Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"))[0, :, 0].tolist() == [0, 255]


def test_transparent_pixels_lie_on_white(tmp_path):
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 51]]], np.uint8)
    # 51 / 255 = a fifth of black on white: 255 * 4 / 5 = 204
    assert saved(tmp_path, Image.fromarray(rgba)).tolist() == [[[255, 0, 0], [255] * 3, [204] * 3]]
    la = np.array([[[10, 255], [10, 0]]], np.uint8)
    assert saved(tmp_path, Image.fromarray(la)).tolist() == [[[10] * 3, [255] * 3]]


def test_palettes_are_looked_up_and_their_transparent_color_is_white(tmp_path):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    assert saved(tmp_path, image).tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert saved(tmp_path, image, transparency=1).tolist() == [[[255, 0, 0], [255] * 3, [0, 0, 255]]]
    assert saved(tmp_path, image, "a.gif", transparency=1).tolist() == [[[255, 0, 0], [255] * 3, [0, 0, 255]]]
    # one alpha a palette entry: 0 = clear, 51 = a fifth
    some = saved(tmp_path, image, transparency=bytes([0, 51, 255]))
    assert some.tolist() == [[[255] * 3, [204, 255, 204], [0, 0, 255]]]


def test_one_color_of_an_rgb_or_grey_png_can_be_transparent(tmp_path):
    read = saved(tmp_path, Image.fromarray(HAND), transparency=(255, 0, 0))
    assert read[0, 0].tolist() == [255] * 3 and read[1, 0].tolist() == [9] * 3
    grey = Image.fromarray(np.array([[7, 200]], np.uint8))
    assert saved(tmp_path, grey, transparency=7)[0, :, 0].tolist() == [255, 200]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 255], [0, 255]),  # 8-bit data in a 16-bit file
        ([0, 512, 1023], [0, 128, 255]),  # 10 bits: / 4
        ([0, 2048, 4095], [0, 128, 255]),  # 12 bits: / 16
        ([0, 4096, 65535], [0, 16, 255]),  # 16 bits: / 256
        ([0, 0], [0, 0]),
    ],
)
def test_deep_grey_is_scaled_by_the_depth_in_use(tmp_path, values, expected):
    deep = np.array([values], np.uint16)
    for name in ("a.png", "a.tif", "a.pgm"):
        assert saved(tmp_path, Image.fromarray(deep), name)[0, :, 0].tolist() == expected
    big_endian = Image.frombytes("I;16B", (len(values), 1), deep.astype(">u2").tobytes())
    assert saved(tmp_path, big_endian, "b.tif")[0, :, 0].tolist() == expected
    assert saved(tmp_path, Image.fromarray(deep.astype(np.int32)), "c.tif")[0, :, 0].tolist() == expected


def test_deeper_integers_and_floats_are_scaled_too(tmp_path):
    wide = np.array([[-5, 0, 2**23, 2**24 - 1]], np.int32)
    assert saved(tmp_path, Image.fromarray(wide), "a.tif")[0, :, 0].tolist() == [0, 0, 128, 255]
    unit = np.array([[-1, 0, 0.5, 1, np.nan, np.inf]], np.float32)
    assert saved(tmp_path, Image.fromarray(unit), "b.tif")[0, :, 0].tolist() == [0, 0, 128, 255, 0, 0]
    counts = np.array([[0, 2048, 4095]], np.float32)
    assert saved(tmp_path, Image.fromarray(counts), "c.tif")[0, :, 0].tolist() == [0, 128, 255]


def png_rgb16(values):
    """A 16-bit RGB PNG, which Pillow reads but does not write; values: (H, W, 3)."""
    import struct
    import zlib

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    out = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return out


def test_deep_color_that_is_darker_than_12_bits_is_not_black(tmp_path):
    path = tmp_path / "deep.png"
    path.write_bytes(png_rgb16(np.array([[[0, 2048, 4095], [16, 32, 48]]])))
    assert read_image(path).tolist() == [[[0, 128, 255], [1, 2, 3]]]
    path.write_bytes(png_rgb16(np.array([[[0, 512, 1023], [4, 8, 12]]])))
    assert read_image(path).tolist() == [[[0, 128, 255], [1, 2, 3]]]
    path.write_bytes(png_rgb16(np.array([[[0, 4096, 65535], [256, 512, 768]]])))
    assert read_image(path).tolist() == [[[0, 16, 255], [1, 2, 3]]]


def test_cmyk_jpegs_are_not_inverted(tmp_path):
    cmyk = np.zeros((16, 16, 4), np.uint8)
    cmyk[..., 0] = 255  # all cyan: no red, full green and blue
    read = saved(tmp_path, cmyk_image(cmyk), "a.jpg")
    assert np.abs(read.astype(int) - [0, 255, 255]).max() < 8


def cmyk_image(cmyk):
    return Image.frombytes("CMYK", cmyk.shape[1::-1], cmyk.tobytes())


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, name):
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    options = {"lossless": True} if name == "a.webp" else {}
    read = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:], **options)
    assert np.unique(read.reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]


# What a viewer shows of the stored image [[1, 2, 3], [4, 5, 6]] (EXIF 2.32 §4.6.4; where row 0 and column 0 belong).
TURNED = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],  # row 0 top, column 0 right
    3: [[6, 5, 4], [3, 2, 1]],  # bottom, right
    4: [[4, 5, 6], [1, 2, 3]],  # bottom, left
    5: [[1, 4], [2, 5], [3, 6]],  # row 0 left, column 0 top
    6: [[4, 1], [5, 2], [6, 3]],  # right, top
    7: [[6, 3], [5, 2], [4, 1]],  # right, bottom
    8: [[3, 6], [2, 5], [1, 4]],  # left, bottom
    9: [[1, 2, 3], [4, 5, 6]],  # unknown: as stored
}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_is_applied(tmp_path, orientation, name):
    blocks = np.kron(np.array([[1, 2, 3], [4, 5, 6]], np.uint8) * 40, np.ones((8, 8), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if name == "a.webp" else {"quality": 100} if name == "a.jpg" else {}
    read = saved(tmp_path, Image.fromarray(blocks).convert("RGB"), name, exif=exif, **options)
    assert np.rint(read[4::8, 4::8, 0] / 40).astype(int).tolist() == TURNED[orientation]


def test_odd_exif_is_no_reason_to_refuse_a_photograph(tmp_path):
    for exif in (b"Exif\0\0broken", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0", b"\0" * 50):
        assert saved(tmp_path, Image.fromarray(HAND), exif=exif).tolist() == HAND.tolist()
        assert saved(tmp_path, Image.fromarray(HAND), "a.jpg", exif=exif).shape == HAND.shape


@pytest.mark.parametrize("size", [(1, 1), (30_000, 10), (10, 30_000)])
def test_very_small_and_very_long_images_are_read(tmp_path, size):
    for name in ("a.png", "a.jpg"):
        assert saved(tmp_path, Image.new("RGB", size), name).shape == (size[1], size[0], 3)


def test_images_beyond_the_warning_of_pillow_are_read_quietly(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    for name in ("a.png", "a.tif"):
        Image.new("1", (10_000, 9_000)).save(tmp_path / name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert image_size(tmp_path / name) == (9_000, 10_000)
    assert before == Image.MAX_IMAGE_PIXELS == 89_478_485


def test_avif_is_read_where_pillow_has_it(tmp_path):
    if not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    read = saved(tmp_path, Image.new("RGB", (16, 16), (200, 10, 10)), "a.avif")
    assert np.abs(read.astype(int) - [200, 10, 10]).max() < 8


def test_reading_costs_no_more_than_pillow_alone(china):
    def plain():
        return np.asarray(Image.open(china).convert("RGB"))

    assert (read_image(china) == plain()).all()
    times = {f: [] for f in (read_image, plain)}
    for _ in range(9):
        for function, taken in times.items():
            start = time.perf_counter()
            function(china) if function is read_image else function()
            taken.append(time.perf_counter() - start)
    # measured 0.9 to 1.0; 1.5 leaves room for a busy machine
    assert min(times[read_image]) < 1.5 * min(times[plain])


def test_reading_a_jpeg_does_not_load_all_plugins_of_pillow(china):
    code = f"from segweave.formats.images import read_image; read_image({str(china)!r}); print(*sys.modules)"
    code = f"import sys; sys.path[:] = {sys.path!r}; {code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "PIL.JpegImagePlugin" in done.stdout
    assert "PIL.TiffImagePlugin" not in done.stdout


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "I;16", "1", "F"])
def test_a_pillow_image_becomes_what_its_file_would(mode: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grey = Image.fromarray(rng.integers(0, 256, (5, 7), dtype=np.uint8))
    image = grey.convert("I").convert(mode) if mode == "I;16" else grey.convert(mode)
    path = tmp_path / f"a.{'tif' if mode in ('CMYK', 'F') else 'png'}"
    image.save(path)
    assert np.array_equal(from_pillow(image), read_image(path))
    with Image.open(path) as opened:
        assert np.array_equal(from_pillow(opened), read_image(path))


def test_a_pillow_image_is_turned_as_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.arange(36, dtype=np.uint8).reshape(3, 4, 3)).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as opened:
        assert from_pillow(opened).shape == (4, 3, 3)
        assert np.array_equal(from_pillow(opened), read_image(tmp_path / "a.png"))


def test_a_pillow_image_that_was_cut_off_is_refused(tmp_path: Path, china: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(china.read_bytes()[:5000])
    with Image.open(tmp_path / "cut.jpg") as opened, pytest.raises(ImageError, match="cut off"):
        from_pillow(opened)


ANIMATIONS = {"a.gif": {}, "a.png": {}, "a.webp": {"lossless": True}, "a.tif": {}}


@pytest.mark.parametrize("name", ANIMATIONS)
def test_more_frames_than_the_first_are_noticed(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (9, 7), color) for color in ("red", "blue", "green")]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **ANIMATIONS[name])
    frames[0].save(tmp_path / f"one-{name}")
    assert has_more_frames(tmp_path / name)
    assert not has_more_frames(tmp_path / f"one-{name}")


def test_smaller_copies_in_a_tiff_are_no_more_frames(tmp_path: Path) -> None:
    """As in satellite images, which carry their overviews with them (NewSubfileType 1)."""
    large = Image.new("RGB", (64, 48), "red")
    small = large.resize((32, 24))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    large.save(tmp_path / "map.tif", save_all=True, append_images=[small])
    with Image.open(tmp_path / "map.tif") as image:
        assert image.n_frames == 2
    assert not has_more_frames(tmp_path / "map.tif")


def test_an_image_of_many_megapixels_is_read_as_it_was_written(tmp_path: Path) -> None:
    """It is taken from Pillow band by band."""
    rows, columns = np.mgrid[:4100, :4000].astype(np.uint16)
    pixels = np.stack([rows & 255, columns & 255, rows // 16 ^ columns // 16], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.tif")
    before = Image.core.get_block_size()
    assert np.array_equal(read_image(tmp_path / "large.tif"), pixels)
    assert Image.core.get_block_size() == before
