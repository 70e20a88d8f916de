"""`save_dataset`: samples into a data set of any format, interrupted and resumed without loss."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from segweave.errors import FormatError, InvalidSegmentation, OutputError, SegweaveError, UsageError
from segweave.files import make_folder, replacing
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.format import Format, Writer
from segweave.formats.holds import reduce
from segweave.formats.images import read_image
from segweave.formats.names import free_name, inner_path
from segweave.formats.photographs import image_stem
from segweave.formats.pictures import write_png
from segweave.formats.save_journal import Done, SaveJournal
from segweave.formats.table import format_named
from segweave.labels import LabelSet

Photographs = Literal["copy", "link", "leave"]
"""What to do with the photographs: copy them into the data set, hard-link them (no space, but shared with the
original), or leave them where they are."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One image of a run of `saving`. notes: what was lost of it. error: why it could not be read or written."""

    place: int
    notes: tuple[Note, ...]
    error: SegweaveError | None = None


def save_dataset(
    samples: Dataset | Iterable[Sample],
    path: str | Path,
    format: str,
    *,
    photographs: Photographs = "copy",
    resume: bool = False,
) -> tuple[Note, ...]:
    """Write samples as a data set of a format in `FORMATS`; returns what was lost in reading and writing, as notes.

    path: a new or empty folder; for formats of one index file also that file's name ("out/instances_val.json").
    resume: go on with an interrupted run of the same samples. Every file is written as a whole or not at all; the
    files about the data set as a whole come last. Raises `FormatError` for a sample that cannot be read or that the
    format cannot take, `OutputError` when a file cannot be written, `UsageError` for a path that is in use.

    >>> import tempfile
    >>> import numpy as np
    >>> from segweave.formats import open_dataset
    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Segment, Segmentation
    >>> pets = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> cats = Segmentation(np.array([[1, 2, 0]]), (Segment(label=0), Segment(label=0, score=0.5)), pets)
    >>> sample = Sample(image_path=None, size=(1, 3), truth=cats, image_id=7, image_name="street/7.jpg")
    >>> folder = Path(tempfile.mkdtemp())
    >>> save_dataset([sample], folder, "coco-panoptic")
    ()
    >>> open_dataset(folder)[0].truth == cats
    True
    """
    data = samples if isinstance(samples, Dataset) else as_dataset(samples)
    notes: list[Note] = []
    for saved in saving(data, path, format, photographs=photographs, resume=resume):
        if saved.error is not None:
            raise saved.error
        notes += saved.notes
    return tuple(notes)


def as_dataset(samples: Iterable[Sample]) -> Dataset:
    """Samples in memory as a `Dataset`, with the labels of the first."""
    kept = tuple(samples)
    labels = kept[0].truth.labels if kept else LabelSet("none", ())
    names = [ImageName(sample.image_id, image_stem(sample.image_name)) for sample in kept]
    return Dataset(labels, (), kept.__getitem__, names.__getitem__, range(len(kept)))


def saving(
    data: Dataset, path: str | Path, format: str, *, photographs: Photographs = "copy", resume: bool = False
) -> Iterator[Saved]:
    """`save_dataset` one image at a time: yields after each, in order, and goes on where one fails.

    The files about the whole data set are written when the iterator is exhausted, with all images that did not fail.
    """
    row = format_named(format)
    target = _target(Path(path), row)
    folder = make_folder(target.parent if row.index else target)
    journal = SaveJournal(path=_journal_path(target, row), format=format, labels=data.labels.names, images=len(data))
    if not (resume and journal.path.exists()):
        _refuse_used(target, row, journal)
    done = {entry.place: entry for entry in journal.read()} if resume else {}
    journal.start(done.values())
    writer = row.writer(target, data.labels)
    taken = {entry.name.casefold() for entry in done.values()}
    pieces: list[str] = []
    for place in range(len(data)):
        entry = done.get(place)
        if entry is None:
            try:
                entry = _save_one(data, place, _Saving(row, target, folder, writer, photographs), taken)
            except (FormatError, InvalidSegmentation, OutputError) as error:
                yield Saved(place, (), error)
                continue
            journal.append(entry)
        pieces.append(entry.piece)
        yield Saved(place, entry.notes)
    writer.finish(pieces)
    journal.remove()


@dataclass(frozen=True, slots=True)
class _Saving:
    row: Format
    target: Path
    folder: Path
    writer: Writer
    photographs: Photographs


def _save_one(data: Dataset, place: int, run: _Saving, taken: set[str]) -> Done:
    sample = data[place]
    if sample.truth.labels != data.labels:
        raise FormatError(f"{run.target}: image {sample.image_id!r} has other labels than the data set")
    name, suffix = _name(sample, run.target)
    name = free_name(name, taken)
    truth, lost = reduce(sample.truth, run.row.holds)
    notes = [Note(run.target, f"image {sample.image_id!r}", reason, kind) for reason, kind in lost]
    photograph = sample.image_path
    if photograph is not None and run.photographs != "leave":
        photograph = _put_photograph(photograph, run.folder, run.writer.photograph(name, suffix), run.photographs)
        suffix = photograph.suffix
    reduced = replace(sample, truth=truth, image_path=photograph, image_name=name + suffix)
    piece, more = run.writer.write(reduced, name)
    return Done(place=place, name=name, piece=piece, notes=(*sample.notes, *notes, *more))


def _name(sample: Sample, target: Path) -> tuple[str, str]:
    """The image's name without suffix, relative to the data set, and the suffix of its file."""
    known = sample.image_name or (sample.image_path.name if sample.image_path else str(sample.image_id))
    name = inner_path(known, f"{target}: image {sample.image_id!r}").as_posix()
    stem = image_stem(name)
    suffix = name.removeprefix(stem) if sample.image_path is None else sample.image_path.suffix
    return stem, suffix or ".jpg"


def _put_photograph(source: Path, folder: Path, place: PurePosixPath, how: Photographs) -> Path:
    """Copy or link the photograph to its place in the data set; writes a PNG anew where the place asks for one."""
    target = folder / place
    if target.exists() and target.resolve() == source.resolve():
        return target
    make_folder(target.parent)
    with replacing(target) as temporary:
        if place.suffix.lower() == source.suffix.lower():
            if how == "link":
                temporary.hardlink_to(source)
            else:
                shutil.copyfile(source, temporary)
        elif place.suffix.lower() == ".png":
            temporary.unlink(missing_ok=True)
            write_png(temporary, read_image(source))
        else:
            raise OutputError(f"{target}: cannot be written: a photograph is copied or made a PNG; found {source}")
    return target


def _target(path: Path, row: Format) -> Path:
    """The folder of the data set, or its index file."""
    if not row.index:
        return path
    suffix = Path(row.index).suffix
    return path if path.suffix.lower() == suffix and not path.is_dir() else path / row.index


def _journal_path(target: Path, row: Format) -> Path:
    return target.with_name(f".{target.name}.segweave.jsonl") if row.index else target / ".segweave.jsonl"


def _refuse_used(target: Path, row: Format, journal: SaveJournal) -> None:
    """Never mix a new data set with files that are there."""
    if journal.path.exists():
        raise UsageError(
            f"{target}: holds an interrupted conversion; go on with --resume (resume=True), or choose another folder"
        )
    if row.index and target.exists():
        raise UsageError(f"{target}: is there already; choose another name, or move it away")
    if not row.index and any(entry.name[0] != "." for entry in target.iterdir()):
        raise UsageError(f"{target}: is not empty; choose a new folder, so that no old files mix with the new ones")
