"""What a user asks of `segweave evaluate`, checked before anything is read."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast, get_args

from segweave.errors import OutputError, UsageError, did_you_mean
from segweave.evaluation import Convention
from segweave.report.evaluation import Task
from segweave.report.score import Question

_MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class Files:
    """One side as the user names it. format, labels: as the user names these too; None: to be found out."""

    path: str
    format: str | None = None
    labels: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What to read. against: the path of a second prediction, of the same format and labels as the first."""

    truth: Files
    prediction: Files
    against: str | None = None
    map_file: str | None = None
    photographs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What to write, and how to count. shard: (i, n), every n-th image from the i-th on, counted from 1."""

    counts: Path | None
    report: Path | None
    shard: tuple[int, int]
    resume: bool
    skip_missing: bool
    workers: int

    @classmethod
    def checked(
        cls,
        counts: str | None,
        report: str | None,
        shard: str | None,
        *,
        force: bool,
        resume: bool,
        skip_missing: bool,
        workers: int,
    ) -> Self:
        """Raises `OutputError` where a file is in the way, `UsageError` for options that do not go together."""
        if resume and counts is None:
            raise UsageError("--resume goes on with the file of --counts; name it")
        if workers > _MOST_WORKERS:
            raise UsageError(f"--workers must lie in 0..{_MOST_WORKERS}; found {workers}")
        for file in (report, None if resume else counts):
            if file is not None:
                check_free(Path(file), force=force)
        return cls(
            counts=None if counts is None else Path(counts),
            report=None if report is None else Path(report),
            shard=shard_named(shard),
            resume=resume,
            skip_missing=skip_missing,
            workers=workers or os.cpu_count() or 1,
        )


def question(task: str, convention: str, **wanted: bool) -> Question:
    """What to compute; `UsageError` for names that are not known and for what a task does not have."""
    for option, value, known in (("--task", task, get_args(Task)), ("--convention", convention, get_args(Convention))):
        if value not in known:
            raise UsageError(f"{option} {value!r} is not known; {did_you_mean(value, known)}")
    if wanted["errors"] and task != "panoptic":
        raise UsageError(f"--errors says where PQ is lost; --task {task} has no PQ")
    if wanted["boundary"] and task == "instance":
        raise UsageError("--boundary is for --task panoptic and --task semantic")
    if wanted["cityscapes"] and task != "instance":
        raise UsageError("--cityscapes is the AP of the Cityscapes benchmark; it needs --task instance")
    return Question(task=cast("Task", task), convention=cast("Convention", convention), **wanted)


def check_free(path: Path, *, force: bool) -> None:
    """Raises `OutputError` where something is at `path`, and where its folder is not there."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; expected the name of a file to write")
    if path.exists() and not force:
        raise OutputError(f"{path}: is there already; --force replaces it")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: the folder {path.absolute().parent} is not there; make it first")


def shard_named(text: str | None) -> tuple[int, int]:
    """(i, n) of `i/n`, (1, 1) for None; `UsageError` for anything else."""
    if text is None:
        return 1, 1
    first, slash, last = text.partition("/")
    if slash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last):
        return int(first), int(last)
    raise UsageError(f"--shard {text!r}: expected i/n with 1 <= i <= n, for example 2/8")
