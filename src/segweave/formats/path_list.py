"""A text file that lists what to work on: one file, folder, glob or video a line."""

from pathlib import Path

from segweave.errors import UsageError


def listed_in(pattern: str) -> Path | None:
    """The list that `@list.txt` means; None for a pattern that is none, such as a file of that very name.

    >>> listed_in("photo.jpg"), listed_in("@photos.txt").name
    (None, 'photos.txt')
    """
    if not pattern.startswith("@") or Path(pattern).exists():
        return None
    return Path(pattern[1:])


def read_path_list(path: Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines of a list that are neither empty nor begin with `#`; `UsageError` for no list.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "photos.txt"
    >>> _ = path.write_text("# by hand\\n\\n  a b.jpg \\n*.png")
    >>> read_path_list(path)
    [(3, 'a b.jpg'), (4, '*.png')]
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")  # a name may hold bytes of no Unicode
    except FileNotFoundError:
        raise UsageError(f"@{path}: there is no such list; expected a text file with one image a line") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"@{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if "\0" in text:
        raise UsageError(f"@{path}: is no text; expected one file, folder, glob or video a line")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines:
        raise UsageError(f"@{path}: names nothing; expected one file, folder, glob or video a line")
    return lines
