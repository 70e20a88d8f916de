"""`<meta>` of CVAT's XML: labels, and the size and numbers of a video's frames."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from segweave.formats.cvat_frames import step_of
from segweave.formats.cvat_numbers import whole_of, whole_or_text
from segweave.formats.cvat_shapes import OWN_ATTRIBUTES, hex_color
from segweave.formats.dataset import Note
from segweave.formats.json_parts import checked_pixels
from segweave.formats.xml_parts import Element
from segweave.labels import Color


@dataclass(frozen=True, slots=True)
class Meta:
    """labels: (name, colour) in the order of the file. sizes: (height, width) px of the frames of each task.

    start, step: the number of the first frame, and from one to the next. count: frames, None where it is not said.
    """

    labels: tuple[tuple[str, Color | None], ...] = ()
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    start: int = 0
    step: int = 1
    count: int | None = None
    notes: tuple[Note, ...] = ()

    def size_of(self, task: str) -> tuple[int, int] | None:
        """(height, width) px of the frames of a task; of the only task where there is one."""
        if task not in self.sizes and len(self.sizes) == 1:
            return next(iter(self.sizes.values()))
        return self.sizes.get(task)


def read_meta(meta: Element | None, path: Path) -> Meta:
    """What `<task>`, `<job>` or `<project>` of a file say; a file may do without any of it."""
    if meta is None:
        return Meta()
    labels: list[tuple[str, Color | None]] = []
    sizes: dict[str, tuple[int, int]] = {}
    said: set[str] = set()
    for element in meta.inside():
        if element.tag == "label" and not element.text_of("parent"):  # a part of a skeleton has a parent
            labels.append((element.text_of("name"), hex_color(element.text_of("color"))))
            said |= {e.text_of("name") for e in element.inside() if e.tag == "attribute"}
        size = element.child("original_size")
        if size is not None:
            sizes[element.text_of("id")] = _size(size, f"{path}:{size.line}: original_size")
    task = next((e for e in meta.inside() if e.child("start_frame") is not None or e.child("size") is not None), meta)
    start, count = whole_or_text(task.text_of("start_frame")), whole_or_text(task.text_of("size"))
    foreign = sorted(said - set(OWN_ATTRIBUTES))
    reason = "are attributes of shapes, which we have no place for; not read"
    return Meta(
        labels=tuple(labels),
        sizes=sizes,
        start=start if isinstance(start, int) else 0,
        step=step_of(task.text_of("frame_filter")),
        count=count if isinstance(count, int) else None,
        notes=(Note(path, ", ".join(map(repr, foreign)), reason, "cannot-hold"),) if foreign else (),
    )


def _size(element: Element, where: str) -> tuple[int, int]:
    said = {key: element.text_of(key) for key in ("height", "width")}
    size = whole_of(said, "height", where, low=1), whole_of(said, "width", where, low=1)
    return checked_pixels(size, where)
