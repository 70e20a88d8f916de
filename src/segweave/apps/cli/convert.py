"""`segweave convert`: a data set in one format in, the same in another out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from segweave.apps.cli.notes import notes_json, print_notes
from segweave.apps.cli.opening import From, Labels, PhotographsIn, Source, label_set_named, open_source
from segweave.apps.cli.output import print_json, progress, say
from segweave.errors import SegweaveError, UsageError, did_you_mean

if TYPE_CHECKING:
    from segweave.formats import Dataset, Note
    from segweave.formats.save import Photographs

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class _Job:
    """What to write where."""

    target: str
    format: str
    photographs: "Photographs"
    resume: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """images: that were written."""

    images: int
    notes: "tuple[Note, ...]"
    errors: tuple[SegweaveError, ...]
    interrupted: bool


def convert(
    source: Source,
    target: Annotated[str, typer.Argument(metavar="DST", help="A new or empty folder.")],
    to: Annotated[str, typer.Option("--to", help="Format to write; `segweave formats` lists them.")],
    from_: From = None,
    labels: Labels = None,
    to_labels: Annotated[str | None, typer.Option(help="Say it in this label set: a name or a CSV file.")] = None,
    map_file: Annotated[
        str | None, typer.Option("--map", help="How, for --to-labels: a YAML of `labels suggest`; else by name.")
    ] = None,
    photographs: Annotated[str, typer.Option(help="copy, link (hard links, no space) or leave.")] = "copy",
    photographs_in: PhotographsIn = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when anything was lost or changed.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted conversion.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Convert a data set into another format; what was lost is printed as notes.

    Images that cannot be read are named and left out (exit 1).

    Examples:

      segweave convert coco/annotations/instances_val2017.json out --to yolo-seg

      segweave convert my-labelme-folder out --to coco-panoptic --strict

      segweave convert coco out --to cityscapes --to-labels cityscapes
    """
    from segweave.formats import format_named
    from segweave.formats.save import Photographs

    format_named(to)
    if photographs not in get_args(Photographs):
        raise UsageError(
            f"--photographs {photographs!r} is not known; {did_you_mean(photographs, get_args(Photographs))}"
        )
    data, found = open_source(source, format=from_, labels=labels, photographs=photographs_in)
    if to_labels is not None:
        data = _mapped(data, source, to_labels=to_labels, map_file=map_file)
    elif map_file is not None:
        raise UsageError("--map says how labels map; say onto which set with --to-labels SET")
    job = _Job(target, to, cast("Photographs", photographs), resume)
    outcome = _run(data, job)
    _report(outcome, job, found=found, json=json)
    lost = [note for note in outcome.notes if note.severity != "info"]
    if strict and lost:
        say(f"segweave: --strict: {len(lost)} notes of what was lost or changed")
    if outcome.interrupted:
        say(f"segweave: interrupted: {outcome.images} images are written; --resume goes on")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(int(bool(outcome.errors) or (strict and bool(lost))))


def _mapped(data: "Dataset", source: str, *, to_labels: str, map_file: str | None) -> "Dataset":
    from segweave.formats.mapped import mapped_dataset
    from segweave.labels import LabelMap

    target = label_set_named(to_labels)
    if map_file is None:
        label_map = LabelMap.by_synonyms(data.labels, target)
    else:
        label_map = LabelMap.from_yaml(data.labels, target, map_file)
    return mapped_dataset(data, label_map, Path(source))


def _run(data: "Dataset", job: _Job) -> _Outcome:
    from segweave.formats.save import saving

    notes: list[Note] = list(data.notes)
    errors: list[SegweaveError] = []
    images, interrupted = 0, False
    with progress("images", total=len(data)) as advance:
        try:
            for saved in saving(data, job.target, job.format, photographs=job.photographs, resume=job.resume):
                notes += saved.notes
                if saved.error is None:
                    images += 1
                    advance(None)
                else:
                    errors.append(saved.error)
                    advance(f"segweave: {saved.error}")
        except KeyboardInterrupt:
            interrupted = True
    return _Outcome(images, tuple(notes), tuple(errors), interrupted)


def _report(outcome: _Outcome, job: _Job, *, found: str, json: bool) -> None:
    if json:
        print_json(
            {
                "source_format": found,
                "format": job.format,
                "target": job.target,
                "images": outcome.images,
                "failed": len(outcome.errors),
                "errors": [str(error) for error in outcome.errors],
                "notes": notes_json(outcome.notes),
            }
        )
        return
    print_notes(outcome.notes)
    failed = f", {len(outcome.errors)} could not be converted" if outcome.errors else ""
    print(f"{job.target}: {outcome.images} images from {found} to {job.format}{failed}")
