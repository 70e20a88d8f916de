"""Which column of a network's output is which label: by the names in its file, or by a label set the user gives.

Thing or stuff stands in no such file. It is known for the names of the label sets that ship; for all others the user
has to say it. Nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segweave.errors import LabelError
from segweave.labels import Label, LabelSet, LabelTable, label_table
from segweave.labels.meaning import path_meanings, plain_name, spellings

TABLES = ("coco_panoptic", "coco", "ade20k", "cityscapes", "voc", "mapillary_v1_2", "mapillary_v2_0", "camvid11")
"""Label sets that networks are told to have by their names, those that come first are tried first."""

HOW_TO_SAY_IT = (
    "say which labels it has: put mine.labels.csv into its folder (columns name,thing,void,color,source_id,ja,ko;"
    " source_id = the network's column, counted from 0), or labels='ade20k' (a name of `segweave labels list`, a CSV"
    " file, or a LabelSet)"
)
Labels = LabelSet | LabelTable | str | Path
"""How a user says labels: a set, a table, the name of one that ships, or a CSV file."""

_AGREE = 0.9  # of the names at their places; the rest may be spelt in a way that we do not know
_UNNAMED = frozenset({"", "na", "none"})  # plain names of columns without a label; "LABEL_17" too


@dataclass(frozen=True, slots=True)
class NetworkLabels:
    """The label set of a network, the column of each label, and the columns that mean void."""

    labels: LabelSet
    columns: tuple[int, ...]
    voids: tuple[int, ...] = ()

    @property
    def in_order(self) -> bool:
        """Are the columns simply the labels?"""
        return not self.voids and self.columns == tuple(range(len(self.columns)))


def given_labels(labels: Labels, count: int) -> NetworkLabels:
    """The labels the user says a network with `count` columns has, "no label at all" not counted.

    A `LabelSet` of that length is in order. A table (or its name, or a CSV file) is in order too if it has that length;
    otherwise the ids in it are the columns, and all other columns mean void. `LabelError` when neither fits.

    >>> given_labels("ade20k", 150).in_order, given_labels("ade20k", 151).voids
    (True, (0,))
    """
    if isinstance(labels, LabelSet):
        if len(labels) != count:
            raise LabelError(f"{_size_of(labels)}; the network has {count} columns; give one label for each")
        return NetworkLabels(labels, tuple(range(count)))
    table = labels if isinstance(labels, LabelTable) else label_table(str(labels))
    if len(table.labels) == count:
        return NetworkLabels(table.labels, tuple(range(count)))
    found = _by_ids(table, count)
    if found is None:
        low, high = min(table.source_ids, default=0), max(table.source_ids, default=0)
        raise LabelError(
            f"{_size_of(table.labels)} with the source ids {low}..{high}; the network has the columns 0..{count - 1}"
        )
    return found


def named_labels(names: Sequence[str]) -> NetworkLabels:
    """The label set whose names a network's columns have.

    First a label set that ships, in its own order or by its ids (COCO's 1..200); then any choice of labels from one
    that ships, in any order. `LabelError` says which names are unknown and how to say what they are.

    >>> named_labels(["road", "car"]).labels.things
    (1,)
    """
    tables = [label_table(name) for name in TABLES]
    for table in tables:
        found = _whole_table(table, names)
        if found:
            return found
    chosen = [(_chosen(table.labels, names), table) for table in tables]
    for labels, table in chosen:
        picked = [label for label in labels if label]
        if names and len(picked) == len(names) == len({label.name for label in picked}):
            return NetworkLabels(LabelSet(f"{table.labels.name} (some)", tuple(picked)), tuple(range(len(names))))
    fewest = min((labels for labels, _ in chosen), key=lambda labels: labels.count(None))
    raise LabelError(_unknown(names, fewest))


def _size_of(labels: LabelSet) -> str:
    return f"the label set {labels.name!r} has {len(labels)} labels"


def _by_ids(table: LabelTable, count: int) -> NetworkLabels | None:
    if not table.source_ids or not 0 <= min(table.source_ids) <= max(table.source_ids) < count:
        return None
    voids = tuple(sorted(set(range(count)) - set(table.source_ids)))
    return NetworkLabels(table.labels, table.source_ids, voids)


def _whole_table(table: LabelTable, names: Sequence[str]) -> NetworkLabels | None:
    """The table, if the names are its labels, in its order or at its ids."""
    count = len(names)
    in_order = NetworkLabels(table.labels, tuple(range(count))) if len(table.labels) == count else None
    for found in (in_order, _by_ids(table, count)):
        if found and _agrees(found, names):
            return found
    return None


def _agrees(found: NetworkLabels, names: Sequence[str]) -> bool:
    """Do nearly all columns have the name of their label, and none of them another label's?"""
    named = [(names[c], label) for c, label in zip(found.columns, found.labels, strict=True) if not _unnamed(names[c])]
    apart = [name for name, label in named if not _same(name, label.name)]
    if 2 * len(named) < len(found.labels) or len(apart) > (1 - _AGREE) * len(named):
        return False
    elsewhere = [name for name in apart if any(plain_name(name) == plain_name(label.name) for label in found.labels)]
    void_but_named = [names[c] for c in found.voids if any(names[c] == label.name for label in found.labels)]
    return not elsewhere and not void_but_named


def _chosen(labels: LabelSet, names: Sequence[str]) -> list[Label | None]:
    """For each name the one label that means the same, called as the network's file calls it; None for none."""
    return [_one_of(labels, name) for name in names]


def _one_of(labels: LabelSet, name: str) -> Label | None:
    first = _parts(name)[0] if _parts(name) else ""
    for tier in (
        [label for label in labels if label.name == first],
        [label for label in labels if spellings(first) & spellings(label.name)],
        [label for label in labels if _same(name, label.name)],
    ):
        if len(tier) == 1:
            return replace(tier[0], name=first)
        if tier:
            return None  # several fit: not known
    return None


def _same(name: str, other: str) -> bool:
    return any(path_meanings(part) & path_meanings(other) for part in _parts(name))


def _parts(name: str) -> list[str]:
    """`"door;double door"` and `"windowpane, window "`: the names that a file gives one label."""
    return [part.strip() for part in name.replace(";", ",").split(",") if part.strip()]


def _unnamed(name: str) -> bool:
    plain = plain_name(name).strip()
    return plain in _UNNAMED or (plain.startswith("label") and plain[5:].isdigit())


def _unknown(names: Sequence[str], found: Sequence[Label | None]) -> str:
    missing = [name for name, label in zip(names, found, strict=True) if label is None]
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if not missing and twice:
        return f"the network calls more than one label {twice[0]!r}; {HOW_TO_SAY_IT}"
    if all(_unnamed(name) for name in names):
        return f"the network's {len(names)} labels have no names; {HOW_TO_SAY_IT}"
    shown = ", ".join(repr(name) for name in missing[:6]) + (" …" if len(missing) > 6 else "")
    told = f"{len(missing)} of the network's {len(names)} labels: {shown}"
    return f"thing or stuff is not known for {told}; {HOW_TO_SAY_IT}"


def read_labels(names: Sequence[str], labels: Labels | None, *, where: str) -> NetworkLabels:
    """`given_labels` if there are any, else `named_labels`; errors begin with `where`."""
    try:
        return named_labels(names) if labels is None else given_labels(labels, len(names))
    except LabelError as error:
        raise LabelError(f"{where}: {error}") from None
