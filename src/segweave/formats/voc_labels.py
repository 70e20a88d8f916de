"""What the indices of a VOC data set stand for: `class_names.txt`, `labelmap.txt`, or the shipped set."""

from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.label_lists import listed_table, read_lines
from segweave.formats.voc import BACKGROUNDS, VOID, voc_palette
from segweave.labels import Color, LabelTable, VoidRow, label_table


def voc_table(root: Path) -> tuple[LabelTable, tuple[Note, ...]]:
    """The labels of a data set by its own files, else `voc`; a note where they do not say which are things."""
    names = root / "class_names.txt"
    colors = root / "labelmap.txt"
    if names.is_file():
        found = names, _from_class_names(names)
    elif colors.is_file():
        found = colors, _from_labelmap(colors)
    else:
        return label_table("voc"), ()
    path, table = found
    shown = " and ".join(repr(label.name) for label in table.labels if not label.is_thing) or "none"
    reason = f"does not say which labels are things; all are taken as things, as stuff {shown}"
    return table, (Note(path, "", reason, "assumed"),)


def _from_class_names(path: Path) -> LabelTable:
    """labelme2voc: a line is an index, from 0; a first line `__ignore__` is -1, which its PNGs write as 255."""
    names = read_lines(path)
    if names and names[0] == "__ignore__":
        names = names[1:]
    return _table(path, [(name, voc_palette()[min(k, VOID)]) for k, name in enumerate(names)])


def _from_labelmap(path: Path) -> LabelTable:
    """CVAT and datumaro: lines of `name:r,g,b:parts:actions`; a line is an index, from 0."""
    rows: list[tuple[str, Color]] = []
    for number, line in enumerate(read_lines(path), start=1):
        if line.startswith("#") or not line:
            continue
        fields = line.rsplit(":", 3)  # a name may hold a colon
        try:
            red, green, blue = (int(part) for part in fields[1].split(","))
        except (ValueError, IndexError):
            if len(fields) > 1 and not fields[1].strip():
                red, green, blue = voc_palette()[min(len(rows), VOID)]
            else:
                raise FormatError(
                    f"{path}:{number}: expected `name:r,g,b:parts:actions`; found {line[:60]!r}"
                ) from None
        rows.append((fields[0].strip(), (red, green, blue)))
    return _table(path, rows)


def _table(path: Path, rows: list[tuple[str, Color]]) -> LabelTable:
    if len(rows) > VOID:
        raise FormatError(f"{path}: has {len(rows)} labels; VOC holds the indices 0..{VOID - 1}")
    void = VoidRow("void", VOID, voc_palette()[VOID])
    return listed_table(path, rows, is_thing=lambda name: name not in BACKGROUNDS, voids=[void])
