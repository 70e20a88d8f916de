"""`segweave check`: the panoptic linter for data sets of any format."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli.notes import notes_json, print_notes
from segweave.apps.cli.opening import From, Labels, PhotographsIn, Source, open_source
from segweave.apps.cli.output import Json, print_json, print_table, progress, say

if TYPE_CHECKING:
    from segweave.formats import Dataset, Note
    from segweave.formats.findings import Checked, Finding

SHOWN = 10
"""Findings of one kind that are printed; all are in the JSON."""


def check(
    source: Source,
    from_: From = None,
    labels: Labels = None,
    photographs_in: PhotographsIn = None,
    fix: Annotated[str | None, typer.Option(help="Write a repaired copy to this new or empty folder.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for any warning or error.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for mistakes in a data set: what is in it, what is wrong, and where.

    Finds segments without pixels and pixels without a segment, things annotated twice, overlaps, gaps, slivers and
    specks, stuff in pieces, crowds of stuff, wrong areas and sizes, unknown labels, files that cannot be read (exit 1).

    Examples:

      segweave check my-data

      segweave check annotations.xml --from cvat --fix repaired
    """
    from segweave.formats.check import check_dataset
    from segweave.formats.findings import sum_of

    data, found = open_source(source, format=from_, labels=labels, photographs=photographs_in)
    with progress("images", total=len(data)) as advance:
        parts = []
        for part in check_dataset(data, source):
            parts.append(part)
            if len(parts) > 1:  # the first is about the data set as a whole
                advance(None)
    checked = sum_of(parts)
    fixed = _fix(data, Path(source), found, target=fix) if fix is not None else ()
    if json:
        print_json(_as_json(checked, found, fixed))
    else:
        _print(checked, found)
        print_notes(fixed)
    if fix is not None and not json:
        print(f"{fix}: a repaired copy, {len(fixed)} changes")
    unreadable = any(finding.kind == "unreadable" for finding in checked.findings)
    wrong = any(finding.severity != "info" for finding in checked.findings)
    raise typer.Exit(int(unreadable or (strict and wrong)))


def _fix(data: "Dataset", source: Path, format: str, *, target: str) -> "tuple[Note, ...]":
    """Write the repaired copy; returns what was changed, by the reader or by the repair."""
    from segweave.formats.repair import repaired_dataset
    from segweave.formats.save import saving

    changes: list[Note] = []
    with progress("images", total=len(data)) as advance:
        for saved in saving(repaired_dataset(data, source), target, format):
            changes += [note for note in saved.notes if note.severity != "info" or note.kind == "repaired"]
            advance(None if saved.error is None else f"segweave: left out: {saved.error}")
    return tuple(changes)


def _as_json(checked: "Checked", format: str, fixed: "tuple[Note, ...]") -> Json:
    return {
        "format": format,
        "images": checked.images,
        "segments": checked.segments,
        "labels": {
            name: {"segments": count.segments, "pixels": count.pixels} for name, count in checked.labels.items()
        },
        "pixels": checked.pixels,
        "void_pixels": checked.void_pixels,
        "findings": [_finding_json(finding) for finding in checked.findings],
        "notes": notes_json(checked.notes),
        "fixed": notes_json(fixed),
    }


def _finding_json(finding: "Finding") -> Json:
    return {
        "file": str(finding.file),
        "place": finding.place,
        "segment": finding.segment,
        "source_id": finding.source_id,
        "kind": finding.kind,
        "severity": finding.severity,
        "message": finding.message,
    }


def _print(checked: "Checked", format: str) -> None:
    share = f" ({checked.void_pixels / checked.pixels:.1%} of the pixels)" if checked.pixels else ""
    print(f"{format}: {checked.images} images, {checked.segments} segments, {checked.void_pixels:,} px void{share}\n")
    ordered = sorted(checked.labels.items(), key=lambda item: -item[1].pixels)
    rows = [(name, f"{count.segments:,}", f"{count.pixels:,}") for name, count in ordered]
    print_table(("label", "segments", "pixels"), rows, right=("segments", "pixels"))
    print_notes(note for note in checked.notes if note.severity == "info")
    counts = Counter((finding.severity, finding.kind) for finding in checked.findings)
    for (severity, kind), n in sorted(counts.items()):
        print(f"\n{severity}: {kind}, {n}")
        same = [f for f in checked.findings if (f.severity, f.kind) == (severity, kind)]
        for finding in same[:SHOWN]:
            print(f"  {finding}")
        if n > SHOWN:
            print(f"  ... and {n - SHOWN} more; --json has them all")
    if not checked.findings:
        print("\nno findings")
    elif all(severity == "info" for severity, _ in counts):
        say("nothing is wrong")
