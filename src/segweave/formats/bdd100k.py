"""BDD100K bitmasks: RGBA PNGs for instance segmentation, segmentation tracking and panoptic segmentation.

Format: https://github.com/bdd100k/bdd100k, doc/source/format.rst. R = category from 1, 0 is void; G = truncated << 3 +
occluded << 2 + crowd << 1 + ignored; B * 256 + A = id of the object in the image, or over a video. Ignored objects
are void here. Layout: `bitmasks/<split>/[<video>/]<name>.png`, photographs `images/<the same>.jpg`.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder
from segweave.formats.bdd100k_bitmask import CROWD, IGNORED, LARGEST_ID, Object, read_bitmask, write_bitmask
from segweave.formats.bdd100k_labels import instance_table, panoptic_table
from segweave.formats.bdd100k_layout import FOLDER, find_bitmasks, image_folders, is_bdd100k
from segweave.formats.dataset import Dataset, Extra, ImageName, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.label_file import find_label_file, save_label_file
from segweave.formats.label_png import checked
from segweave.formats.photographs import find_photograph, make_sample
from segweave.labels import LabelSet, LabelTable
from segweave.segmentation import Segment, Segmentation, assemble

_NAME = "bdd100k"
_APPEARANCE = 12
"""The bits for truncated and occluded, which only this format keeps."""


@dataclass(frozen=True, slots=True)
class _Index:
    """What is needed to read any image."""

    table: LabelTable
    root: Path
    pngs: tuple[str, ...]
    images: Path | None


@dataclass(slots=True)
class _Reading:
    """Segments of one image as their objects are met. place: id of each kind of segment. bits: of each segment."""

    table: LabelTable
    segments: list[Segment] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    place: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    unknown: Counter[int] = field(default_factory=Counter)
    stuff: dict[int, set[int]] = field(default_factory=dict)
    uncrowded: Counter[int] = field(default_factory=Counter)
    ignored: int = 0

    def id_of(self, met: Object, pixels: int) -> int:
        """The id that an object's pixels get, 0 for void. Pixels of one number and category are one segment."""
        if met.bits & IGNORED:
            self.ignored += pixels
            return 0
        if met.category not in self.table.source_ids:
            known = met.category == 0 or any(void.source_id == met.category for void in self.table.voids)
            self.unknown[met.category] += 0 if known else pixels
            return 0
        label = self.table.source_ids.index(met.category)
        crowd, number = bool(met.bits & CROWD), met.number
        if not self.table.labels[label].is_thing:
            self.stuff.setdefault(label, set()).add(number)
            self.uncrowded[label] += pixels if crowd else 0
            crowd, number = False, 0
        place = self.place.setdefault((label, number, crowd), len(self.segments) + 1)
        if place > len(self.segments):
            self.segments.append(Segment(label=label, crowd=crowd, source_id=met.number or None))
            self.bits.append(0)
        self.bits[place - 1] |= met.bits & _APPEARANCE
        return place

    def notes(self, file: Path, name: str) -> list[Note]:
        names = self.table.labels.names
        unknown = [(category, pixels) for category, pixels in sorted(self.unknown.items()) if pixels]
        notes = [
            Note(file, f"{name}, category {c}, {n:,} px", "stands for no label; its pixels are void", "unknown-label")
            for c, n in checked(unknown, file)
        ]
        for label, numbers in sorted(self.stuff.items()):
            if len(numbers) > 1:
                reason = f"is stuff in {len(numbers)} segments; fused"
                notes.append(Note(file, f"{name}, {names[label]!r}", reason, "stuff-fused"))
        for label, pixels in sorted(self.uncrowded.items()):
            if pixels:
                reason = "is stuff, which forms no crowds; the flag is dropped"
                notes.append(Note(file, f"{name}, {names[label]!r}", reason, "crowd-on-stuff"))
        if self.ignored:
            notes.append(Note(file, f"{name}, {self.ignored:,} px", "ignored objects are void", "void-label"))
        return notes


def open_bdd100k(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a data set with a folder `bitmasks`, a folder of bitmasks, or one of them.

    labels: without it and without a `*.labels.csv` near, the 40 labels of panoptic segmentation where folders say so
    or the first bitmask needs them, else the 8 of instance segmentation, with a `Note`.
    """
    found = find_bitmasks(path)
    notes: tuple[Note, ...] = ()
    table = labels or find_label_file(found.root) or find_label_file(found.root.parent)
    if table is None:
        table = _assumed_table(found.root, found.root / found.pngs[0])
        reason = f"does not name its labels; read with the {len(table.labels)} of {table.labels.name!r}"
        notes = (Note(path, "", reason, "assumed"),)
    index = _Index(table, found.root, found.pngs, images)
    return Dataset(table.labels, notes, partial(_load_sample, index), partial(_name, index), range(len(found.pngs)))


def _assumed_table(root: Path, first: Path) -> LabelTable:
    if any(part.casefold().replace("_", "").startswith(("panseg", "panoptic")) for part in root.parts):
        return panoptic_table()
    try:
        needed = max((met.category for met in read_bitmask(first).objects), default=0)
    except FormatError:  # told when its sample is read
        needed = 0
    return panoptic_table() if needed > len(instance_table().labels) else instance_table()


def _name(index: _Index, place: int) -> ImageName:
    png = index.pngs[place]
    name = png.removesuffix(Path(png).suffix)
    return ImageName(name, name)


def _load_sample(index: _Index, place: int) -> Sample:
    file = index.root / index.pngs[place]
    name = _name(index, place)
    bitmask = read_bitmask(file)
    reading = _Reading(index.table)
    new_id = np.zeros(len(bitmask.objects), np.int32)
    for k in sorted(range(len(new_id)), key=bitmask.objects.__getitem__):
        new_id[k] = reading.id_of(bitmask.objects[k], bitmask.areas[k])
    truth = assemble(new_id.take(bitmask.ids), reading.segments, index.table.labels)
    folders = [*([] if index.images is None else [index.images]), *image_folders(index.root)]
    photograph = find_photograph(folders, name.stem)
    if photograph is None or photograph == file:
        photograph = find_photograph(folders[:-2], Path(name.stem).name)  # [:-2]: not among the bitmasks
    return make_sample(
        truth,
        file=file,
        image_path=photograph,
        image_id=name.id,
        image_name=name.stem + (".jpg" if photograph is None else photograph.suffix),
        notes=reading.notes(file, f"image {name.id!r}"),
        extra=Extra(_NAME, json.dumps(reading.bits)) if any(reading.bits) else None,
    )


@dataclass(frozen=True, slots=True)
class Bdd100kWriter:
    """Writes `bitmasks/` and `images/`, and the label file at the end; a label's category is its place from 1."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `images/`, under its own name."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write the bitmask."""
        seg = sample.truth
        assert isinstance(seg, Segmentation)
        png = self.folder / FOLDER / f"{name}.png"
        if len(seg) > LARGEST_ID:
            where = f"{png}: image {sample.image_id!r}"
            raise FormatError(f"{where}: has {len(seg):,} segments; a bitmask numbers 1..{LARGEST_ID}")
        make_folder(png.parent)
        bits = _appearance(sample.extra, len(seg))
        objects = [Object(0, 0, 0)]
        for number, (segment, seen) in enumerate(zip(seg.segments, bits, strict=True), start=1):
            objects.append(Object(number, segment.label + 1, seen | (CROWD if segment.crowd else 0)))
        write_bitmask(png, seg.ids, objects)
        return "", ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the label file."""
        save_label_file(self.folder, self.labels, range(1, len(self.labels) + 1))


def _appearance(extra: Extra | None, n: int) -> list[int]:
    """The bits truncated and occluded of each of `n` segments; 0 where nobody kept them."""
    if extra is not None and extra.format == _NAME:
        bits = json.loads(extra.text)
        if isinstance(bits, list) and len(bits) == n and all(type(b) is int for b in bits):
            return [b & _APPEARANCE for b in bits]
    return [0] * n


def _writer(path: Path, labels: LabelSet) -> Bdd100kWriter:
    if len(labels) > 255:
        raise FormatError(f"{path}: label set {labels.name!r} has {len(labels)} labels; a bitmask holds 1..255")
    return Bdd100kWriter(path, labels)


FORMAT = Format(
    name=_NAME,
    title="BDD100K bitmasks: RGBA PNGs of category, attributes and id",
    holds=Holds(crowd="each"),
    index="",
    recognise=is_bdd100k,
    open=open_bdd100k,
    writer=_writer,
)
