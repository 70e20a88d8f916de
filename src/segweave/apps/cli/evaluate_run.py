"""What `segweave evaluate` does, step by step: open, count, score, show."""

from dataclasses import dataclass, replace
from pathlib import Path

import typer

from segweave.apps.cli.evaluate_request import Keep, Opening
from segweave.apps.cli.evaluate_show import made_by, show, write_page
from segweave.apps.cli.notes import note_lines
from segweave.apps.cli.opening import check_is_there, open_source, table_named
from segweave.apps.cli.output import progress, say
from segweave.errors import FormatError, UsageError
from segweave.evaluation.agreement import AgreementCounts
from segweave.formats import format_named
from segweave.formats.attributes_csv import read_attributes
from segweave.formats.pairing import missing_message
from segweave.formats.prediction import open_prediction
from segweave.report.count import (
    Count,
    Fault,
    Piece,
    count_annotators,
    count_instances,
    count_segments,
    count_segments_and_boundary,
)
from segweave.report.count import counted as counted_pieces
from segweave.report.counts import Counts, counts_of, merged
from segweave.report.counts_file import load_counts, save_counts
from segweave.report.opening import paired, remarks, with_stated_areas
from segweave.report.paired import Paired, Side
from segweave.report.score import Question, scored

INTERRUPTED = 130
_SKIP = "--skip-missing leaves such images out"


def run(opening: Opening, question: Question, keep: Keep, *, slices: str | None, json: bool) -> None:
    """Open both sides, count, score and show."""
    if slices is not None:
        read_attributes(slices)  # before anything takes long
    pair, said = opened(opening, question, keep)
    counts, noted = _counted(pair, question, keep)
    other = None
    if opening.against is not None:
        second, _ = opened(
            replace(opening, prediction=replace(opening.prediction, path=opening.against)), question, keep
        )
        other, _ = _counted(second, question, replace(keep, counts=None, resume=False))
    finish(
        counts,
        question,
        against=other,
        slices=slices,
        report=keep.report,
        json=json,
        shown=Shown(pair, (*said, *noted)),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page has beyond numbers: the pairs, for pictures; notes, for the reader."""

    pair: Paired
    notes: tuple[str, ...]


def finish(
    counts: Counts,
    question: Question,
    *,
    slices: str | None,
    report: Path | None,
    json: bool,
    against: Counts | None = None,
    shown: Shown | None = None,
) -> None:
    """Score counts, write the page and show the numbers."""
    attributes = None if slices is None else read_attributes(slices)
    asked = question if report is None else replace(question, intervals=True, errors=question.task == "panoptic")
    known = shown.notes if shown else ()
    found = scored(counts, asked, against=against, attributes=attributes, notes=known)
    for line in found.notes[len(known) :]:
        say(f"note: {line}")
    if report is not None:
        from segweave.report.evaluation_page import evaluation_page
        from segweave.report.worst_pictures import worst_pictures

        pictures = worst_pictures(shown.pair, counts, asked) if shown else None
        write_page(report, evaluation_page(found, pictures, made_by=made_by()))
    wanted = replace(
        found, errors=found.errors if question.errors else None, intervals=found.intervals if question.intervals else {}
    )
    show(wanted, json=json)


def opened(opening: Opening, question: Question, keep: Keep) -> tuple[Paired, tuple[str, ...]]:
    """The pairs of this shard, and what a reader of the numbers should know of the two data sets."""
    there, here = opening.truth, opening.prediction
    data, format = open_source(there.path, format=there.format, labels=there.labels, photographs=opening.photographs)
    truth = Side(data=data, path=Path(there.path))
    check_is_there(here.path)
    if here.format is not None:
        format_named(here.format)
    guess = open_prediction(here.path, here.format, truth=data, labels=table_named(here.labels))
    prediction = Side(data=guess, path=Path(here.path))
    if question.task == "instance":
        truth = with_stated_areas(truth)
    pair = paired(truth, prediction, map_file=opening.map_file)
    missing = missing_message(pair.pairing, truth_path=truth.path, prediction_path=prediction.path)
    if missing and not keep.skip_missing:
        raise FormatError(f"{missing}; {_SKIP}")
    noted = note_lines((*data.notes, *guess.notes))
    remarked = (*remarks(pair, task=question.task, truth_format=format), *([missing] if missing else []))
    for line in (*noted, *(f"note: {line}" for line in remarked)):
        say(line)
    return pair.shard(*keep.shard), (*noted, *remarked)


def _counted(pair: Paired, question: Question, keep: Keep) -> tuple[Counts, tuple[str, ...]]:
    """The counts of all pairs, and the notes of the truth."""
    known = _kept(pair, question, keep.counts) if keep.resume and keep.counts is not None else None
    todo = pair if known is None else pair.without({image.id for image in known.images})
    pieces, faults, interrupted = _pieces(todo, _count(question), keep)
    fresh = None
    if pieces or known is None:
        fresh = counts_of(
            pieces,
            pair.label_map,
            task=question.task,
            truth=str(pair.truth.path),
            prediction=str(pair.prediction.path),
            skipped=tuple(str(fault.error) for fault in faults),
        )
    counts = merged([part for part in (known, fresh) if part is not None])
    if keep.counts is not None:
        save_counts(keep.counts, counts)
    if interrupted:
        kept = f"; --resume goes on with {keep.counts}" if keep.counts else "; nothing was kept (--counts would)"
        say(f"segweave: interrupted after {len(counts.images)} images{kept}")
        raise typer.Exit(INTERRUPTED)
    lines = note_lines(note for piece in pieces for note in piece.notes if note.severity != "info")
    for line in lines:
        say(line)
    return counts, tuple(lines)


def _kept(pair: Paired, question: Question, path: Path) -> Counts | None:
    """The counts in a file; `UsageError` where they are not of these data sets or of another question."""
    if not path.exists():
        return None
    known = load_counts(path)
    sides = {"truth": (known.truth, pair.truth.path), "prediction": (known.prediction, pair.prediction.path)}
    for side, (before, now) in sides.items():
        if before != str(now):
            raise UsageError(f"{path}: holds counts of the {side} {before}, not of {now}; name another file")
    if known.task != question.task or (known.boundary is not None) != question.boundary:
        boundary = "with" if known.boundary is not None else "without"
        raise UsageError(f"{path}: holds counts for --task {known.task} {boundary} --boundary; ask for the same")
    return known


def _pieces(pair: Paired, count: Count, keep: Keep) -> tuple[list[Piece], list[Fault], bool]:
    """What was counted, what could not be, and whether the user interrupted."""
    pieces: list[Piece] = []
    faults: list[Fault] = []
    with progress("images", total=len(pair)) as advance:
        try:
            for item in counted_pieces(pair, count, workers=keep.workers):
                if isinstance(item, Piece):
                    pieces.append(item)
                    advance(None)
                elif keep.skip_missing:
                    faults.append(item)
                    advance(f"skipped: {item.error}")
                else:
                    raise type(item.error)(f"{item.error}; {_SKIP}")
        except KeyboardInterrupt:
            return pieces, faults, True
    return pieces, faults, False


def _count(question: Question) -> Count:
    if question.task == "instance":
        return count_instances
    return count_segments_and_boundary if question.boundary else count_segments


def agreement_pieces(pair: Paired, keep: Keep) -> list[AgreementCounts]:
    """The agreement on every image."""
    pieces, _, interrupted = _pieces(pair, count_annotators, keep)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    return [piece.agreement for piece in pieces if piece.agreement is not None]
