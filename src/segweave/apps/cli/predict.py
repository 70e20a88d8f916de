"""`segweave predict`: images in, what is where out."""

from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from segweave.apps.cli.output import progress, say
from segweave.apps.cli.predict_output import Outcome, print_as_json, print_as_lines
from segweave.errors import UsageError, did_you_mean
from segweave.labels import Language

if TYPE_CHECKING:
    from segweave.formats import Source
    from segweave.models import Model, Task
    from segweave.models.folder import Look, PredictionFolder
    from segweave.models.journal import Finished
    from segweave.models.pipeline import Failure

INTERRUPTED = 130


def predict(
    source: Annotated[list[str], typer.Argument(help="Images, folders, globs (in quotes) or videos.")],
    task: Annotated[str, typer.Option(help="panoptic, instance or semantic.")] = "panoptic",
    model: Annotated[
        str, typer.Option(help="A name of `segweave models list`, an ONNX file or an extension plan.")
    ] = "street",
    out: Annotated[str | None, typer.Option(help="Folder for pictures, id maps and tables.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    opacity: Annotated[float, typer.Option(help="Of the colours: 0 photograph only .. 1 colours only.")] = 0.5,
    language: Annotated[str, typer.Option(help="Of the names in the pictures: en, ja or ko.")] = "en",
    colorblind: Annotated[bool, typer.Option("--colorblind", help="Colours that everybody can tell apart.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="For the network; 0 = all cores.")] = 0,
) -> None:
    """Say what is where in images and videos.

    With --out, each image NAME gets NAME.overlay.png, the picture to look at.

    Results: NAME.png and one panoptic.json (COCO panoptic), segments.csv;

    for --task instance COCO results with RLE masks in instances.json.

    Examples:

      segweave predict street.jpg --out results

      segweave predict "photos/**/*.jpg" --task instance --out results --json

      segweave predict drive/ --model mine.onnx --out results --resume
    """
    from segweave.formats import find_sources
    from segweave.models.folder import PredictionFolder
    from segweave.models.predict import check_task, load_model

    look = _checked_look(opacity, language, colorblind)
    if resume and out is None:
        raise UsageError("--resume goes on with the run in a folder; say in which with --out DIR")
    opened = load_model(model, threads=threads)
    check_task(opened, task)
    sources, problems = find_sources(source)
    for problem in problems:
        say(f"segweave: {problem}")
    if not sources:
        raise typer.Exit(2)
    for remark in opened.remarks:
        say(f"note: {remark}")
    folder = None
    if out is not None:
        folder = PredictionFolder.open(out, opened, cast("Task", task), sources=sources, look=look, resume=resume)
    done, failed, interrupted = _run(opened, sources, task=cast("Task", task), folder=folder)
    outcome = Outcome(opened, task, out, done, failed)
    (print_as_json if json else print_as_lines)(outcome)
    code = _last_words(outcome, interrupted=interrupted)
    raise typer.Exit(code or int(bool(problems)))


def _last_words(outcome: Outcome, *, interrupted: bool) -> int:
    """What a person should know now, on stderr; returns the exit code."""
    if outcome.out is None and outcome.done:
        say("note: nothing was written; --out DIR writes pictures, id maps and tables")
    if interrupted:
        go_on = "; --resume goes on" if outcome.out else ""
        say(f"segweave: interrupted: {len(outcome.done)} images are finished{go_on}")
        return INTERRUPTED
    return int(bool(outcome.failed))


def _run(
    model: "Model", sources: "tuple[Source, ...]", *, task: "Task", folder: "PredictionFolder | None"
) -> "tuple[list[Finished], list[Failure], bool]":
    """What is finished, what failed, and whether the user interrupted."""
    from segweave.models.pipeline import Failure, count_images
    from segweave.models.run import finished_images

    total = count_images(sources)
    if total is not None and folder:
        total -= len(folder.finished)
    done: list[Finished] = []
    failed: list[Failure] = []
    interrupted = False
    with progress("images", total=total) as advance:
        try:
            with finished_images(model, sources, task=task, folder=folder) as items:
                for item in items:
                    if isinstance(item, Failure):
                        failed.append(item)
                        advance(f"segweave: {item.error}")
                    else:
                        done.append(item)
                        advance(None)
        except KeyboardInterrupt:
            interrupted = True
    return list(folder.finished) if folder else done, failed, interrupted


def _checked_look(opacity: float, language: str, colorblind: bool) -> "Look":
    from segweave.models.folder import Look

    if not 0 <= opacity <= 1:
        raise UsageError(f"--opacity must lie in 0..1; found {opacity}")
    if language not in get_args(Language):
        raise UsageError(f"--language {language!r} is not known; {did_you_mean(language, get_args(Language))}")
    return Look(opacity=opacity, language=cast("Language", language), colorblind=colorblind)
