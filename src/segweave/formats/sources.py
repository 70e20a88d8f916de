"""What the user names on the command line: files, folders, globs, videos, as a list of sources."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segweave.errors import UsageError, did_you_mean
from segweave.formats.id_png import is_own_id_png
from segweave.formats.names import free_name, natural_key
from segweave.formats.path_list import listed_in, read_path_list

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif"),
)
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv")
OVERLAY_ENDING = ".overlay.png"
"""How `predict` names its pictures; folders and globs leave such files out."""
_ENDINGS = ("", ".overlay", ".confidence", ".entropy")  # of what `predict` writes for each name, without `.png`


@dataclass(frozen=True, slots=True)
class Source:
    """One image or video to work on.

    name: stem for its results, unique in its run: the path without suffix, relative to the folder (or the fixed part
    of the glob) it was found in, `/` between folders.
    """

    path: Path
    name: str
    kind: Literal["image", "video"]


def find_sources(patterns: Sequence[str]) -> tuple[tuple[Source, ...], tuple[UsageError, ...]]:
    """Find the images and videos that `patterns` name; returns (sources, one error a pattern that named nothing).

    A pattern is a file (taken whatever its suffix), a folder (with all inside it, by `IMAGE_SUFFIXES` and
    `VIDEO_SUFFIXES`), a glob, where `**` stands for any depth, or `@LIST`: a text file with one such pattern a line,
    found beside the list or from where the user is; names are relative to the folder all of its files share.

    Folders and globs leave out hidden files and what segweave itself writes (`*.overlay.png`, id PNGs), and do not
    follow linked folders. The order is that of the patterns, inside one `2.jpg` before `10.jpg`. A file named twice
    comes once. The second `photo` of a run is called `photo-2`.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("10.jpg", "2.jpg", "notes.txt"):
    ...     (folder / name).touch()
    >>> sources, problems = find_sources([str(folder), str(folder / "3.jpg")])
    >>> [s.name for s in sources], len(problems)
    (['2', '10'], 1)
    """
    stems: dict[str, tuple[Path, str]] = {}
    problems: list[UsageError] = []
    for pattern in patterns:
        try:
            listed = listed_in(pattern)
            for path, base in _of_list(listed, problems) if listed else _find(pattern):
                stems.setdefault(os.path.abspath(path), (path, path.relative_to(base).with_suffix("").as_posix()))
        except UsageError as error:
            problems.append(error)
    taken: set[str] = set()
    found = [Source(path, free_name(stem, taken, endings=_ENDINGS), _kind(path)) for path, stem in stems.values()]
    return tuple(found), tuple(problems)


def _find(pattern: str) -> list[tuple[Path, Path]]:
    """(file, folder its name is relative to) of everything `pattern` names; `UsageError` when that is nothing."""
    try:
        path = Path(pattern)
        if not pattern.strip() or "\0" in pattern:
            raise UsageError(f"{pattern!r}: is an empty name or none at all; expected a file, a folder or a glob")
        if path.is_dir():
            return _sorted(_inside(path), path, f"{pattern}: has no image or video in it")
        if path.exists():
            return [(path, path.parent)]
        if glob.has_magic(pattern):
            base = _fixed_part(path)
            matches = (Path(match) for match in glob.iglob(pattern, recursive=True))
            return _sorted(filter(_is_wanted, matches), base, f"{pattern}: matches no image or video")
        raise UsageError(f"{pattern}: {_why_missing(path)}")
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{pattern!r}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _of_list(path: Path, problems: list[UsageError]) -> list[tuple[Path, Path]]:
    """What the lines of a list name, with the folder that all of it shares; lines that name nothing are problems."""
    found: list[Path] = []
    bases: list[Path] = []
    for number, line in read_path_list(path):
        try:
            for file, base in _find_beside(path.parent, line):
                found.append(Path(os.path.abspath(file)))
                bases.append(Path(os.path.abspath(base)))
        except UsageError as error:
            problems.append(UsageError(f"{path}:{number}: {error}"))
    shared = Path(os.path.commonpath(bases)) if bases else path.parent
    return [(file, shared) for file in found]


def _find_beside(folder: Path, line: str) -> list[tuple[Path, Path]]:
    """`_find` in the folder of a list, else from where the user is."""
    try:
        return _find(str(folder / line))
    except UsageError as error:
        try:
            return _find(line)
        except UsageError:
            raise error from None


def _sorted(files: Iterator[Path], base: Path, nothing: str) -> list[tuple[Path, Path]]:
    ordered = sorted(files, key=lambda file: natural_key(file.relative_to(base).as_posix()))
    if not ordered:
        raise UsageError(f"{nothing} (looked for {' '.join((*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))})")
    return [(file, base) for file in ordered]


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from filter(_is_wanted, (Path(parent, name) for name in files))


def _is_wanted(path: Path) -> bool:
    suffix = path.suffix.lower()
    if path.name.startswith(".") or suffix not in (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES) or not path.is_file():
        return False
    return suffix != ".png" or not (path.name.lower().endswith(OVERLAY_ENDING) or is_own_id_png(path))


def _fixed_part(pattern: Path) -> Path:
    """The folders of a glob up to the first one with a wildcard."""
    fixed = pattern.parent
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed


def _why_missing(path: Path) -> str:
    if str(path).lower().startswith(("http:/", "https:/", "s3:/", "gs:/")):
        return "is an address; download the file first and name it here"
    if not path.parent.is_dir():
        return f"there is no such file or folder, and no folder {str(path.parent)!r}"
    beside = [entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")]
    return f"there is no such file or folder; {did_you_mean(path.name, beside)}"


def _kind(path: Path) -> Literal["image", "video"]:
    return "video" if path.suffix.lower() in VIDEO_SUFFIXES else "image"
