"""Which kind of JSON file this is, from its beginning and end: annotation files can be hundreds of megabytes."""

import re
from pathlib import Path

from segweave.errors import FormatError

_ENDS = 1 << 17
_KEY = re.compile(rb'"((?:[^"\\]|\\.){1,40})"\s*:')


def json_keys(path: Path) -> frozenset[str]:
    """The keys of objects in the first and last 128 KiB of a JSON file, at any depth; none for another kind of file.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> _ = path.write_text('{"images": [], "annotations": [{"id": 1}]}')
    >>> sorted(json_keys(path))
    ['annotations', 'id', 'images']
    """
    try:
        with open(path, "rb") as file:
            start = file.read(_ENDS)
            if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
                return frozenset()
            size = file.seek(0, 2)
            file.seek(max(len(start), size - _ENDS))
            end = file.read()
    except OSError:
        return frozenset()
    return frozenset(key.decode("utf-8", "replace") for key in set(_KEY.findall(start + b"\n" + end)))


def json_files(path: Path) -> list[Path]:
    """A JSON file itself, or those in a folder and in its `annotations/`, where COCO keeps them; sorted."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    found = [*path.glob("*.json"), *path.glob("annotations/*.json")]
    return sorted(file for file in found if not file.name.startswith(".") and file.is_file())


def only_file(path: Path, key: str, kind: str) -> Path:
    """The JSON file at `path`, or the only one of a folder that has `key`; `FormatError` names the candidates."""
    if not path.is_dir():
        return path
    found = [file for file in json_files(path) if key in json_keys(file)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise FormatError(f"{path}: has no {kind} file; expected a *.json with {key!r} in it or in annotations/")
    names = ", ".join(str(file.relative_to(path)) for file in found)
    raise FormatError(f"{path}: holds {len(found)} {kind} files: {names}; name the one to read")
