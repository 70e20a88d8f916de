"""`segweave predict` at work: the sources found, the model opened, what is done and what failed told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import typer

from segweave.apps.cli.output import Progress, progress, say
from segweave.apps.cli.predict_output import Outcome, print_as_json, print_as_lines
from segweave.errors import UsageError
from segweave.formats import Source, find_sources
from segweave.models.folder import Look, PredictionFolder
from segweave.models.journal import Finished
from segweave.models.manner import Manner
from segweave.models.pipeline import Failure, count_images
from segweave.models.predict import Model, check_task, load_model
from segweave.models.protocol import Task
from segweave.models.run import finished_images
from segweave.models.tiles import Watch

INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user wants: of which sources, how, and where to. task: as typed; None: the first the model offers."""

    sources: list[str]
    task: str | None
    out: str | None
    resume: bool
    look: Look
    manner: Manner

    @property
    def checked_task(self) -> Task:
        """The task, once the model has been asked whether it offers it."""
        return cast("Task", self.task)


def run(
    request: Request, name: str, *, labels: str | None = None, weights: str | None = None, threads: int, json: bool
) -> None:
    """Predict, tell, and leave with the exit code. labels, weights: of the model, as in `load_model`."""
    if request.out is None and (request.resume or request.manner.confidence):
        option = "--resume goes on with the run in" if request.resume else "--confidence writes maps to"
        raise UsageError(f"{option} a folder; say which with --out DIR")
    model = load_model(name, labels=labels, weights=weights, threads=threads)
    task = request.task or model.tasks[0]
    check_task(model, task)
    request = replace(request, task=task)
    request.manner.applied(model, request.checked_task)  # what cannot be asked is said before a folder is made
    sources, problems = find_sources(request.sources)
    for problem in problems:
        say(f"segweave: {problem}")
    if not sources:
        raise typer.Exit(2)
    for remark in model.remarks:
        say(f"note: {remark}")
    done, failed, interrupted = _finish_all(model, request, sources)
    outcome = Outcome(model, task, request.out, done, failed, confidence=request.manner.confidence)
    (print_as_json if json else print_as_lines)(outcome)
    code = _last_words(outcome, interrupted=interrupted)
    raise typer.Exit(code or int(bool(problems)))


def _finish_all(
    model: Model, request: Request, sources: Sequence[Source]
) -> tuple[Sequence[Finished], list[Failure], bool]:
    """What is finished, what failed, and whether the user interrupted."""
    folder = _folder(model, request, sources)
    total = count_images(sources)
    if total is not None and folder:
        total -= len(folder.finished)
    done: list[Finished] = []
    failed: list[Failure] = []
    interrupted = False
    with progress("images", total=total) as told:
        shown = request.manner.applied(model, request.checked_task, watch=_watch(told))
        try:
            with finished_images(
                shown, sources, task=request.checked_task, folder=folder, manner=request.manner
            ) as items:
                for item in items:
                    if isinstance(item, Failure):
                        failed.append(item)
                        told(f"segweave: {item.error}")
                    else:
                        done.append(item)
                        told(*(f"note: {item.source}: {note}" for note in item.notes))
        except KeyboardInterrupt:
            interrupted = True
    return folder.finished if folder else done, failed, interrupted


def _folder(model: Model, request: Request, sources: Sequence[Source]) -> PredictionFolder | None:
    if request.out is None:
        return None
    return PredictionFolder.open(
        request.out,
        model,
        request.checked_task,
        sources=sources,
        look=request.look,
        resume=request.resume,
        manner=request.manner,
    )


def _watch(told: Progress) -> Watch:
    return lambda done, total: told.show(f"tile {done} of {total}" if done < total else "")


def _last_words(outcome: Outcome, *, interrupted: bool) -> int:
    """What a person should know now, on stderr; returns the exit code."""
    if outcome.out is None and outcome.done:
        say("note: nothing was written; --out DIR writes pictures, id maps and tables")
    if interrupted:
        go_on = "; --resume goes on" if outcome.out else ""
        say(f"segweave: interrupted: {len(outcome.done)} images are finished{go_on}")
        return INTERRUPTED
    return int(bool(outcome.failed))
