"""Mapillary Vistas v1.2 and v2.0: 16-bit PNGs of label * 256 + n, and PNGs of label ids.

Layout: `<split>/images/*.jpg`, `<split>/v1.2/{labels,instances}/*.png` (the same under `v2.0/`; v1.1 without the
version folder), and `config_v1.2.json`, whose list of labels says what the ids are: id = place in the list, from 0.
Described in the README of the data set (Neuhold et al. 2017, "The Mapillary Vistas Dataset", and
https://www.mapillary.com/dataset/vistas). Colours are never looked at: v2.0 gives one colour to several labels.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.codes import from_codes
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.index_png import decode_index_png, read_index_png, write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.formats.label_png import checked
from segweave.formats.mapillary_layout import (
    SHIPPED,
    VOID_NAME,
    Pair,
    Part,
    find_pairs,
    find_parts,
    single_pair,
    table_of,
)
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph, make_sample
from segweave.formats.png import GREY, encode_indices, read_png
from segweave.labels import LabelSet, LabelTable, VoidRow
from segweave.segmentation import Segment, Segmentation

_NO_NUMBERS = "a labels PNG does not number things; those of a label are one segment"


@dataclass(frozen=True, slots=True)
class _Index:
    """What is needed to read any image. numbered: some image has an instances PNG. several: more than one split."""

    table: LabelTable
    pairs: tuple[Pair, ...]
    images: Path | None
    numbered: bool
    several: bool


def open_mapillary(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a data set, one split of it, one version folder, or one PNG of `instances/` or `labels/`.

    Where several versions lie side by side the newest is read, with a `Note`: name a version folder for another.
    Things come from the instances PNG; where there is none, from the labels PNG, one segment a label.
    """
    parts, pairs, notes = _found(path)
    table, assumed = (labels, "") if labels is not None else table_of(parts[0])
    if assumed:
        notes.append(Note(path, "", assumed, "assumed"))
    numbered = any(pair.instances for pair in pairs)
    if not numbered:
        notes.append(Note(path, "", _NO_NUMBERS, "assumed"))
    index = _Index(table, tuple(pairs), images, numbered, len(parts) > 1)
    return Dataset(table.labels, tuple(notes), partial(_load_sample, index), partial(_name, index), range(len(pairs)))


def _found(path: Path) -> tuple[list[Part], list[Pair], list[Note]]:
    if path.is_file():
        pair = single_pair(path)
        if pair is None:
            raise FormatError(f"{path}: expected a 16-bit PNG in instances/ or a grey or palette PNG in labels/")
        return [pair.part], [pair], []
    parts = find_parts(path)
    if not parts:
        raise FormatError(
            f"{path}: has no annotations of Mapillary Vistas; expected PNGs in <split>/v2.0/instances/ or"
            " <split>/v2.0/labels/ (or v1.2), or 16-bit PNGs in <split>/instances/ beside <split>/labels/"
        )
    versions = sorted({part.version for part in parts}, key=natural_key)
    notes: list[Note] = []
    if len(versions) > 1:
        others = ", ".join(version or "the flat layout of v1.1" for version in versions[:-1])
        reason = f"read in version {versions[-1]}; {others} is there too, name its folder to read that"
        notes.append(Note(path, "", reason, "assumed"))
    parts = [part for part in parts if part.version == versions[-1]]
    return parts, [pair for part in parts for pair in find_pairs(part)], notes


def _name(index: _Index, place: int) -> ImageName:
    pair = index.pairs[place]
    name = f"{pair.part.split.name}/{pair.name}" if index.several else pair.name
    return ImageName(name, name)


def _load_sample(index: _Index, place: int) -> Sample:
    pair = index.pairs[place]
    name = _name(index, place)
    notes: list[Note] = []
    if pair.instances is not None:
        file, codes, low_bits = pair.instances, _read_instances(pair.instances), 8
    else:
        assert pair.labels is not None
        file, codes, low_bits = pair.labels, read_index_png(pair.labels), 0
        if index.numbered:
            notes.append(Note(file, f"image {name.id!r}", _NO_NUMBERS, "assumed"))
    truth, more = _decoded(codes, index.table, low_bits, file, f"image {name.id!r}")
    folders = [pair.part.split / "images", pair.part.base / "images"]
    given = [] if index.images is None else [index.images, index.images / pair.part.split.name]
    photograph = find_photograph([*given, *folders], pair.name)
    suffix = ".jpg" if photograph is None else photograph.suffix
    return make_sample(
        truth,
        file=file,
        image_path=photograph,
        image_id=name.id,
        image_name=name.stem + suffix,
        notes=[*notes, *more],
    )


def _read_instances(png: Path) -> NDArray[np.int32]:
    data, head = read_png(png, expected="a 16-bit grey PNG of label * 256 + n")
    if (head.depth, head.color) != (16, GREY):
        raise FormatError(f"{png}: is a {head}; expected a 16-bit grey PNG, whose pixels are label * 256 + n")
    return decode_index_png(data, head, str(png))


def _decoded(
    codes: NDArray[np.int32], table: LabelTable, low_bits: int, file: Path, name: str
) -> tuple[Segmentation, list[Note]]:
    """low_bits: how many bits of a code number the segments of a label: 8 in instances PNGs, 0 in labels PNGs."""
    label_of = {number: k for k, number in enumerate(table.source_ids)}
    voids = {void.source_id for void in table.voids}
    unknown: Counter[int] = Counter()
    parts: Counter[int] = Counter()

    def meaning(code: int, pixels: int) -> Segment | None:
        number = code >> low_bits
        if number in label_of:
            parts[label_of[number]] += 1
            return Segment(label=label_of[number], source_id=code)
        if number not in voids:
            unknown[number] += pixels
        return None

    truth = from_codes(codes, meaning, table.labels)
    checked(list(unknown.items()), file)
    notes = [
        Note(
            file,
            f"{name}, label id {number}, {pixels:,} px",
            "stands for no label; its pixels are void",
            "unknown-label",
        )
        for number, pixels in sorted(unknown.items())
    ]
    for label, count in sorted(parts.items()):
        if count > 1 and not table.labels[label].is_thing:
            place = f"{name}, {table.labels[label].name!r}"
            notes.append(Note(file, place, f"is stuff in {count} segments; fused", "stuff-fused"))
    return truth, notes


@dataclass(frozen=True, slots=True)
class MapillaryWriter:
    """Writes `training/`: photographs, labels PNGs, instances PNGs; and the config, at the end.

    ids: of each label in the PNGs; void: the id of void.
    """

    folder: Path
    labels: LabelSet
    version: str
    ids: tuple[int, ...]
    void: int

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `training/images/`, under its own name."""
        return PurePosixPath("training", "images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write the instances PNG and the labels PNG."""
        assert isinstance(sample.truth, Segmentation)
        base = self.folder / "training" / self.version
        pngs = [base / kind / f"{name}.png" for kind in ("instances", "labels")]
        code_of = self._codes(sample.truth, f"{pngs[0]}: image {sample.image_id!r}")
        for png in pngs:
            make_folder(png.parent)
        content = encode_indices(code_of.take(sample.truth.ids), palette=None)  # 16 bits, whatever the largest code
        with replacing(pngs[0]) as temporary:
            temporary.write_bytes(content)
        colors = {number: label.color for number, label in zip(self.ids, self.labels, strict=True)}
        palette = [colors.get(number, (0, 0, 0)) for number in range(max([self.void, *self.ids]) + 1)]
        write_index_png(pngs[1], (code_of >> 8).take(sample.truth.ids), palette=palette)
        return "", ()

    def _codes(self, seg: Segmentation, where: str) -> NDArray[np.uint16]:
        """The code of void and of each segment."""
        used: Counter[int] = Counter()
        codes = [self.void * 256]
        for segment in seg.segments:
            codes.append(self.ids[segment.label] * 256 + used[segment.label])
            used[segment.label] += 1
        for label, count in used.items():
            if count > 256:
                name = self.labels[label].name
                raise FormatError(f"{where}: has {count} {name!r}; Mapillary numbers 256 a label (n 0..255)")
        return np.array(codes, np.uint16)

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the config, and the label file for labels that are not Mapillary's."""
        rows = [_row(VOID_NAME, (0, 0, 0), thing=False) for _ in range(max([self.void, *self.ids]) + 1)]
        for number, label in zip(self.ids, self.labels, strict=True):
            rows[number] = _row(label.name, label.color, thing=label.is_thing)
        config = {"version": self.version.removeprefix("v"), "mapping": "public", "labels": rows}
        with replacing(self.folder / f"config_{self.version}.json") as temporary:
            temporary.write_text(json.dumps(config, indent=1) + "\n", encoding="ascii")
        if SHIPPED.get(self.version) != self.labels.name or shipped_table(self.labels) is None:
            void = VoidRow(VOID_NAME, self.void, (0, 0, 0))
            save_label_file(self.folder, self.labels, self.ids, voids=[void])


class _Row(TypedDict):
    name: str
    readable: str
    instances: bool
    evaluate: bool
    color: list[int]


def _row(name: str, color: tuple[int, int, int], *, thing: bool) -> _Row:
    readable = name.rpartition("--")[2].replace("-", " ").title() if "--" in name else name
    return {
        "name": name,
        "readable": readable,
        "instances": thing,
        "evaluate": name != VOID_NAME,
        "color": list(color),
    }


def _writer(path: Path, labels: LabelSet) -> MapillaryWriter:
    """Official ids and version folder for the label sets of Mapillary, 0, 1, 2, ... under v2.0 for any other."""
    table = shipped_table(labels)
    for version, name in SHIPPED.items():
        if table is not None and labels.name == name:
            return MapillaryWriter(path, labels, version, table.source_ids, table.voids[0].source_id)
    if len(labels) > 255:
        raise FormatError(f"{path}: label set {labels.name!r} has {len(labels)} labels; Mapillary holds 255 and void")
    return MapillaryWriter(path, labels, "v2.0", tuple(range(len(labels))), len(labels))


def _recognise(path: Path) -> bool:
    return single_pair(path) is not None if path.is_file() else bool(find_parts(path))


FORMAT = Format(
    name="mapillary",
    title="Mapillary Vistas v1.2 and v2.0: 16-bit instances PNGs, labels PNGs, a config",
    holds=Holds(),
    index="",
    recognise=_recognise,
    open=open_mapillary,
    writer=_writer,
)
