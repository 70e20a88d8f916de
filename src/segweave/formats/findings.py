"""What `segweave check` finds: the types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from segweave.formats.dataset import Note, NoteKind, Severity

FindingKind = NoteKind | Literal["gap", "mostly-void", "sliver", "stray-part", "stuff-split", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    place: the image, or what the reader said of image and segment. segment: its index in the truth, None where the
    finding is not about one. source_id: that segment's id in the file.
    """

    file: Path
    place: str
    kind: FindingKind
    severity: Severity
    message: str
    segment: int | None = None
    source_id: int | str | None = None

    def __str__(self) -> str:
        named = self.segment if self.source_id is None else self.source_id
        segment = "" if self.segment is None else f"segment {named}"
        return ": ".join(part for part in (str(self.file), self.place, segment, self.message) if part)


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How much there is of one label; pixels: of all its segments, hidden ones counted too."""

    segments: int = 0
    pixels: int = 0

    def __add__(self, other: "LabelCount") -> "LabelCount":
        return LabelCount(self.segments + other.segments, self.pixels + other.pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in some images; `sum_of` adds them up.

    labels: by name, those that occur. pixels: of the images. void_pixels: those in no segment.
    """

    images: int = 0
    segments: int = 0
    pixels: int = 0
    void_pixels: int = 0
    labels: Mapping[str, LabelCount] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


def sum_of(parts: Iterable[Checked]) -> Checked:
    """The sum of all parts, in one pass."""
    parts = list(parts)
    labels: dict[str, LabelCount] = {}
    for part in parts:
        for name, count in part.labels.items():
            labels[name] = labels.get(name, LabelCount()) + count
    return Checked(
        images=sum(part.images for part in parts),
        segments=sum(part.segments for part in parts),
        pixels=sum(part.pixels for part in parts),
        void_pixels=sum(part.void_pixels for part in parts),
        labels=labels,
        findings=tuple(finding for part in parts for finding in part.findings),
        notes=tuple(note for part in parts for note in part.notes),
    )
