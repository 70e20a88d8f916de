"""The journal of a prediction run: one JSON line for each finished image, so that an interrupted run can go on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segweave.errors import OutputError, UsageError
from segweave.files import replacing
from segweave.formats import (
    AnnotationEntry,
    ImageEntry,
    ResultEntry,
    SegmentRow,
    annotation_entry,
    image_entry,
    result_entries,
    segment_rows,
)
from segweave.models.pipeline import Prediction
from segweave.models.protocol import Task
from segweave.segmentation import Instances


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all images of a run have in common. model: name or path; labels: names in order; manner: `Manner.words`."""

    model: str
    task: Task
    labels: tuple[str, ...]
    manner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One finished image. name: of its output files. stamp: tells whether the source has changed since. notes: what a
    person should know of it."""

    name: str
    source: str
    stamp: str
    image: ImageEntry
    annotation: AnnotationEntry | None
    results: list[ResultEntry]
    rows: list[SegmentRow]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal file of one run."""

    path: Path
    run: Run

    def start(self, finished: Iterable[Finished]) -> None:
        """Begin the file anew with what is finished already."""
        with replacing(self.path) as temporary, temporary.open("w", encoding="utf-8") as lines:
            lines.write(_line(asdict(self.run)))
            lines.writelines(_line(asdict(done)) for done in finished)

    def append(self, done: Finished) -> None:
        """Add a line; it is on its way to the disk when this returns."""
        try:
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write(_line(asdict(done)))
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror or error}") from None

    def read(self) -> list[Finished]:
        """The finished images whose source is unchanged; none when there is no journal.

        A last line that was cut off is left out. `UsageError` when the journal belongs to a run of another model,
        task or label set.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [parsed for line in lines if (parsed := _parsed(line)) is not None]
        expected = json.loads(json.dumps(asdict(self.run)))
        if not found or found[0] != expected:
            before = found[0] if found else "nothing that can be read"
            raise UsageError(
                f"{self.path.parent}: cannot be resumed: it holds a run of {_short(before)}, this is"
                f" {_short(expected)}; leave out --resume to begin anew, or choose another --out"
            )
        finished = [_finished(parsed) for parsed in found[1:]]
        return [done for done in finished if done is not None and done.stamp == stamp_of(Path(done.source))]


def finish(prediction: Prediction, image_id: int) -> Finished:
    """Everything about one predicted image that the index and the table say."""
    name, path, result = prediction.name, prediction.source.path, prediction.result
    return Finished(
        name=name,
        source=str(path),
        stamp=stamp_of(path),
        image=image_entry(image_id, _file_name(prediction), size=result.size),
        annotation=None if isinstance(result, Instances) else annotation_entry(image_id, f"{name}.png", seg=result),
        results=result_entries(image_id, result) if isinstance(result, Instances) else [],
        rows=segment_rows(name, result),
        notes=prediction.notes,
    )


def _file_name(prediction: Prediction) -> str:
    """The image's path relative to the folder the user named; for a frame of a video its name."""
    source = prediction.source
    if source.kind == "video":
        return prediction.name
    depth = source.name.count("/") + 1
    return "/".join(source.path.parts[-depth:])


def stamp_of(path: Path) -> str:
    """Size and time of change of a file, "" when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _line(value: object) -> str:
    return json.dumps(value) + "\n"  # ASCII, because a file name may hold bytes that are no Unicode


def _parsed(line: str) -> "dict[str, Any] | None":
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _finished(found: Mapping[str, Any]) -> Finished | None:
    """None for a line that is not one of ours: its image is done again."""
    try:
        rows = [SegmentRow(**{**row, "box": tuple(row["box"])}) for row in found["rows"]]
        return Finished(**{**found, "rows": rows, "notes": tuple(found["notes"])})
    except (KeyError, TypeError):
        return None


def _short(run: Mapping[str, Any] | str) -> str:
    if isinstance(run, str):
        return run
    manner = "".join(f", {word}" for word in run.get("manner") or ())
    return f"model {run.get('model')!r}, task {run.get('task')!r}{manner}"
