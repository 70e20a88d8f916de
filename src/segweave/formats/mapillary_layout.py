"""Where the files of Mapillary Vistas lie, and which labels its `config*.json` names: `mapillary.py` says the rest."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.formats.json_parts import Entry, entries, entry_of, flag, load_json, shown, text
from segweave.formats.json_sketch import json_keys
from segweave.formats.label_file import find_label_file
from segweave.formats.label_png import first_png, png_head_of, pngs_below
from segweave.formats.names import natural_key
from segweave.formats.png import GREY, PALETTE, PngHead
from segweave.labels import Color, Label, LabelSet, LabelTable, VoidRow, label_table

VOID_NAME = "void--unlabeled"
SHIPPED = {"v1.2": "mapillary_v1_2", "v2.0": "mapillary_v2_0"}
"""Version folder -> the label set that ships for it."""

_VERSION = re.compile(r"v\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Part:
    """One split in one version. base: the folder of `instances/` and `labels/`; version: "v2.0", "" for the flat
    layout of v1.1. split: the folder of `images/`."""

    base: Path
    version: str

    @property
    def split(self) -> Path:
        """The folder called like the split, "training"."""
        return self.base.parent if self.version else self.base


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of one image. name: relative, without suffix; instances, labels: its PNGs, None where there is none."""

    part: Part
    name: str
    instances: Path | None
    labels: Path | None


def find_parts(path: Path) -> list[Part]:
    """The splits and versions below a data set, a split or a version folder, sorted."""
    found: set[Part] = set()
    if path.absolute().name in ("instances", "labels"):
        path = path.absolute().parent
    try:
        for base in (path, *path.glob("*"), *path.glob("*/v[0-9]*")):
            part = Part(base.absolute(), base.absolute().name if _VERSION.fullmatch(base.absolute().name) else "")
            if base.is_dir() and _is_part(part):
                found.add(part)
    except OSError:
        return []
    return sorted(found, key=lambda part: natural_key(str(part.base)))


def find_pairs(part: Part) -> Iterator[Pair]:
    """Every image of a split that has an annotation, sorted by name."""
    both = [_pngs(part.base / kind) for kind in ("instances", "labels")]
    for name in sorted(both[0].keys() | both[1].keys(), key=natural_key):
        yield Pair(part, name, both[0].get(name), both[1].get(name))


def single_pair(png: Path) -> Pair | None:
    """The image that one PNG of a data set belongs to, with that PNG alone; None for another kind of file."""
    png = png.absolute()
    if png.suffix.lower() != ".png":
        return None
    for folder in png.parents:
        if folder.name in ("instances", "labels"):
            version = folder.parent.name if _VERSION.fullmatch(folder.parent.name) else ""
            part = Part(folder.parent, version)
            head = png_head_of(png)
            if head is None or not _fits(head, folder.name) or not _is_part(part):
                return None
            name = png.relative_to(folder).as_posix()[: -len(png.suffix)]
            return Pair(part, name, png, None) if folder.name == "instances" else Pair(part, name, None, png)
    return None


def table_of(part: Part) -> tuple[LabelTable, str]:
    """The labels of a split, and "" or what had to be assumed to know them.

    A `*.labels.csv` between the PNGs and the data set's root comes first, then `config*.json`, then the version.
    """
    around = _around(part)
    for folder in around:
        own = find_label_file(folder)
        if own is not None:
            return own, ""
    config = _config(part)
    if config is not None:
        return read_config(config), ""
    if part.version in SHIPPED:
        return label_table(SHIPPED[part.version]), ""
    return label_table("mapillary_v1_2"), "says no version and has no config.json; read with the labels of v1.2"


def read_config(path: Path) -> LabelTable:
    """The labels of a `config*.json`; a label's id is its place in the list, `void--unlabeled` is void.

    A shipped label set where names and things are the same, else one of its own, named like the file.
    """
    rows = entries(entry_of(load_json(path), str(path)), "labels", str(path))
    if len(rows) > 256:
        raise FormatError(f"{path}: lists {len(rows)} labels; a pixel of the labels PNG holds 256")
    labels: list[Label] = []
    ids: list[int] = []
    voids: list[VoidRow] = []
    try:
        for number, row in enumerate(rows):
            where = f"{path}: labels[{number}]"
            name, color = text(row, "name", where), _color(row, where)
            if name == VOID_NAME:
                voids.append(VoidRow(name, number, color))
                continue
            labels.append(Label(name=name, is_thing=flag(row, "instances", where), color=color))
            ids.append(number)
        found = LabelTable(LabelSet(path.stem, tuple(labels)), tuple(ids), tuple(voids))
    except LabelError as error:
        raise FormatError(f"{path}: {error}") from None
    return next((table for table in map(label_table, SHIPPED.values()) if _same(table, found)), found)


def _same(table: LabelTable, found: LabelTable) -> bool:
    """Do two tables mean the same? Colours are for looking only, and copies of the config differ in them."""
    ours, theirs = ([(label.name, label.is_thing) for label in t.labels] for t in (table, found))
    voids = [{void.source_id for void in t.voids} for t in (table, found)]
    return ours == theirs and table.source_ids == found.source_ids and voids[0] == voids[1]


def _color(row: Entry, where: str) -> Color:
    value = row.get("color", [128, 128, 128])
    good = isinstance(value, list) and len(value) == 3 and all(type(c) is int and 0 <= c <= 255 for c in value)
    if not good or not isinstance(value, list):
        raise FormatError(f"{where}: expected 'color' to be three numbers 0..255; found {shown(value)}")
    return value[0], value[1], value[2]


def _around(part: Part) -> Iterable[Path]:
    """The folder of the PNGs' folders, the split's, and the data set's."""
    return dict.fromkeys((part.base, part.split, part.split.parent))


def _config(part: Part) -> Path | None:
    versions = (part.version,) if part.version else ("v1.1", "v1.2")
    names = [*(f"config_{version}.json" for version in versions), "config.json"]
    found = (folder / name for folder in _around(part) for name in names)
    return next((path for path in found if path.is_file() and {"labels", "readable"} <= json_keys(path)), None)


def _is_part(part: Part) -> bool:
    """Are there PNGs as Mapillary's? Many data sets have folders `images` and `labels`: without a version folder
    there must be a config or 16-bit PNGs in `instances/` too."""
    heads = {kind: _first_head(part.base / kind) for kind in ("instances", "labels")}
    fitting = {kind for kind, head in heads.items() if head is not None and _fits(head, kind)}
    if not fitting:
        return False
    return bool(part.version) or fitting == {"instances", "labels"} or _config(part) is not None


def _fits(head: PngHead, kind: str) -> bool:
    if kind == "instances":
        return (head.depth, head.color) == (16, GREY)
    return head.depth <= 8 and head.color in (GREY, PALETTE)


def _first_head(folder: Path) -> PngHead | None:
    first = first_png(folder)
    return None if first is None else png_head_of(first)


def _pngs(folder: Path) -> dict[str, Path]:
    """The PNGs of a folder by their name, relative and without suffix."""
    return {name[: -len(".png")]: folder / name for name in pngs_below(folder)}
