"""`Format`: what segweave knows about one annotation format; `table.py` lists them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from segweave.formats.dataset import Dataset, Note, Sample
from segweave.formats.holds import Holds
from segweave.labels import LabelSet, LabelTable


class Open(Protocol):
    """How a format is read."""

    def __call__(self, path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
        """Open a folder of the format, or one file of it.

        labels: what the ids or names in the files mean, where the user or a `*.labels.csv` beside the files says so;
        None: by the files themselves, else by the format's own data set. images: a folder to look for the photographs
        first. Raises `FormatError`; samples are read when they are asked for.
        """


class Writer(Protocol):
    """A data set being written. Its samples come one after the other, reduced to what the format holds."""

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """Where the photograph of image `name` belongs, relative to the folder; suffix: of its file, with the dot.

        A suffix other than the given one has the photograph written anew in that format.
        """

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """Write the files of one image; returns what `finish` must know of it (any text), and further losses.

        name: unique in the data set, relative, `/` between folders, no suffix. sample.image_path: where the
        photograph is now; sample.image_name: `name` with the photograph's suffix.
        """

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the files about the data set as a whole; pieces: what `write` returned for each image, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of `FORMATS`.

    name: as on the command line. title: one line for people. holds: what it can say of a segment. index: the file that
    makes up the data set, where it is one file ("panoptic.json"), "" where it is a folder; a user may name such a file
    otherwise. recognise: do the files at a path (a folder or a file) have this format, by their content and layout?
    writer: begins a data set in a folder; the path is that of the index file where there is one.
    """

    name: str
    title: str
    holds: Holds
    index: str
    recognise: Callable[[Path], bool]
    open: Open
    writer: Callable[[Path, LabelSet], Writer]
