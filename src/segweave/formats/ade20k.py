"""ADE20K: SceneParsing-150 (read and written), and the full data set (read).

SceneParsing (Zhou et al. 2017, "Scene Parsing through ADE20K"; https://github.com/CSAILVision/sceneparsing): for
`images/training/NAME.jpg` an 8-bit PNG `annotations/training/NAME.png`, 0 = void, 1..150 a label. Own label sets are
written as 1..n, at most 255, with `*.labels.csv`. `ade20k_full.py` says how the full data set looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from segweave.errors import FormatError
from segweave.files import make_folder
from segweave.formats.dataset import Note, Sample
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file, shipped_table
from segweave.labels import LabelSet, VoidRow
from segweave.segmentation import Segmentation

IMAGES, ANNOTATIONS, PREDICTIONS = "images", "annotations", "predictions"
SPLITS = ("training", "validation", "testing", "train", "val", "test")
"""Those of the data set, and those that people use for their own."""

MOST_LABELS = 255


@dataclass(frozen=True, slots=True)
class Ade20kWriter:
    """Writes `images/` and `annotations/`; images that are in no split by their name go to `training/`."""

    folder: Path
    labels: LabelSet
    _taken: dict[str, str] = field(default_factory=dict)

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """As `Writer.photograph`."""
        return PurePosixPath(IMAGES, self._place(name) + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """As `Writer.write`."""
        assert isinstance(sample.truth, Segmentation)
        numbers = np.array([0, *file_ids(self.labels, str(self.folder))], np.uint8)
        path = self.folder / ANNOTATIONS / f"{self._place(name)}.png"
        make_folder(path.parent)
        write_index_png(path, numbers.take(sample.truth.label_indices() + 1))
        return "", ()

    def finish(self, pieces: Sequence[str]) -> None:
        """As `Writer.finish`."""
        make_folder(self.folder / ANNOTATIONS / SPLITS[0])
        if not _is_scene_parsing(self.labels):
            void = VoidRow("other", 0, (0, 0, 0))
            save_label_file(self.folder, self.labels, file_ids(self.labels, str(self.folder)), voids=[void])

    def _place(self, name: str) -> str:
        """`validation/a` stays, `a` becomes `training/a`. Two images at one place are refused: it happens where `a` and
        `training/a` are images of one data set."""
        inner = name if name.partition("/")[0] in SPLITS and "/" in name else f"{SPLITS[0]}/{name}"
        before = self._taken.setdefault(inner.casefold(), name)
        if before != name:
            raise FormatError(
                f"{self.folder}: images {before!r} and {name!r} would both be {inner}; rename one of them"
            )
        return inner


def file_ids(labels: LabelSet, where: str) -> tuple[int, ...]:
    """The number that stands for each label in the PNGs; `FormatError` for more labels than 8 bits hold."""
    if _is_scene_parsing(labels):
        shipped = shipped_table(labels)
        assert shipped is not None
        return shipped.source_ids
    if len(labels) > MOST_LABELS:
        raise FormatError(
            f"{where}: ADE20K holds {MOST_LABELS} labels; {labels.name!r} has {len(labels)}; map it to fewer"
        )
    return tuple(range(1, len(labels) + 1))


def _is_scene_parsing(labels: LabelSet) -> bool:
    return labels.name == "ade20k" and shipped_table(labels) is not None
