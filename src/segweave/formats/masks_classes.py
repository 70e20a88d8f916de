"""The class table of a person's own masks: `classes.csv`, `classes.txt`, `classes.json` and their likes."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.formats.dataset import Note
from segweave.formats.json_parts import load_json, shown
from segweave.formats.label_file import find_label_file
from segweave.formats.yolo_seg_names import read_yaml
from segweave.labels import Color, Label, LabelSet, LabelTable, VoidRow

CLASS_FILES = (
    *("classes.csv", "class_dict.csv", "classes.txt", "labels.txt"),
    *("classes.json", "classes.yaml", "classes.yml"),
)
_COLUMNS = {
    "value": ("value", "id", "index", "pixel", "number"),
    "name": ("name", "class", "label"),
    "thing": ("thing", "is_thing", "isthing"),
    "color": ("color", "colour", "hex"),
    **{channel: (channel[0], channel) for channel in ("red", "green", "blue")},
}
_VOID = ("void", "unlabeled", "unlabelled", "ignore", "ignored", "__ignore__")
_BACKGROUND = ("background", "_background_", "bg")
_NUMBERED = re.compile(r"(\d{1,9})\s*[:,;\s]\s*(\S.*)")
_FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": None}
_GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class ClassTable:
    """table: what the numbers (or colours) in the masks mean. has_colors: the file gives colours. notes: what the file
    does not say and was taken."""

    table: LabelTable
    has_colors: bool
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """One class. thing, color: None where the file does not say."""

    value: int
    name: str
    thing: bool | None = None
    color: Color | None = None


def find_class_table(folders: Iterable[Path], *, name: str, identities: bool, first: int = 0) -> ClassTable | None:
    """The class table in the first of `folders` that has one; None where none has.

    name: of the label set, where the file has none. identities: the data set keeps things apart, so that labels which
    do not say are things (else stuff). first: the number of the first name in a list without numbers.
    """
    for folder in folders:
        own = find_label_file(folder)
        if own is not None:
            return ClassTable(own, True)
        for file in CLASS_FILES:
            if (folder / file).is_file():
                return _table(folder / file, name=name, identities=identities, first=first)
    return None


def _table(path: Path, *, name: str, identities: bool, first: int) -> ClassTable:
    rows = _rows(path, first)
    if not rows:
        raise FormatError(f"{path}: lists no class; expected lines like 'value,name' and '1,car'")
    labels, ids, voids = [], [], []
    seen: set[int] = set()
    try:
        for row in rows:
            if row.value in seen:
                raise LabelError(f"value {row.value} is listed twice")
            seen.add(row.value)
            color = row.color or _GREY
            if row.name.casefold() in _VOID:
                voids.append(VoidRow(row.name, row.value, color))
                continue
            background = row.value == 0 or row.name.casefold() in _BACKGROUND
            thing = row.thing if row.thing is not None else identities and not background
            labels.append(Label(name=row.name, is_thing=thing, color=color))
            ids.append(row.value)
        table = LabelTable(LabelSet(name, tuple(labels)), tuple(ids), tuple(voids))
    except LabelError as error:
        raise FormatError(f"{path}: {error}") from None
    colored = all(row.color is not None for row in rows)
    return ClassTable(table, colored, tuple(_notes(path, rows, voids, identities=identities)))


def _notes(path: Path, rows: Sequence[_Row], voids: Sequence[VoidRow], *, identities: bool) -> Iterable[Note]:
    if any(row.thing is None for row in rows if row.name.casefold() not in _VOID):
        taken = "things, except 0 and background" if identities else "stuff, because there is no instances/"
        yield Note(path, "", f"does not say which labels are things; taken as {taken}", "assumed")
    if voids:
        yield Note(path, "", f"void: {', '.join(void.name for void in voids)}", "void-label")


def _rows(path: Path, first: int) -> list[_Row]:
    if path.suffix == ".csv":
        return _rows_of_csv(path)
    if path.suffix == ".txt":
        return _rows_of_text(path, first)
    data = load_json(path) if path.suffix == ".json" else read_yaml(path)
    if isinstance(data, dict) and isinstance(data.get("names"), (dict, list)):
        data = data["names"]
    if isinstance(data, list):
        return _counted([_name(name, path) for name in data], first)
    if isinstance(data, dict) and data and all(_is_number(value) for value in data.values()):
        data = {value: name for name, value in data.items()}  # {"car": 1}
    if not isinstance(data, dict) or not all(_is_number(value) for value in data):
        raise FormatError(f'{path}: expected names like {{"0": "background", "1": "car"}}, or a list of names')
    return [_Row(int(value), _name(name, path)) for value, name in data.items()]


def _rows_of_csv(path: Path) -> list[_Row]:
    """Columns in any order and under the names of `_COLUMNS`; split by `,` or `;`. Without values the lines count."""
    text = _text(path)
    header, _, _ = text.partition("\n")
    rows = csv.reader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    try:
        columns = _columns(next(rows, []))
        if "name" not in columns or ("value" not in columns and not {"color", "red"} & columns.keys()):
            raise ValueError(f"expected a header like value,name,thing,color; found {header.strip()[:80]!r}")
        found: list[_Row] = []
        for fields in rows:
            if any(field.strip() for field in fields):
                cells = {key: fields[k].strip() if k < len(fields) else "" for key, k in columns.items()}
                found.append(_row(cells, len(found)))
    except (ValueError, LabelError, csv.Error) as error:
        raise FormatError(f"{path}:{max(rows.line_num, 1)}: {error}") from None
    return found


def _columns(header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().casefold() for name in header]
    return {key: names.index(said) for key, ways in _COLUMNS.items() for said in ways if said in names}


def _row(cells: Mapping[str, str], line: int) -> _Row:
    value, thing = cells.get("value", str(line)), cells.get("thing", "").casefold()
    if not _is_number(value):
        raise ValueError(f"expected a value 0, 1, ...; found {shown(value)}")
    if not cells["name"]:
        raise ValueError("expected a name; found none")
    if thing not in _FLAGS:
        raise ValueError(f"expected thing to be 1 or 0; found {shown(thing)}")
    color = cells.get("color") or " ".join(cells.get(channel, "") for channel in ("red", "green", "blue"))
    return _Row(int(value), cells["name"], _FLAGS[thing], _color(color))


def _color(text: str) -> Color | None:
    """#1a2b3c, or three numbers 0..255; None for nothing."""
    if not text.strip():
        return None
    if re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:], 16)
    numbers = [int(number) for number in re.findall(r"\d{1,9}", text)]
    if len(numbers) != 3 or max(numbers) > 255:
        raise ValueError(f"expected a color like #1a2b3c or 26 43 60; found {shown(text)}")
    return numbers[0], numbers[1], numbers[2]


def _rows_of_text(path: Path, first: int) -> list[_Row]:
    """`7 car`, `7: car` or `7,car` in every line; else the names alone, counted line by line.

    A list that begins with `__ignore__` counts from -1, as labelme's do (labelme, examples/*/labels.txt).
    """
    lines = [line.strip() for line in _text(path).splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if lines and all(numbered):
        return [_Row(int(match[1]), match[2].strip()) for match in numbered if match]
    if lines and lines[0] == "__ignore__":
        lines = lines[1:]
    return _counted(lines, first)


def _counted(names: Sequence[str], first: int) -> list[_Row]:
    """Names without numbers; a background or void at the top is always 0."""
    at_zero = bool(names) and names[0].casefold() in (*_BACKGROUND, *_VOID)
    return [_Row(k, name) for k, name in enumerate(names, start=0 if at_zero else first)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read as a class table in UTF-8: {error}") from None


def _name(name: object, path: Path) -> str:
    if not isinstance(name, str):
        raise FormatError(f"{path}: expected a name for each value; found {type(name).__name__}")
    return name.strip()


def _is_number(value: object) -> bool:
    """A whole number 0 or more, as such or as a text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 <= value < 10**9
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) is not None
