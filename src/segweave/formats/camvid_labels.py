"""What the numbers and colours of a CamVid data set stand for: its text files, or the shipped sets."""

import csv
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.camvid import COLORS_FILE
from segweave.formats.dataset import Note
from segweave.formats.label_lists import VOID_NAMES, listed_table, read_lines
from segweave.labels import Color, LabelTable, label_table


def camvid_table(root: Path, *, by_color: bool) -> tuple[LabelTable, tuple[Note, ...]]:
    """The labels of a data set by its own files, else `camvid32` for colours and `camvid11` for numbers.

    by_color: how its label maps are written. A note where a file does not say which labels are things.
    """
    shipped = label_table("camvid32" if by_color else "camvid11")
    for name, read in ((COLORS_FILE, _color_lines), ("class_dict.csv", _color_rows), ("codes.txt", _names)):
        path = root / name
        if not path.is_file() or (by_color and name == "codes.txt"):
            continue
        rows = read(path)
        if _is_original(rows):
            if by_color:
                return shipped, ()
            if name == COLORS_FILE:  # says colours; our label maps have numbers
                reason = "lists the 32 labels by colour, the label maps hold numbers; read as those of camvid11"
                return shipped, (Note(path, "", reason, "assumed"),)
        return _own(path, rows)
    return shipped, ()


def _own(path: Path, rows: list[tuple[str, Color]]) -> tuple[LabelTable, tuple[Note, ...]]:
    things = {label.name: label.is_thing for name in ("camvid32", "camvid11") for label in label_table(name).labels}
    table = listed_table(path, rows, is_thing=lambda name: things.get(name, False))
    strange = [label.name for label in table.labels if label.name not in things]
    if not strange:
        return table, ()
    shown = ", ".join(map(repr, strange[:8])) + (f" and {len(strange) - 8} more" if len(strange) > 8 else "")
    reason = f"does not say which labels are things; taken as stuff: {shown}"
    return table, (Note(path, "", reason, "assumed"),)


def _is_original(rows: list[tuple[str, Color]]) -> bool:
    """Are these the names and colours of the original? Its own file spells one label otherwise than datumaro does."""
    table = label_table("camvid32")
    known = {(label.name.replace("cycycle", "cycle"), label.color) for label in table.labels}
    known |= {("Void", void.color) for void in table.voids}
    return {(name.replace("cycycle", "cycle"), color) for name, color in rows if name} == known


def _color_lines(path: Path) -> list[tuple[str, Color]]:
    rows: list[tuple[str, Color]] = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split(None, 3)
        try:
            red, green, blue = (int(part) for part in fields[:3])
            rows.append((fields[3], (red, green, blue)))
        except (ValueError, IndexError):
            raise FormatError(f"{path}:{number}: expected `R G B name`; found {line[:60]!r}") from None
    return rows


def _color_rows(path: Path) -> list[tuple[str, Color]]:
    """`name,r,g,b` with a heading, as in the copy of CamVid on Kaggle."""
    rows: list[tuple[str, Color]] = []
    for number, fields in enumerate(csv.reader(read_lines(path)), start=1):
        if not fields or (number == 1 and fields[-1:] == ["b"]):
            continue
        try:
            red, green, blue = (int(part) for part in fields[1:4])
            rows.append((fields[0].strip(), (red, green, blue)))
        except (ValueError, IndexError):
            raise FormatError(f"{path}:{number}: expected `name,r,g,b`; found {','.join(fields)[:60]!r}") from None
    return rows


def _names(path: Path) -> list[tuple[str, Color]]:
    """One name a line, whose number is the line's, as in the copy of CamVid of fast.ai."""
    colors = {label.name: label.color for name in ("camvid11", "camvid32") for label in label_table(name).labels}
    names = read_lines(path)
    return [(name, (0, 0, 0) if name.casefold() in VOID_NAMES else colors.get(name, (128, 128, 128))) for name in names]
