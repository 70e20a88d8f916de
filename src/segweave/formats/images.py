"""Photographs: any common image file to (H, W, 3) RGB, the way a person sees it in a viewer."""

import os
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from segweave.errors import ImageError
from segweave.formats.large_images import large_blocks, pixels_of

Photo = NDArray[np.uint8]
"""(H, W, 3) uint8, RGB, read-only."""

MAX_PIXELS = 300_000_000
"""Larger images are refused before they are decoded: 300 million pixels are 0.9 GB of RGB."""

# How a file begins, and the Pillow class that reads it. `Image.open` is not used: its limit for large images is a
# global of the whole program, and it would also try formats that start other programs (EPS).
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG", "JpegImagePlugin", "JpegImageFile"),
    (b"\x89PNG\r\n\x1a\n", "PNG", "PngImagePlugin", "PngImageFile"),
    (b"GIF8", "GIF", "GifImagePlugin", "GifImageFile"),
    (b"BM", "BMP", "BmpImagePlugin", "BmpImageFile"),
    (b"RIFF", "WebP", "WebPImagePlugin", "WebPImageFile"),
    (b"II*\x00", "TIFF", "TiffImagePlugin", "TiffImageFile"),
    (b"MM\x00*", "TIFF", "TiffImagePlugin", "TiffImageFile"),
    *((b"P%d" % kind, "PNM", "PpmImagePlugin", "PpmImageFile") for kind in range(1, 7)),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000", "Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    (b"\xff\x4f\xff\x51", "JPEG 2000", "Jpeg2KImagePlugin", "Jpeg2KImageFile"),
)
_KINDS = tuple(dict.fromkeys([*(kind for _, kind, _, _ in _SIGNATURES), "AVIF"]))

# EXIF 2.32 §4.6.4, tag 0x0112: how the stored rows and columns have to be turned to be seen upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS = {turn for orientation, turn in _TURNS.items() if orientation >= 5}

# What Pillow's readers raise for a broken file (found by fuzzing, see tests/formats/test_images.py).
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    struct.error,
    EOFError,
    zlib.error,
    MemoryError,
    AssertionError,
    Image.DecompressionBombError,
)
_WARNING_FILTERS = threading.Lock()


def read_image(path: str | Path) -> Photo:
    """Read an image file as (H, W, 3) uint8 RGB, upright (EXIF orientation applied), read-only.

    Transparent pixels are laid over white. Of an animation the first frame is read. Grey and colour with more than
    8 bits are scaled by the smallest depth of 8, 10, 12 or 16 bits that holds the largest value, so that 12-bit data
    in a 16-bit file is not black (32 bits: by the highest bit in use; floats up to 1: times 255). CMYK is converted
    without colour profiles.

    Raises `ImageError` for anything else, in one line: no such file, not an image, cut off, over `MAX_PIXELS`.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "grey.png"
    >>> Image.new("L", (3, 2), 7).save(path)
    >>> read_image(path).shape, read_image(path)[0, 0].tolist()
    ((2, 3, 3), [7, 7, 7])
    """
    with _opened(path) as image, large_blocks(image.size):
        turn = _turn(image)
        rgb = _rgb(_load(image))
        pixels = pixels_of(rgb if turn is None else rgb.transpose(turn))
    pixels.setflags(write=False)
    return pixels


def from_pillow(image: Image.Image) -> Photo:
    """A Pillow image as (H, W, 3) uint8 RGB by the same rules as `read_image`: upright, over white, scaled to 8 bits.

    Raises `ImageError` for an image without pixels, or whose file is broken.

    >>> from_pillow(Image.new("I;16", (1, 1), 65535))[0, 0].tolist()
    [255, 255, 255]
    """
    if not image.width * image.height:
        raise ImageError(f"the image has {image.height} x {image.width} pixels; expected at least 1 x 1")
    try:
        turn = _turn(image)
        rgb = _rgb(image)
        pixels: Photo = np.asarray(rgb if turn is None else rgb.transpose(turn))
    except _BROKEN as error:
        raise ImageError(f"the image {_reason(getattr(image, 'format', None) or 'Pillow', error)}") from None
    pixels.setflags(write=False)
    return pixels


def image_size(path: str | Path) -> tuple[int, int]:
    """(height, width) px of an image file as `read_image` would return it; reads the header only.

    Raises `ImageError` as `read_image` does, but cannot see that the pixels behind the header are broken.
    """
    return image_head(path)[0]


def image_head(path: str | Path) -> tuple[tuple[int, int], Image.Transpose | None]:
    """`image_size`, and how the stored rows and columns have to be turned to be seen upright (None: not at all)."""
    with _opened(path) as image:
        width, height = image.size
        turn = _turn(image)
        return ((width, height) if turn in _SWAPS else (height, width)), turn


def has_more_frames(path: str | Path) -> bool:
    """Whether an image file holds more pictures than the one that `read_image` gives: an animation, pages of a TIFF.

    Smaller copies and masks of a TIFF do not count. Reads headers only; errors as `image_size`'s.
    """
    with _opened(path) as image, _quiet():
        if image.format != "TIFF" or not getattr(image, "is_animated", False):
            return getattr(image, "is_animated", False)
        for page in range(1, getattr(image, "n_frames", 1)):
            image.seek(page)
            if not cast(Any, image).tag_v2.get(254, 0) & 5:  # TIFF 6.0 §8, NewSubfileType: 1 smaller copy, 4 mask
                return True
    return False


@contextmanager
def _opened(path: str | Path) -> Iterator[ImageFile]:
    """The image with its header read and checked; whatever breaks inside the block becomes an `ImageError`."""
    with _open_file(path) as file:
        start = file.read(32)
        kind, reader = _reader(path, start)
        file.seek(0)
        try:
            with _quiet():
                image = cast(ImageFile, reader(file, str(path)))
            _check_size(path, image.size)
            yield image
        except ImageError:
            raise
        except _BROKEN as error:
            raise ImageError(f"{path}: {_reason(kind, error)}") from None


def _open_file(path: str | Path) -> IO[bytes]:
    try:
        known = Path(path).exists()
        if known and not Path(path).is_file():
            raise ImageError(f"{path}: is a folder or a device; expected an image file")
        return open(path, "rb")
    except FileNotFoundError:
        raise ImageError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path, and our own ImageError
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{path}: cannot be opened: {getattr(error, 'strerror', None) or error}") from None


def _reader(path: str | Path, start: bytes) -> tuple[str, Any]:
    """Name and Pillow class of the format that a file with this start has."""
    if not start:
        raise ImageError(f"{path}: is empty (0 bytes); expected an image")
    if start[4:12] in (b"ftypavif", b"ftypavis"):
        try:
            return "AVIF", import_module("PIL.AvifImagePlugin").AvifImageFile
        except ImportError:
            raise ImageError(f"{path}: is an AVIF image, which needs Pillow 11.3; run: pip install -U pillow") from None
    for signature, kind, module, name in _SIGNATURES:
        if start.startswith(signature) and (kind != "WebP" or b"WEBP".startswith(start[8:12])):
            return kind, getattr(import_module(f"PIL.{module}"), name)
    raise ImageError(f"{path}: starts with {start[:12]!r}, which is no image; expected one of {', '.join(_KINDS)}")


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of Pillow about odd metadata or large images. The filters belong to the whole program: one at a
    time, and only for the short reading of headers (and for TIFF)."""
    with _WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(path: str | Path, size: tuple[int, int]) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{path}: has {height} x {width} pixels (height x width); expected at least 1 x 1")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{path}: has {height} x {width} = {height * width:,} pixels; the limit is {MAX_PIXELS:,};"
            " cut it into tiles or scale it down first"
        )


def _reason(kind: str, error: BaseException) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"is too large for Pillow's {kind} reader; cut it into tiles or save it as PNG"
    if isinstance(error, MemoryError):
        return "does not fit into memory; scale it down first"
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error.__cause__ or error, EOFError | struct.error):
        return f"is a {kind} file that has been cut off in its header; get the file again"
    if "truncated" in said.lower():
        return f"is a {kind} file that has been cut off: {said}; get the file again"
    return f"is a broken {kind} file: {said}; get the file again"


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What EXIF (or XMP) says in front of the pixels; a broken or odd entry counts as none."""
    if image.format == "TIFF" or not image.info.keys() & {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}:
        return None  # Pillow turns TIFF itself
    try:
        with _quiet():
            # not image.getexif(): for PNG that decodes the pixels to look behind them
            return _TURNS.get(Image.Image.getexif(image).get(0x0112, 1))
    except _BROKEN:
        return None


def _load(image: ImageFile) -> Image.Image:
    """Decode the pixels; colour with 16 bits a channel that is darker than 12 bits gets its low bytes as well."""
    low_bytes = _low_byte_tile(image)
    if image.format == "TIFF":
        with _quiet():
            image.load()
    else:
        image.load()
    if low_bytes is None or max(high for _, high in cast(Any, image.getextrema())) >= 16:
        return image
    high = np.asarray(image).astype(np.uint16)
    with _opened(Path(os.fsdecode(image.filename))) as again, _quiet():
        again.tile = [low_bytes]
        again.load()
        deep = high << 8 | np.asarray(again)
    return Image.fromarray(_eight_bits(deep))


def _low_byte_tile(image: ImageFile) -> Any:
    """Pillow keeps the high byte of 16-bit colour only. The same pixels read with the other byte order give the low
    one. None: not 16-bit RGB."""
    if image.mode != "RGB" or len(image.tile) != 1:
        return None
    tile = image.tile[0]
    args = (tile.args,) if isinstance(tile.args, str) else tile.args
    if not isinstance(args, tuple) or not args:
        return None
    native = "RGB;16L" if sys.byteorder == "little" else "RGB;16B"
    other = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B"}.get(native if args[0] == "RGB;16N" else args[0])
    if other is None:
        return None
    return tile._replace(args=other if isinstance(tile.args, str) else (other, *args[1:]))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    seen = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(seen, mask=seen)
    return white


def _eight_bits(deep: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale by the smallest depth of 8, 10, 12, 16 (else any) bits that holds the largest value; below 0 is 0."""
    if deep.dtype.kind == "f":
        deep = np.nan_to_num(deep.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        deep = np.rint(deep * 255 if deep.max() <= 1 else deep)
    top = int(deep.max())
    bits = next((b for b in (8, 10, 12, 16) if top < 1 << b), top.bit_length())
    return cast("NDArray[np.uint8]", (np.maximum(deep, 0) // (1 << (bits - 8))).astype(np.uint8))
