"""`segweave extend learn` and `segweave extend merge`: what the truth is where two models say this and that."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli import extend_options as option
from segweave.apps.cli.output import Json, print_json, progress, say
from segweave.errors import OutputError, SegweaveError

if TYPE_CHECKING:
    from segweave.combine import CooccurrenceCounts
    from segweave.models.learn import Learnt, Lesson

INTERRUPTED = 130
_KEEP_EVERY = 25  # images between two looks at the disk: what an accident may cost


def learn(
    dataset: option.Data,
    primary: option.Primary,
    secondary: option.Secondary,
    out: option.CountsOut,
    format: option.Format = None,
    labels: option.DataLabels = None,
    map_file: option.TruthMap = None,
    photographs_in: option.PhotographsIn = None,
    shard: option.Shard = None,
    resume: option.Resume = False,
    force: option.Force = False,
    threads: option.Threads = 0,
    json: option.AsJson = False,
) -> None:
    """Run two models over labelled images and count what is there where they say this and that.

    DATASET: the validation split of what the secondary was trained on. Needed for the modes cooccurrence and guarded,
    and for forecasts; mode odds needs none of it. Ctrl-C keeps what is counted; --resume goes on.

    Examples:

      segweave extend learn --primary city.onnx --secondary ade.onnx ADEChallengeData2016/validation --out counts.npz

      segweave extend learn ... --out part-1.npz --shard 1/4
    """
    from segweave.apps.cli.evaluate_request import shard_named
    from segweave.apps.cli.extend_opening import Labelled, opened_lesson
    from segweave.models.learn import finished

    path, unfinished = Path(out), Path(f"{out}.unfinished")
    _check_free(path, unfinished, force=force, resume=resume)
    data = Labelled(dataset, format, labels, photographs_in)
    models = primary, secondary
    lesson = opened_lesson(data, models, map_file=map_file, shard=shard_named(shard), threads=threads)
    learnt, failed = _run(lesson, unfinished, resume=resume)
    counts = finished(lesson, learnt)
    counts.save(path)
    unfinished.unlink(missing_ok=True)
    _tell(counts, path, json=json)
    raise typer.Exit(int(bool(failed)))


def merge(
    files: Annotated[list[str], typer.Argument(metavar="A.npz B.npz ...", help="Counts of `segweave extend learn`.")],
    out: Annotated[str, typer.Option(help="Write the sum to this .npz.")],
    force: option.Force = False,
    json: option.AsJson = False,
) -> None:
    """Add counts of shards or data sets: the same as one run over all their images.

    Refused when the label lists or models differ, or a shard is in twice.

    Example:  segweave extend merge part-1.npz part-2.npz --out counts.npz
    """
    from segweave.apps.cli.evaluate_request import check_free
    from segweave.combine import CooccurrenceCounts

    check_free(Path(out), force=force)
    total = CooccurrenceCounts.load(files[0])
    for file in files[1:]:
        more = CooccurrenceCounts.load(file)
        try:
            total += more
        except SegweaveError as error:
            raise type(error)(f"{file}: {error}") from None
    total.save(out)
    _tell(total, Path(out), json=json)


def _check_free(path: Path, unfinished: Path, *, force: bool, resume: bool) -> None:
    from segweave.apps.cli.evaluate_request import check_free

    check_free(path, force=force)
    if unfinished.exists() and not resume and not force:
        go_on = "--resume goes on with it, --force begins anew"
        raise OutputError(f"{unfinished}: an interrupted run is kept there; {go_on}")


def _run(lesson: "Lesson", unfinished: Path, *, resume: bool) -> "tuple[Learnt, int]":
    """The sum of all images, and how many failed; leaves when the user interrupts, what is counted kept."""
    from segweave.models.learn import Learnt, learn, resumed, save_unfinished

    if resume and not unfinished.exists():
        say(f"note: {unfinished}: there is no interrupted run; beginning anew")
    known = resumed(lesson, unfinished) if resume and unfinished.exists() else Learnt(lesson.nothing(), 0)
    failed = 0
    with progress("images", total=len(lesson.places) - known.done) as advance:
        try:
            for learnt in learn(lesson, known):
                fault = learnt.error if learnt.error is not known.error else None
                known = learnt
                failed += fault is not None
                advance(None if fault is None else f"segweave: {fault}")
                if known.done % _KEEP_EVERY == 0:
                    save_unfinished(lesson, known, unfinished)
        except KeyboardInterrupt:
            save_unfinished(lesson, known, unfinished)
            say(f"segweave: interrupted: {known.done} of {len(lesson.places)} images are counted; --resume goes on")
            raise typer.Exit(INTERRUPTED) from None
    return known, failed


def _tell(counts: "CooccurrenceCounts", path: Path, *, json: bool) -> None:
    pixels = counts.pixels.sum(axis=2)
    images, total, seen = counts.provenance.n_images, int(pixels.sum()), int((pixels > 0).sum())
    facts: dict[str, Json] = {
        "counts": str(path),
        "images": images,
        "pixels": total,
        "pairs_seen": seen,
        "pairs": pixels.size,
        "primary": counts.provenance.primary,
        "secondary": counts.provenance.secondary,
        "parts": list(counts.provenance.parts),
    }
    if json:
        print_json(facts)
        return
    print(f"{path}: {images:,} images, {total:,} pixels")
    print(f"{seen:,} of {pixels.size:,} pairs of labels were seen")
