"""Notes of what was lost, for people and as JSON."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from segweave.apps.cli.output import Json, say

if TYPE_CHECKING:
    from segweave.formats import Note


def print_notes(notes: "Iterable[Note]") -> None:
    """`note_lines` on stderr."""
    for line in note_lines(notes):
        say(line)


def note_lines(notes: "Iterable[Note]") -> list[str]:
    """One line for each kind of note: how often, and the first of it."""
    groups: dict[tuple[str, str], list[Note]] = {}
    for note in notes:
        groups.setdefault((note.kind, _pattern(note.reason)), []).append(note)
    lines = []
    for (kind, _), same in groups.items():
        times = "" if len(same) == 1 else f", {len(same)} times, the first"
        lines.append(f"note ({kind}){times}: {same[0]}")
    return lines


def notes_json(notes: "Iterable[Note]") -> Json:
    """Every note with file, place, reason, kind and severity."""
    return [
        {"file": str(n.file), "place": n.place, "reason": n.reason, "kind": n.kind, "severity": n.severity}
        for n in notes
    ]


def _pattern(reason: str) -> str:
    """The reason without its numbers, names and counts, so that notes of one kind fall together."""
    return re.sub(r"\'[^\']*\'|\d[\d.,]*|\b(is|are)\b|s\b", "", reason)
