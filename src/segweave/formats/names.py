"""File names: safe ones out of files that others wrote, unique ones for files that we write."""

import re
from pathlib import PurePosixPath

from segweave.errors import FormatError


def inner_path(name: object, where: str) -> PurePosixPath:
    """A file name found in a data set, as a relative path that cannot leave its folder.

    Windows separators become `/`. Raises `FormatError` that begins with `where` for an absolute path, for `..` and
    for what is no name at all.

    >>> str(inner_path("train\\\\a.png", "index.json"))
    'train/a.png'
    >>> inner_path("../a.png", "index.json")
    Traceback (most recent call last):
    segweave.errors.FormatError: index.json: file name '../a.png' leaves the folder; expected a relative name inside it
    """
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise FormatError(f"{where}: expected a file name; found {name!r}")
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or not path.parts:
        raise FormatError(f"{where}: file name {name!r} leaves the folder; expected a relative name inside it")
    return path


def free_name(name: str, taken: set[str], *, endings: tuple[str, ...] = ("",)) -> str:
    """`name` if it is still free, else `name-2`, `name-3`, ...; the name given out is entered in `taken`.

    Upper and lower case count as the same, as on many disks. endings: what will be written for each name; no two
    names share a file with any of these.

    >>> taken: set[str] = set()
    >>> [free_name(name, taken) for name in ("photo", "Photo", "a/photo")]
    ['photo', 'Photo-2', 'a/photo']
    >>> [free_name(name, taken, endings=("", ".overlay")) for name in ("b", "b.overlay")]
    ['b', 'b.overlay-2']
    """
    candidate, number = name, 1
    while taken & {candidate.casefold() + ending for ending in endings}:
        number += 1
        candidate = f"{name}-{number}"
    taken |= {candidate.casefold() + ending for ending in endings}
    return candidate


def natural_key(text: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key that puts `2.jpg` before `10.jpg`, upper and lower case alike.

    >>> sorted(["b10", "B9", "a"], key=natural_key)
    ['a', 'B9', 'b10']
    """
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text.casefold())]
    return parts, text
