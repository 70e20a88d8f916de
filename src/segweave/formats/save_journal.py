"""The journal of a conversion: one JSON line for each finished image, so that an interrupted run can go on."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from segweave.errors import OutputError, UsageError
from segweave.files import replacing
from segweave.formats.dataset import Note, NoteKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One image that has been written. place: in the data set. piece: what the writer's `finish` needs of it."""

    place: int
    name: str
    piece: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveJournal:
    """The journal file of one conversion; format, labels and images: what must be the same to go on with it."""

    path: Path
    format: str
    labels: tuple[str, ...]
    images: int

    def start(self, done: Iterable[Done]) -> None:
        """Begin the file anew with what is finished already."""
        with replacing(self.path) as temporary, temporary.open("w", encoding="ascii") as lines:
            lines.write(json.dumps(self._head()) + "\n")
            lines.writelines(_line(entry) for entry in done)

    def append(self, entry: Done) -> None:
        """Add a line; it is on its way to the disk when this returns."""
        try:
            with self.path.open("a", encoding="ascii") as lines:
                lines.write(_line(entry))
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror or error}") from None

    def read(self) -> list[Done]:
        """The finished images; none when there is no journal. A line that was cut off is left out.

        `UsageError` when the journal belongs to a conversion of other labels, images or format.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
        found = [parsed for line in lines if (parsed := _parsed(line)) is not None]
        if not found or found[0] != self._head():
            raise UsageError(
                f"{self.path.parent}: cannot be resumed: it holds the start of a conversion of other images, other"
                " labels or to another format; choose another folder"
            )
        return [entry for entry in map(_done, found[1:]) if entry is not None and entry.place < self.images]

    def remove(self) -> None:
        """The conversion is complete."""
        self.path.unlink(missing_ok=True)

    def _head(self) -> dict[str, str | int]:
        names = hashlib.sha256("\n".join(self.labels).encode(errors="surrogateescape")).hexdigest()
        return {"format": self.format, "labels": names, "images": self.images}


def _line(entry: Done) -> str:
    notes = [[str(n.file), n.place, n.reason, n.kind] for n in entry.notes]
    return json.dumps({**asdict(entry), "notes": notes}) + "\n"  # ASCII: names may hold bytes that are no Unicode


def _parsed(line: str) -> "dict[str, Any] | None":
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _done(found: "dict[str, Any]") -> Done | None:
    """None for a line that is not one of ours: its image is done again."""
    try:
        notes = tuple(Note(Path(file), place, reason, kind) for file, place, reason, kind in found["notes"])
        entry = Done(**{**found, "notes": notes})
    except (KeyError, TypeError, ValueError):
        return None
    known = all(note.kind in get_args(NoteKind) for note in entry.notes)
    return entry if known and type(entry.place) is int and entry.place >= 0 and isinstance(entry.piece, str) else None
