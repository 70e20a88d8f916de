"""Pascal VOC segmentation: a palette PNG of labels and one of objects for each image, and lists of names.

Format: the VOC2012 development kit, https://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html. The
palette is the devkit's `VOClabelcolormap`; pixels are read by their index and never by its colour. Where a tool has
written RGB instead (CVAT, datumaro), colour is all there is.

Own label sets: ids from 1, 0 is the background where the set begins with a label of that name and unused where not;
`class_names.txt` says them for other tools, `*.labels.csv` for segweave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.dataset import Note, Sample
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.labels import Color, LabelSet, VoidRow
from segweave.segmentation import Segmentation

CLASSES, OBJECTS, PHOTOGRAPHS, LISTS = "SegmentationClass", "SegmentationObject", "JPEGImages", "ImageSets/Segmentation"
VOID = 255
LARGEST = VOID - 1
BACKGROUNDS = ("_background_", "background")


def voc_palette() -> tuple[Color, ...]:
    """The 256 colours of `VOClabelcolormap`: bit k of an index goes, three at a time, to the high bits of R, G, B.

    >>> voc_palette()[1], voc_palette()[20], voc_palette()[255]
    ((128, 0, 0), (0, 64, 128), (224, 224, 192))
    """
    return tuple(_color(index) for index in range(256))


def _color(index: int) -> Color:
    channels = [0, 0, 0]
    for step in range(8):
        for channel in range(3):
            channels[channel] |= (index >> (3 * step + channel) & 1) << (7 - step)
    return channels[0], channels[1], channels[2]


def file_ids(labels: LabelSet, where: str) -> tuple[int, ...]:
    """The index that stands for each label in the PNGs; `FormatError` for more labels than 8 bits hold."""
    shipped = shipped_table(labels)
    if shipped is not None and labels.name == "voc":
        return shipped.source_ids
    first = 0 if _has_background(labels) else 1
    if len(labels) + first > VOID:
        limit = f"1..{LARGEST}" if first else f"0..{LARGEST}"
        raise FormatError(f"{where}: VOC holds labels {limit}; {labels.name!r} has {len(labels)}; map it to fewer")
    return tuple(range(first, len(labels) + first))


def _has_background(labels: LabelSet) -> bool:
    return len(labels) > 0 and labels[0].name in BACKGROUNDS and not labels[0].is_thing


@dataclass(frozen=True, slots=True)
class VocWriter:
    """Writes `SegmentationClass/`, `SegmentationObject/` (things only, 1..254) and the list `trainval.txt`."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """As `Writer.photograph`."""
        return PurePosixPath(PHOTOGRAPHS, name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """As `Writer.write`."""
        assert isinstance(sample.truth, Segmentation)
        seg = sample.truth
        things = sum(seg.labels[segment.label].is_thing for segment in seg.segments)
        if things > LARGEST:
            raise FormatError(
                f"{self.folder}: image {sample.image_id!r} has {things} things; VOC holds {LARGEST} an image"
            )
        numbers = file_ids(self.labels, str(self.folder))
        classes, objects = [VOID], [VOID]
        thing = 0
        for segment in seg.segments:
            classes.append(numbers[segment.label])
            is_thing = seg.labels[segment.label].is_thing
            thing += is_thing
            objects.append(thing if is_thing else 0)
        palette = voc_palette()
        for kind, values in ((CLASSES, classes), (OBJECTS, objects)):
            path = self.folder / kind / f"{name}.png"
            make_folder(path.parent)
            write_index_png(path, np.array(values, np.uint8).take(seg.ids), palette=palette)
        return name, ()

    def finish(self, pieces: Sequence[str]) -> None:
        """As `Writer.finish`."""
        for place in (CLASSES, OBJECTS, LISTS):
            make_folder(self.folder / place)
        _write_lines(self.folder / LISTS / "trainval.txt", pieces)
        if self.labels.name == "voc" and shipped_table(self.labels) is not None:
            return
        numbers = file_ids(self.labels, str(self.folder))
        names = [" ".join(name.split()) for name in self.labels.names]
        _write_lines(
            self.folder / "class_names.txt", names if _has_background(self.labels) else ["_background_", *names]
        )
        void = VoidRow("void", VOID, voc_palette()[VOID])
        save_label_file(self.folder, self.labels, numbers, voids=[void])


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
