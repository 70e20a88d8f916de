"""A person's own masks, without ceremony: photographs, PNGs whose pixels are classes, and a table of the classes.

    images/a.jpg  masks/a.png  classes.csv          what is where: a number (or a colour) of the table a pixel
    images/a.jpg  masks/a.png  instances/a.png      things of one label kept apart: a number a thing, 0 = none
    images/a.jpg  instances/a.png                   for one thing label alone, or label * 1000 + number (KITTI MOTS)

The layout is free: `masks_layout.py`; so is the table: `masks_classes.py`. `label * 1000 + number` is that of
https://www.vision.rwth-aachen.de/page/mots, where 10000 is a region to ignore.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.codes import dense_codes, from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, NoteKind, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.label_png import LabelPng, Meaning, by_color, by_number, checked, read_label_png
from segweave.formats.masks_classes import ClassTable, find_class_table
from segweave.formats.masks_layout import Item, Unit, find_units, items_of, recognised
from segweave.formats.masks_writer import MasksWriter
from segweave.formats.photographs import image_stem, make_sample
from segweave.labels import LabelTable
from segweave.segmentation import Segment, Segmentation

_PER_LABEL = 1000
_IGNORED = 10  # the label of MOTS' region to ignore
_FEW = 3  # masks that are looked into for a message


@dataclass(frozen=True, slots=True)
class _Index:
    """What was found when the data set was opened. colors: None where the table gives none of its own to each label."""

    items: tuple[Item, ...]
    numbers: Meaning
    colors: Meaning | None


@dataclass(slots=True)
class _Findings:
    """What does not fit the table while one image is read: pixels of each value, by kind."""

    unknown: dict[int, int] = field(default_factory=dict)
    implied_void: dict[int, int] = field(default_factory=dict)
    loose: int = 0
    stuff_numbers: dict[int, int] = field(default_factory=dict)


def open_masks(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a folder of masks, or one mask; samples are `Segmentation`s, read when they are asked for.

    Pixels are numbers of the class table; in RGB PNGs its colours, exactly. Void: what the table lists as void, and 0
    and 255 where it lists neither. Where a table does not say which labels are things, all but 0 and background are
    where there is an `instances/`, else none.

    Kept as a `Note`: values and colours that the table does not list (void), 0 and 255 taken as void, numbers of things
    without a label, photographs without a mask. Raises `FormatError`, and without a class table says what to write.
    """
    units = find_units(path, images)
    table = _class_table(units, labels, path)
    items, notes = items_of(units)
    try:
        colors = by_color(table.table, str(path)) if table.has_colors else None
    except FormatError:  # two labels of one colour: fine as long as no mask is coloured
        colors = None
    index = _Index(tuple(items), by_number(table.table), colors)
    found = table.table.labels
    load, name = partial(_load_sample, index), partial(_name, index)
    return Dataset(found, (*table.notes, *notes), load, name, range(len(items)))


def _class_table(units: list[Unit], labels: LabelTable | None, path: Path) -> ClassTable:
    if labels is not None:
        return ClassTable(labels, True)
    folders = list(dict.fromkeys(folder for unit in units for folder in unit.near))
    # label * 1000 + number has no label 0: beside instance maps alone a list of names counts from 1
    first = 0 if any(unit.masks for unit in units) else 1
    name = units[0].folder.absolute().name or "own"
    found = find_class_table(folders, name=name, identities=any(unit.instances for unit in units), first=first)
    if found is not None:
        return found
    files = [file for unit in units for file in (unit.masks or unit.instances).values()]
    what = "for each value" if not first else "for one label, or for each label where a value is label * 1000 + number"
    raise FormatError(
        f"{path}: nothing says what the values in the masks mean; {_values(files)}; write a classes.csv into"
        f" {units[0].folder} with a line 'value,name,thing' and a line like '1,car,1' {what}"
    )


def _values(files: list[Path]) -> str:
    """The values of the first masks, for a person who has to name them."""
    found: dict[str, None] = {}
    for file in files[:_FEW]:
        png = read_label_png(file)
        found |= dict.fromkeys(png.shown(code) for code in dense_codes(png.codes)[1])
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return f"the first masks hold {', '.join(list(found)[:12])}{more}"


def _name(index: _Index, place: int) -> ImageName:
    item = index.items[place]
    return ImageName(item.stem, image_stem(item.name))


def _load_sample(index: _Index, place: int) -> Sample:
    item, name = index.items[place], _name(index, place)
    file = item.mask or item.instances
    assert file is not None
    findings = _Findings()
    if item.mask is None:
        png = read_label_png(file)
        truth = _of_instances(png, index.numbers, findings)
    else:
        png, meaning = _read_mask(item.mask, index)
        numbers = None if item.instances is None else read_label_png(item.instances)
        if numbers is not None and numbers.codes.shape != png.codes.shape:
            raise FormatError(
                f"{item.instances}: has {numbers.codes.shape} pixels (height, width); {file} has {png.codes.shape}"
            )
        truth = _of_mask(png.codes, None if numbers is None else numbers.codes, meaning, findings)
    return make_sample(
        truth,
        file=file,
        image_path=item.photograph,
        image_id=name.id,
        image_name=item.name,
        notes=_notes(findings, png, index, f"image {name.id!r}", file),
    )


def _read_mask(path: Path, index: _Index) -> tuple[LabelPng, Meaning]:
    """The codes of a mask and what they mean; a colour PNG of equal channels may hold numbers (OpenCV writes such)."""
    png = read_label_png(path)
    if not png.by_color:
        return png, index.numbers
    codes = dense_codes(png.codes)[1]
    if index.colors is not None and all(code in index.colors.label_of for code in codes):
        return png, index.colors
    if all(code % 0x10101 == 0 for code in codes):
        return LabelPng(png.codes // 0x10101, False), index.numbers
    if index.colors is None:
        raise FormatError(
            f"{path}: is coloured, with {', '.join(png.shown(code) for code in codes[:5])}; expected numbers, or a"
            " class table with a colour of its own for each label"
        )
    return png, index.colors


def _of_mask(codes: NDArray[Any], numbers: NDArray[Any] | None, meaning: Meaning, findings: _Findings) -> Segmentation:
    if numbers is None:
        return from_codes(codes, lambda code, pixels: _segment((code, 0), pixels, meaning, findings), meaning.labels)
    count = int(numbers.max()) + 1
    joint = codes if count == 1 else codes.astype(np.int64) * count + numbers
    return from_codes(
        joint, lambda code, pixels: _segment(divmod(code, count), pixels, meaning, findings), meaning.labels
    )


def _of_instances(png: LabelPng, meaning: Meaning, findings: _Findings) -> Segmentation:
    """Numbers of things alone: of the only thing label, or label * 1000 + number."""
    things = [value for value, label in meaning.label_of.items() if label in meaning.labels.things]
    silent = Meaning(meaning.labels, {0: None, _IGNORED: None, **meaning.label_of}, meaning.own_ids)

    def parts(code: int) -> tuple[int, int]:
        return divmod(code, _PER_LABEL) if coded else (things[0], code) if code else (0, 0)

    coded = len(things) != 1 or _is_coded(png, silent)
    return from_codes(png.codes, lambda code, pixels: _segment(parts(code), pixels, silent, findings), meaning.labels)


def _is_coded(png: LabelPng, meaning: Meaning) -> bool:
    """Is every number label * 1000 + number with a label that is known? Then it is no plain number of a thing."""
    if png.codes.max() < _PER_LABEL:
        return False
    codes = [code for code in dense_codes(png.codes)[1] if code]
    return min(codes) >= _PER_LABEL and all(code // _PER_LABEL in meaning.label_of for code in codes)


def _segment(part: tuple[int, int], pixels: int, meaning: Meaning, findings: _Findings) -> Segment | None:
    """What a value and the number of a thing stand for, None for void."""
    value, number = part
    if value not in meaning.label_of:
        kept = findings.implied_void if value == 0 or (value == 255 and meaning.own_ids) else findings.unknown
        kept[value] = kept.get(value, 0) + pixels
        return None
    label = meaning.label_of[value]
    if label is None:
        findings.loose += pixels if number else 0
        return None
    own = value if meaning.own_ids else None
    if meaning.labels[label].is_thing:
        return Segment(label=label, source_id=number or own)
    findings.stuff_numbers[label] = findings.stuff_numbers.get(label, 0) + bool(number)
    return Segment(label=label, source_id=own)


def _notes(findings: _Findings, png: LabelPng, index: _Index, place: str, file: Path) -> list[Note]:
    def note(what: str, reason: str, kind: NoteKind) -> Note:
        return Note(file, f"{place}, {what}", reason, kind)

    unknown = checked(list(findings.unknown.items()), file)
    notes = [
        note(f"{png.shown(value)}, {pixels:,} px", "is not in the class table; its pixels are void", "unknown-label")
        for value, pixels in unknown
    ]
    notes += [
        note(f"{png.shown(value)}, {pixels:,} px", "is not in the class table; taken as void", "void-label")
        for value, pixels in findings.implied_void.items()
    ]
    if findings.loose:
        reason = "has a number in the instance map but no label; its pixels are void"
        notes.append(note(f"{findings.loose:,} px", reason, "unlisted-pixels"))
    for label, numbers in findings.stuff_numbers.items():
        if numbers > 1:
            name = index.numbers.labels[label].name
            notes.append(note(repr(name), "is stuff with several numbers in the instance map; fused", "stuff-fused"))
    return notes


FORMAT = Format(
    name="masks",
    title="your own masks: images/, masks/ of index PNGs, instances/ if there are any, and a class table",
    holds=Holds(),
    index="",
    recognise=recognised,
    open=open_masks,
    writer=MasksWriter,
)
