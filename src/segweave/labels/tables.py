"""The label sets that ship with segweave: one CSV file each in `tables/`, one row a label."""

import csv
import io
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from segweave.errors import LabelError, did_you_mean
from segweave.labels.label_set import Color, Label, LabelSet

COLUMNS = ("name", "thing", "void", "color", "source_id", "ja", "ko")


@dataclass(frozen=True, slots=True)
class VoidRow:
    """An id in the data set's own files that stands for void: unlabelled, or ignored in evaluation."""

    name: str
    source_id: int
    color: Color


@dataclass(frozen=True, slots=True)
class LabelTable:
    """A label set with the ids that the data set's own files use; only `formats/` speaks these ids.

    source_ids: one a label, in label order; may be negative. voids: the ids that mean void. source: where ids, names
    and colours come from, and what is doubtful; "" for a table of one's own.
    """

    labels: LabelSet
    source_ids: tuple[int, ...]
    voids: tuple[VoidRow, ...]
    source: str = ""


def table_names() -> tuple[str, ...]:
    """Names of the label sets that ship with segweave, sorted.

    >>> len(table_names()), table_names()[:3]
    (10, ('ade20k', 'apolloscape', 'camvid11'))
    """
    return tuple(sorted(f.name.removesuffix(".csv") for f in _folder().iterdir() if f.name.endswith(".csv")))


def label_set(name: str) -> LabelSet:
    """The label set called `name`, or the one read from `name` when it is the path of a CSV file.

    >>> camvid = label_set("camvid11")
    >>> len(camvid), camvid.index("Car"), camvid[3].ja
    (11, 8, '道路')
    """
    return label_table(name).labels


def label_table(name: str) -> LabelTable:
    """The table called `name` with the data set's own ids; a path that ends in .csv is read as a table.

    Raises `LabelError` with near matches for an unknown name, and with file and line for a bad row.

    >>> label_table("coco_panoptic").source_ids[-1]
    200
    """
    if name.endswith(".csv"):
        path: Traversable = Path(name)
        if not path.is_file():
            raise LabelError(f"{name}: there is no such label table")
        return read_table(path, Path(name).stem)  # not cached: the file may change
    return _shipped_table(name)


@cache
def _shipped_table(name: str) -> LabelTable:
    if name not in table_names():
        raise LabelError(f"label set {name!r} is not known; {did_you_mean(name, table_names())}")
    return replace(read_table(_folder() / f"{name}.csv", name), source=_sources()[name])


@cache
def _sources() -> dict[str, str]:
    """Table name -> source and note, from `sources.csv`."""
    text = (resources.files("segweave.labels") / "sources.csv").read_text(encoding="utf-8")
    return {row["table"]: f"{row['source']}. {row['note']}" for row in csv.DictReader(io.StringIO(text))}


def read_table(path: Traversable, name: str) -> LabelTable:
    """Read one CSV table (UTF-8, columns `COLUMNS`; ja and ko may be empty); errors name file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets like to put a byte order mark first
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read as a label table in UTF-8: {error}") from None
    labels: list[Label] = []
    ids: list[int] = []
    voids: list[VoidRow] = []
    rows = csv.reader(io.StringIO(text))
    try:
        header = next(rows, [])
        if tuple(header) != COLUMNS:
            raise ValueError(f"expected the columns {','.join(COLUMNS)}; found {','.join(header)!r}")
        for row in filter(None, rows):  # an empty line is an empty row
            label, source_id, is_void = _read_row(row)
            if source_id in ids or any(source_id == other.source_id for other in voids):
                raise ValueError(f"source_id {source_id} stands in an earlier line too")
            if is_void:
                voids.append(VoidRow(label.name, source_id, label.color))
                continue
            if any(label.name == other.name for other in labels):
                raise ValueError(f"label {label.name!r} stands in an earlier line too")
            labels.append(label)
            ids.append(source_id)
    except (ValueError, csv.Error) as error:
        raise LabelError(f"{path}:{max(rows.line_num, 1)}: {error}") from None
    return LabelTable(LabelSet(name, tuple(labels)), tuple(ids), tuple(voids))


def _read_row(row: list[str]) -> tuple[Label, int, bool]:
    """One row as a label, its source id, and whether it stands for void."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"expected {len(COLUMNS)} fields; found {len(row)}")
    name, thing, void, color, source_id, ja, ko = row
    return Label(name=name, is_thing=_flag(thing), color=_color(color), ja=ja, ko=ko), int(source_id), _flag(void)


def _folder() -> Traversable:
    return resources.files("segweave.labels") / "tables"


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"a flag must be 0 or 1; found {text!r}")
    return text == "1"


def _color(text: str) -> Color:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"a color must look like #1a2b3c; found {text!r}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
