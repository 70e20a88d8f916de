"""Reading ADE20K: `ade20k.py` and `ade20k_full.py` say what the format is."""

import re
from dataclasses import dataclass
from functools import partial
from os.path import isdir
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.ade20k import ANNOTATIONS, IMAGES, PREDICTIONS, SPLITS, Ade20kWriter
from segweave.formats.ade20k_full import ENDING, open_full, seg_files
from segweave.formats.dataset import Dataset, ImageName, Sample, names_by_stem
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.index_png import read_index_png
from segweave.formats.label_file import find_label_file
from segweave.formats.label_png import (
    LabelPng,
    Meaning,
    by_number,
    first_png,
    png_head_of,
    pngs_below,
    semantic_truth,
)
from segweave.formats.photographs import find_photograph, make_sample
from segweave.formats.png import GREY, PALETTE, RGB
from segweave.labels import LabelTable, label_table


@dataclass(frozen=True, slots=True)
class _Layout:
    """root: the data set's folder. base: the folder of label maps (`annotations/`). part: the files of it to read,
    relative: a folder, one PNG, or "." for all."""

    root: Path
    base: Path
    part: Path


@dataclass(frozen=True, slots=True)
class _Scenes:
    base: Path
    files: tuple[str, ...]
    names: tuple[ImageName, ...]
    photographs: tuple[Path, ...]
    meaning: Meaning


def open_ade20k(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open SceneParsing-150 (its folder, `annotations/`, `predictions/`, a split in them, one PNG) or the full ADE20K
    (a folder with `*_seg.png` somewhere in it, one `*_seg.png`).

    SceneParsing: one segment a label, `source_id` its number. Beside `annotations/`, `predictions/` is read only where
    it is asked for. Numbers that stand for no label become void, with a `Note`. The full data set: see `open_full`.
    """
    layout = _layout(path)
    if layout is None:
        if path.is_dir() and not seg_files(path):
            raise FormatError(f"{path}: has no {ANNOTATIONS}/ with PNGs and no *{ENDING}; expected one of them")
        if not path.is_dir() and not path.name.endswith(ENDING):
            raise FormatError(f"{path}: is no PNG in {ANNOTATIONS}/ or {PREDICTIONS}/ and no *{ENDING}")
        return open_full(path, labels=labels, images=images)
    table = labels or find_label_file(layout.root) or label_table("ade20k")
    target = layout.base / layout.part
    files = (
        [(layout.part / name).as_posix() for name in pngs_below(target)]
        if target.is_dir()
        else [layout.part.as_posix()]
    )
    folders = (*([images] if images else []), layout.root / IMAGES)
    names = names_by_stem([file[: -len(".png")] for file in files])
    scenes = _Scenes(layout.base, tuple(files), names, folders, by_number(table))
    return Dataset(table.labels, (), partial(_load_sample, scenes), names.__getitem__, range(len(names)))


def _layout(path: Path) -> _Layout | None:
    """The SceneParsing folder that a path is or lies in."""
    for inner in (path, path / "ADEChallengeData2016"):
        for kind in (ANNOTATIONS, PREDICTIONS):
            if isdir(inner / kind) and first_png(inner / kind):
                return _Layout(inner, inner / kind, Path())
    full = path.absolute()
    if path.is_dir() or (path.suffix.lower() == ".png" and not path.name.endswith(ENDING)):
        for folder in (full, *full.parents):
            if folder.name in (ANNOTATIONS, PREDICTIONS) and (path.is_file() or first_png(full)):
                return _Layout(folder.parent, folder, full.relative_to(folder))
    return None


def _load_sample(scenes: _Scenes, place: int) -> Sample:
    file, name = scenes.base / scenes.files[place], scenes.names[place]
    png = LabelPng(read_index_png(file), False)
    truth, notes = semantic_truth(png, scenes.meaning, file=file, place=f"image {name.stem!r}")
    path = find_photograph(scenes.photographs, name.stem)
    return make_sample(
        truth,
        file=file,
        image_path=path,
        image_id=name.id,
        image_name=name.stem + (path.suffix if path else ".jpg"),
        notes=notes,
    )


def _recognise(path: Path) -> bool:
    """`annotations/` is a folder that many formats have: it must hold grey PNGs in folders called like splits, or
    called like ADE20K's."""
    layout = _layout(path)
    if layout is None:
        first = first_png(path, ENDING) if path.is_dir() else path
        head = png_head_of(first) if first is not None and first.name.endswith(ENDING) else None
        return head is not None and head.color == RGB
    target = layout.base / layout.part
    file = first_png(target) if target.is_dir() else target
    head = png_head_of(file) if file is not None else None
    if file is None or head is None or head.color not in (GREY, PALETTE) or head.depth > 8:
        return False
    inner = file.absolute().relative_to(layout.base.absolute())
    return inner.parts[0] in SPLITS or re.match(r"ADE_\w+_\d{8}", inner.name) is not None


FORMAT = Format(
    name="ade20k",
    title="ADE20K: SceneParsing-150, and the full data set for reading",
    holds=Holds(identity=False),
    index="",
    recognise=_recognise,
    open=open_ade20k,
    writer=Ade20kWriter,
)
