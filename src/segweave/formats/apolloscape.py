"""ApolloScape scene parsing: `_bin.png` of label ids, `_instanceIds.png` of label * 1000 + n.

Layout, ids and labels: https://github.com/ApolloScapeAuto/dataset-api, scene_parsing/README.md. `ColorImage/` or
`Image/` has the photographs, `Label/` (`Instance/` in some copies) the PNGs, with roads, records and cameras below or
above. A group of things has the id of the thing + 128: it is a crowd. 255 is void.

Values below 1000 in an instance PNG are label ids; there the label PNG decides where it exists. Instance PNGs of 8
and 16 bits are read, and those in colour as 24 bits, R + 256 G + 65536 B. We write 16 bits, or such colours where
those do not suffice: for labels beyond 65, and for several crowds of one label, (id + 128) * 1000 + n.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.formats.apolloscape_layout import Pair, find_pairs, is_apolloscape
from segweave.formats.apolloscape_writer import FIRST_CODE, GROUP, VOID, apolloscape_writer
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.index_png import read_index_png
from segweave.formats.label_png import checked, read_label_png
from segweave.formats.photographs import find_photograph, make_sample
from segweave.labels import LabelTable, label_table
from segweave.segmentation import Segment

_NO_NUMBERS = "a label PNG does not number things; those of a label are one segment"


@dataclass(frozen=True, slots=True)
class _Index:
    """What is needed to read any image. numbered: some image has an instance PNG."""

    table: LabelTable
    pairs: tuple[Pair, ...]
    images: Path | None
    numbered: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the codes of one image stand for, and what was met: pixels of unknown label ids, numbered segments of each
    stuff label, things that have no number."""

    table: LabelTable
    numbered: bool
    unknown: Counter[int] = field(default_factory=Counter)
    stuff: Counter[int] = field(default_factory=Counter)
    bare: Counter[int] = field(default_factory=Counter)

    def segment(self, code: int, pixels: int) -> Segment | None:
        number = code // FIRST_CODE if code >= FIRST_CODE else code
        ids, labels = self.table.source_ids, self.table.labels
        if number in ids:
            label = ids.index(number)
            if not labels[label].is_thing:
                self.stuff[label] += 1
            elif code == number and self.numbered:
                self.bare[label] += pixels
            return Segment(label=label, source_id=code)
        if number == VOID or any(void.source_id == number for void in self.table.voids):
            return None
        if number - GROUP in ids and labels[ids.index(number - GROUP)].is_thing:
            return Segment(label=ids.index(number - GROUP), crowd=True, source_id=code)
        self.unknown[number] += pixels
        return None

    def notes(self, file: Path, name: str) -> list[Note]:
        names = self.table.labels.names
        checked(list(self.unknown.items()), file)
        notes = [
            Note(
                file,
                f"{name}, value {number}, {pixels:,} px",
                "stands for no label; its pixels are void",
                "unknown-label",
            )
            for number, pixels in sorted(self.unknown.items())
        ]
        for label, parts in sorted(self.stuff.items()):
            if parts > 1:
                place = f"{name}, {names[label]!r}"
                notes.append(Note(file, place, f"is stuff in {parts} segments; fused", "stuff-fused"))
        for label, pixels in sorted(self.bare.items()):
            place = f"{name}, {names[label]!r}, {pixels:,} px"
            notes.append(Note(file, place, "are things without a number; taken as one", "assumed"))
        return notes


def open_apolloscape(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a folder at any depth of the data set, or one PNG of it.

    labels: without it values are the ids of ApolloScape (33 is a car), never its train ids. Things come from the
    instance PNG; where there is none, from the label PNG, one segment a label.
    """
    pairs = find_pairs(path)
    if not pairs:
        raise FormatError(
            f"{path}: has no annotations of ApolloScape; expected PNGs called *_bin.png, *_instanceIds.png"
        )
    table = label_table("apolloscape") if labels is None else labels
    notes: list[Note] = []
    if labels is None:
        names = ", ".join(repr(void.name) for void in table.voids)
        notes.append(Note(path, "", f"labels that ApolloScape does not train are void: {names}", "void-label"))
    numbered = any(pair.instances for pair in pairs)
    if not numbered:
        notes.append(Note(path, "", _NO_NUMBERS, "assumed"))
    index = _Index(table, tuple(pairs), images, numbered)
    return Dataset(table.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(pairs)))


def _name(index: _Index, place: int) -> ImageName:
    name = index.pairs[place].name
    return ImageName(name, name)


def _load_sample(index: _Index, place: int) -> Sample:
    pair = index.pairs[place]
    name = _name(index, place)
    where = f"image {name.id!r}"
    file = pair.instances or pair.labels
    assert file is not None
    codes, notes = _codes(pair, file, where)
    if pair.instances is None and index.numbered:
        notes.append(Note(file, where, _NO_NUMBERS, "assumed"))
    reading = _Reading(index.table, pair.instances is not None)
    truth = from_codes(codes, reading.segment, index.table.labels)
    given = [] if index.images is None else [index.images]
    photograph = find_photograph(given, pair.name) or find_photograph([*given, *pair.images], pair.short)
    return make_sample(
        truth,
        file=file,
        image_path=photograph,
        image_id=name.id,
        image_name=name.stem + (".jpg" if photograph is None else photograph.suffix),
        notes=[*notes, *reading.notes(file, where)],
    )


def _codes(pair: Pair, file: Path, where: str) -> tuple[NDArray[np.int32], list[Note]]:
    """Label ids, and label * 1000 + n where the instance PNG has a number."""
    if pair.instances is None:
        return read_index_png(file), []
    png = read_label_png(pair.instances)
    codes = png.codes
    if not png.by_color and codes.max(initial=0) == 65535:  # all 16 bits set is void, as 255 is in 8 bits
        codes[codes == 65535] = VOID
    if pair.labels is None:
        return codes, []
    ids = read_index_png(pair.labels)
    if ids.shape != codes.shape:
        raise FormatError(
            f"{file}: has {codes.shape} pixels (height, width), {pair.labels} {ids.shape}; they must be equal"
        )
    numbered = codes >= FIRST_CODE
    differing = int(np.count_nonzero(ids[numbered] != codes[numbered] // FIRST_CODE))
    notes = []
    if differing:
        reason = f"{pair.labels.name} says another label; the instance PNG is used"
        notes.append(Note(file, f"{where}, {differing:,} px", reason, "overlap"))
    return np.where(numbered, codes, ids), notes


FORMAT = Format(
    name="apolloscape",
    title="ApolloScape scene parsing: label PNGs and instance PNGs of label * 1000 + n",
    holds=Holds(crowd="each"),
    index="",
    recognise=is_apolloscape,
    open=open_apolloscape,
    writer=apolloscape_writer,
)
