"""Writing a person's own masks: `masks.py` says what the format is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.files import make_folder
from segweave.formats.dataset import Note, Sample
from segweave.formats.index_png import write_index_png
from segweave.formats.label_file import save_label_file
from segweave.labels import LabelSet, VoidRow
from segweave.segmentation import Segmentation

_MOST = 65535
"""What a 16-bit PNG holds."""


@dataclass(frozen=True, slots=True)
class MasksWriter:
    """Writes `images/`, `masks/` (0 = void, 1 = the first label), `instances/` where there are things, and the label
    file."""

    folder: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """The place of a photograph, as `Writer` asks for."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """The files of one image."""
        assert isinstance(sample.truth, Segmentation)
        truth = sample.truth
        values = np.array([0, *(segment.label + 1 for segment in truth.segments)], np.int32)
        things = np.array([False, *(self.labels[segment.label].is_thing for segment in truth.segments)])
        numbers = np.cumsum(things) * things
        self._put("masks", name, values[truth.ids], "labels")
        if self.labels.things:
            self._put("instances", name, numbers[truth.ids], "things in an image")
        return "", ()

    def _put(self, folder: str, name: str, numbers: NDArray[Any], of: str) -> None:
        path = self.folder / folder / f"{name}.png"
        if numbers.max() > _MOST:
            raise FormatError(f"{path}: masks hold up to {_MOST:,} {of}; found {int(numbers.max()):,}")
        make_folder(path.parent)
        write_index_png(path, numbers)

    def finish(self, pieces: Sequence[str]) -> None:
        """The label set."""
        voids = [VoidRow("void", 0, (0, 0, 0))]
        save_label_file(self.folder, self.labels, range(1, len(self.labels) + 1), voids=voids)
