"""`NAME.labels.csv` beside a data set: its label set, where the format has no place for all of it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.files import replacing
from segweave.labels import LabelSet, LabelTable, VoidRow, label_table, read_table, table_names
from segweave.labels.tables import COLUMNS

ENDING = ".labels.csv"


def find_label_file(folder: Path) -> LabelTable | None:
    """The table in the only `*.labels.csv` of a folder, called like the file; None where there is none."""
    try:
        found = sorted(folder.glob(f"*{ENDING}"))
    except OSError:
        return None
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise FormatError(f"{folder}: holds several label files: {names}; keep one, or name the labels to use")
    if not found:
        return None
    try:
        return read_table(found[0], found[0].name.removesuffix(ENDING))
    except LabelError as error:
        raise FormatError(str(error)) from None


def save_label_file(
    folder: Path, labels: LabelSet, source_ids: Sequence[int], *, voids: Sequence[VoidRow] = ()
) -> None:
    """Write `NAME.labels.csv`; source_ids: what stands for each label in the files of the data set.

    >>> import tempfile
    >>> from segweave.labels import Label
    >>> folder = Path(tempfile.mkdtemp())
    >>> pets = LabelSet("pets", (Label(name="cat", is_thing=True, ja="猫"),))
    >>> save_label_file(folder, pets, [7])
    >>> found = find_label_file(folder)
    >>> found.labels == pets, found.source_ids
    (True, (7,))
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for label, source_id in zip(labels, source_ids, strict=True):
        rows.writerow([label.name, int(label.is_thing), 0, _hex(label.color), source_id, label.ja, label.ko])
    for void in voids:
        rows.writerow([void.name, 0, 1, _hex(void.color), void.source_id, "", ""])
    name = "".join(c if c.isalnum() or c in " ._-+" else "_" for c in labels.name).strip(" .") or "own"
    with replacing(folder / f"{name}{ENDING}") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def shipped_table(labels: LabelSet) -> LabelTable | None:
    """The table of a label set that ships with segweave, None for any other."""
    if labels.name not in table_names():
        return None
    table = label_table(labels.name)
    return table if table.labels == labels else None


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
