"""`FORMATS`: the annotation formats that segweave reads and writes, one row each."""

import zipfile
from dataclasses import replace
from pathlib import Path

from segweave.errors import FormatError, UsageError, did_you_mean
from segweave.formats import (
    ade20k_reader,
    apolloscape,
    bdd100k,
    camvid_reader,
    cityscapes,
    coco_instances_reader,
    coco_panoptic_reader,
    coco_results_reader,
    cvat,
    labelme_reader,
    mapillary,
    masks,
    voc_reader,
    yolo_seg,
)
from segweave.formats.dataset import Dataset, Note
from segweave.formats.format import Format
from segweave.formats.json_parts import load_json
from segweave.formats.label_file import find_label_file
from segweave.labels import LabelTable

FORMATS: tuple[Format, ...] = (
    apolloscape.FORMAT,
    cityscapes.FORMAT,
    bdd100k.FORMAT,
    coco_panoptic_reader.FORMAT,
    coco_instances_reader.FORMAT,
    coco_results_reader.FORMAT,
    cvat.FORMAT,
    labelme_reader.FORMAT,
    mapillary.FORMAT,
    ade20k_reader.FORMAT,
    camvid_reader.FORMAT,
    voc_reader.FORMAT,
    yolo_seg.FORMAT,
    masks.FORMAT,
)
"""Where a path looks like several formats, the first row wins, so formats with telling file names come first."""


def format_named(name: str) -> Format:
    """The row called `name`; `UsageError` with near matches when there is none.

    >>> format_named("coco-panoptic").index
    'panoptic.json'
    """
    for row in FORMATS:
        if row.name == name:
            return row
    raise UsageError(f"format {name!r} is not known; {did_you_mean(name, [row.name for row in FORMATS])}")


def detect(path: str | Path) -> tuple[str, ...]:
    """Names of the formats that the files at `path` have, by content and layout, the likeliest first.

    Raises `FormatError` when there is nothing at `path`; an empty result when it is none of `FORMATS`.
    """
    path = _existing(path)
    return tuple(row.name for row in FORMATS if row.recognise(path))


def open_dataset(
    path: str | Path,
    format: str | None = None,
    *,
    labels: LabelTable | None = None,
    images: str | Path | None = None,
) -> Dataset:
    """Open a data set of any format in `FORMATS`: a folder, or one annotation file.

    format: its name; without it the files are looked at. labels: what the ids or names in the files mean, where they
    do not say so and are not those of the format's own data set; a `NAME.labels.csv` beside the files is found by
    itself. images: a folder to look for the photographs first. Samples are read when they are asked for.

    Raises `FormatError` for files that are not what their format promises, `UsageError` for an unknown format.
    """
    path = _existing(path)
    others: tuple[str, ...] = ()
    if format is None:
        found = detect(path)
        if not found:
            raise FormatError(f"{path}: {_why_none(path)}")
        format, others = found[0], found[1:]
    row = format_named(format)
    if labels is None:
        labels = find_label_file(path if path.is_dir() else path.parent)
    data = row.open(path, labels=labels, images=None if images is None else Path(images))
    if not others:
        return data
    reason = f"read as {format}; looks like {' and '.join(others)} too, name the format to read that"
    return replace(data, notes=(Note(path, "", reason, "assumed"), *data.notes))


def _why_none(path: Path) -> str:
    known = ", ".join(row.name for row in FORMATS)
    if zipfile.is_zipfile(path):
        return "is a zip archive; unpack it and name the folder"
    if path.suffix.lower() == ".json":
        load_json(path)  # says where it is no JSON
    return f"looks like none of the formats {known}; name its format if it is one of them"


def _existing(path: str | Path) -> Path:
    path = Path(path)
    try:
        if path.exists():
            return path
        reason = "there is no such file or folder"
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise FormatError(f"{path}: {reason}")
