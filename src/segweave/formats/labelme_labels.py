"""Which labels a folder of labelme files has: labelme keeps no list of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.dataset import Note
from segweave.formats.json_parts import load_json
from segweave.formats.labelme_contents import VOIDS, shape_label
from segweave.formats.labelme_shapes import NO_REGIONS
from segweave.labels import Label, LabelSet, LabelTable

LABELS_FILE = "labels.txt"
"""What `labelme --labels` reads, one name a line; only a custom, so it may be absent or incomplete."""

_LONGEST = 1 << 20  # bytes; a longer file is no list of labels


@dataclass(frozen=True, slots=True)
class Names:
    """The label set of a data set. voids: names that mean void. given: by a label table, not found in the files.

    notes: what was taken where the files do not say.
    """

    labels: LabelSet
    voids: frozenset[str]
    given: bool
    notes: tuple[Note, ...] = ()


def own_names(table: LabelTable) -> Names:
    """The names of a table; labelme's own names for void count as such where the table has no label called so."""
    return Names(table.labels, VOIDS | {void.name for void in table.voids}, given=True)


def names_in(found: Sequence[Path], root: Path) -> tuple[list[Path], list[Path], Names]:
    """(labelme files, JSON files of other kinds, their labels), from reading all files.

    A file that cannot be read counts as one of labelme, so that its error is seen when its image is asked for.
    """
    used: set[str] = set()
    files, strangers = [], []
    for file in found:
        try:
            data = load_json(file)
        except FormatError:
            files.append(file)
            continue
        if isinstance(data, dict) and "shapes" in data:
            files.append(file)
            used |= _used(data["shapes"])
        else:
            strangers.append(file)
    return files, strangers, _names(used - VOIDS, root)


def _used(shapes: object) -> set[str]:
    """The labels of shapes; those of points and lines alone are none of ours."""
    entries = [shape for shape in shapes if isinstance(shape, dict)] if isinstance(shapes, list) else []
    regions = [shape for shape in entries if str(shape.get("shape_type")) not in NO_REGIONS]
    return {shape_label(shape, "") for shape in regions if isinstance(shape.get("label"), str)} - {""}


def _names(used: set[str], root: Path) -> Names:
    """In the order of a `labels.txt`, the names it lacks after that, sorted."""
    listed, source = _listed(used, (root, root.resolve().parent))
    more = sorted(used - set(listed))
    things = "taken as things all, because labelme does not say; give the labels to say otherwise"
    if source is None:
        notes = [Note(root, "labels", f"{len(more)} labels, {things}", "assumed")]
    else:
        notes = [Note(source, "", f"{len(listed) + len(more)} labels, {things}", "assumed")]
        if more:
            shown = ", ".join(repr(name) for name in more[:8]) + (f" and {len(more) - 8} more" if more[8:] else "")
            notes.append(Note(source, "", f"does not list {shown}; added", "assumed"))
    labels = tuple(Label(name=name, is_thing=True) for name in (*listed, *more))
    return Names(LabelSet(root.resolve().name or "labelme", labels), VOIDS, given=False, notes=tuple(notes))


def _listed(used: set[str], folders: Iterable[Path]) -> tuple[list[str], Path | None]:
    """The names in the first `labels.txt` that names one of those used, without repetitions and those for void."""
    for folder in folders:
        path = folder / LABELS_FILE
        try:
            if not path.is_file() or path.stat().st_size > _LONGEST:
                continue
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise FormatError(f"{path}: cannot be read as a list of labels in UTF-8: {error}") from None
        names = [name for name in dict.fromkeys(line.strip() for line in lines) if name and name not in VOIDS]
        if not used.isdisjoint(names):
            return names, path
    return [], None
