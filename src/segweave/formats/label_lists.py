"""Label names in text files, one a line, as formats of folders of PNGs have them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.labels import Color, Label, LabelSet, LabelTable, VoidRow

VOID_NAMES = frozenset({"__ignore__", "ignore", "ignored", "void", "unlabeled", "unlabelled"})
"""Labels of these names (in any case) stand for void."""


def listed_table(
    path: Path, rows: Sequence[tuple[str, Color]], *, is_thing: Callable[[str], bool], voids: Sequence[VoidRow] = ()
) -> LabelTable:
    """A table whose ids are the places in a list, from 0, called like the folder of `path`.

    A row without name is an id that nothing uses. Raises `FormatError` for colours out of range and for names that
    come twice.
    """
    labels: list[Label] = []
    ids: list[int] = []
    found = list(voids)
    try:
        for number, (name, color) in enumerate(rows):
            if not name:
                continue
            label = Label(name=name, is_thing=is_thing(name), color=color)
            if name.casefold() in VOID_NAMES:
                found.append(VoidRow(name, number, label.color))
            else:
                labels.append(label)
                ids.append(number)
        return LabelTable(LabelSet(path.absolute().parent.name or "own", tuple(labels)), tuple(ids), tuple(found))
    except LabelError as error:
        raise FormatError(f"{path}: {error}") from None


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text file without blanks at their ends; `FormatError` when it cannot be had."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"{path}: cannot be read as text in UTF-8: {reason}") from None
    return [line.strip() for line in text.splitlines()]
