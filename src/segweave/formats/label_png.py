"""Label maps as PNGs, by number or by colour: what their pixels stand for. For formats of folders of such PNGs."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Note
from segweave.formats.id_png import read_id_png
from segweave.formats.index_png import decode_index_png, read_color_png
from segweave.formats.names import natural_key
from segweave.formats.png import GREY, PALETTE, RGB, PngHead, png_head, read_png
from segweave.labels import Color, LabelSet, LabelTable
from segweave.segmentation import Segment, Segmentation

MOST_UNKNOWN = 256
"""With more unknown values than this in one image it is no label map but a photograph."""


@dataclass(frozen=True, slots=True)
class LabelPng:
    """The pixels of a label map. codes: (H, W) int32, the numbers, or R + 256 G + 65536 B where by_color."""

    codes: NDArray[np.int32]
    by_color: bool

    def shown(self, code: int) -> str:
        """A code for people: "value 7", "colour (128, 0, 0)"."""
        return f"colour {(code & 255, code >> 8 & 255, code >> 16)}" if self.by_color else f"value {code}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What codes stand for. label_of: label index of each code, None for void. own_ids: codes are the file's ids."""

    labels: LabelSet
    label_of: Mapping[int, int | None]
    own_ids: bool


def read_label_png(path: Path) -> LabelPng:
    """Read a grey or palette PNG by its numbers, an RGB or RGBA PNG by its colours (alpha is not looked at).

    A palette is never looked up. Errors as in `read_index_png`.
    """
    data, head = read_png(path, expected="a PNG whose pixels are labels")
    if head.color in (GREY, PALETTE):
        return LabelPng(decode_index_png(data, head, str(path)), False)
    if head == PngHead(head.size, 8, RGB):
        return LabelPng(read_id_png(path), True)
    rgb = read_color_png(path)[..., :3].astype(np.int32)
    return LabelPng(rgb[..., 0] | rgb[..., 1] << 8 | rgb[..., 2] << 16, True)


def by_number(table: LabelTable) -> Meaning:
    """The meaning of a table's source ids."""
    label_of: dict[int, int | None] = {void.source_id: None for void in table.voids}
    return Meaning(table.labels, label_of | {number: k for k, number in enumerate(table.source_ids)}, True)


def by_color(table: LabelTable, where: str) -> Meaning:
    """The meaning of a table's colours; `FormatError` that begins with `where` when two labels share one."""
    label_of: dict[int, int | None] = {rgb_code(void.color): None for void in table.voids}
    for k, label in enumerate(table.labels):
        code = rgb_code(label.color)
        if code in label_of:
            raise FormatError(
                f"{where}: {label.name!r} shares the colour {label.color} with another label; in a label map by"
                " colour each label needs one of its own"
            )
        label_of[code] = k
    return Meaning(table.labels, label_of, False)


def semantic_truth(png: LabelPng, meaning: Meaning, *, file: Path, place: str) -> tuple[Segmentation, list[Note]]:
    """One segment a label present, and a note for each value that stands for nothing; such pixels are void.

    place: names the image in notes. Raises `FormatError` when the PNG is no label map at all.
    """
    unknown: list[tuple[int, int]] = []

    def segment(code: int, pixels: int) -> Segment | None:
        if code not in meaning.label_of:
            unknown.append((code, pixels))
            return None
        label = meaning.label_of[code]
        return None if label is None else Segment(label=label, source_id=code if meaning.own_ids else None)

    truth = from_codes(png.codes, segment, meaning.labels)
    return truth, [unknown_note(png, code, pixels, file=file, place=place) for code, pixels in checked(unknown, file)]


def checked(unknown: list[tuple[int, int]], file: Path) -> list[tuple[int, int]]:
    """The same (code, pixels) pairs; `FormatError` when they are too many for a label map."""
    if len(unknown) > MOST_UNKNOWN:
        raise FormatError(f"{file}: has {len(unknown):,} values that stand for no label; expected a label map")
    return unknown


def unknown_note(png: LabelPng, code: int, pixels: int, *, file: Path, place: str) -> Note:
    """The note that a value of a label map stands for no label."""
    what = f"{place}, {png.shown(code)}, {pixels:,} px"
    return Note(file, what, "stands for no label; its pixels are void", "unknown-label")


def rgb_code(color: Color) -> int:
    """R + 256 G + 65536 B.

    >>> rgb_code((1, 2, 0))
    513
    """
    return color[0] | color[1] << 8 | color[2] << 16


def pngs_below(folder: Path) -> list[str]:
    """The PNGs in a folder and the folders in it, relative, `/` between, in natural order; hidden ones left out."""
    found = (path.relative_to(folder).as_posix() for path in _files_below(folder) if path.suffix.lower() == ".png")
    return sorted(found, key=natural_key)


def first_png(folder: Path, ending: str = ".png", *, most: int = 5000) -> Path | None:
    """Some PNG below a folder whose name has this ending, looking at no more than `most` files; None without one."""
    for count, path in enumerate(_files_below(folder)):
        if path.name.lower().endswith(ending):
            return path
        if count >= most:
            return None
    return None


def png_head_of(path: Path) -> PngHead | None:
    """The header of a PNG file, from its first bytes; None for what is no PNG."""
    try:
        with open(path, "rb") as file:
            return png_head(file.read(64), str(path), expected="a PNG")
    except (OSError, ValueError):  # FormatError is a ValueError
        return None


def _files_below(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for top, folders, files in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(top)) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(top, name) for name in sorted(files) if not name.startswith("."))
