"""Frames of a video in CVAT: they have numbers, the files do not say which photograph is which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segweave.formats.cvat_shapes import Shape, smallest_size
from segweave.formats.dataset import Note
from segweave.formats.images import image_size
from segweave.formats.json_parts import checked_pixels
from segweave.formats.names import natural_key
from segweave.formats.photographs import find_photograph
from segweave.formats.sources import IMAGE_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Where the photographs of frames are. ordered: one a frame, where their names do not say which; else empty.

    start, step: the number of the first frame, and from one to the next.
    """

    folders: tuple[Path, ...]
    ordered: tuple[Path, ...] = ()
    start: int = 0
    step: int = 1

    def find(self, number: int) -> tuple[Path | None, str]:
        """The photograph of a frame, None where there is none, and its name."""
        photograph, stem = self._in_order(number), self.stem(number)
        photograph = photograph or find_photograph(self.folders, f"{stem}.PNG")
        return photograph, stem + (photograph.suffix if photograph else ".PNG")

    def stem(self, number: int) -> str:
        """The name of a frame's photograph without suffix, as `find` gives it; no file is looked for."""
        photograph = self._in_order(number)
        # the other name is that which CVAT's "save images" gives it, in images/
        return f"frame_{number:06d}" if photograph is None else photograph.stem

    def _in_order(self, number: int) -> Path | None:
        place, rest = divmod(number - self.start, self.step)
        return self.ordered[place] if not rest and 0 <= place < len(self.ordered) else None


def find_frames(
    file: Path, folders: Sequence[Path], numbers: Sequence[int], *, count: int | None, start: int, step: int
) -> tuple[Frames, list[Note]]:
    """Where the photographs of the frames `numbers` are.

    A task of photographs keeps their names out of the file. Where a folder has as many as the task has frames
    (`count`), they are taken in the order of their names, with a note.
    """
    named = Frames(folders=tuple(folders), start=start, step=step)
    if not numbers or count is None or any(named.find(number)[0] for number in numbers[:100]):
        return named, []
    for folder in folders:
        if not folder.is_dir():
            continue
        found = sorted((f for f in folder.iterdir() if _is_photograph(f)), key=lambda f: natural_key(f.name))
        if len(found) == count:
            reason = f"the file does not name the photographs of its frames; those in {folder} are taken in order"
            ordered = Frames(folders=tuple(folders), ordered=tuple(found), start=start, step=step)
            return ordered, [Note(file, "", reason, "assumed")]
    return named, []


def frame_size(
    shapes: Sequence[Shape], photograph: Path | None, *, stated: tuple[int, int] | None, where: tuple[Path, str]
) -> tuple[tuple[int, int], list[Note]]:
    """(height, width) px of a frame: as stated, else that of its photograph, else as small as its shapes allow.

    where: (file, place). Raises `FormatError` for a size beyond what an image may have.
    """
    file, place = where
    if stated is not None:
        return stated, []
    if photograph is not None:
        return image_size(photograph), []
    size = checked_pixels(smallest_size(shapes), f"{file}: {place}")
    reason = "the file does not say its size; taken as small as its shapes allow (the folder of images can say)"
    return size, [Note(file, place, reason, "assumed")]


def step_of(frame_filter: str) -> int:
    """The step of a `frame_filter` text, 1 where it has none.

    >>> step_of("step=3"), step_of("")
    (3, 1)
    """
    found = re.fullmatch(r"\s*step\s*=\s*0*([1-9][0-9]{0,8})\s*", frame_filter)
    return int(found[1]) if found else 1


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "." and path.is_file()
