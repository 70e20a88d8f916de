"""COCO's `categories`: a label set in a JSON file, with ids of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from segweave.errors import FormatError, LabelError
from segweave.formats.coco_files import is_own
from segweave.formats.dataset import Note
from segweave.formats.json_parts import Entry, entries, flag, shown, text, whole
from segweave.formats.label_file import shipped_table
from segweave.labels import Color, Label, LabelSet, LabelTable, label_table, table_names


class CategoryEntry(TypedDict):
    """One label as COCO panoptic files write it; ja and ko are ours, where the label set does not ship."""

    id: int
    name: str
    isthing: int
    color: list[int]
    supercategory: str
    ja: NotRequired[str]
    ko: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Categories:
    """What the category ids in a file mean. label_of: an index into `labels`, None for void; other ids are unknown."""

    labels: LabelSet
    label_of: Mapping[int, int | None]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Category:
    """One entry of a file. is_thing: None where it does not say."""

    number: int
    label: Label
    is_thing: bool | None


def category_ids(labels: LabelSet) -> tuple[int, ...]:
    """The id each label has in a COCO file: the data set's own for a label set that ships, else 1..n.

    >>> from segweave.labels import label_set
    >>> category_ids(label_set("coco_panoptic"))[-2:]
    (199, 200)
    """
    table = shipped_table(labels)
    return table.source_ids if table is not None else tuple(range(1, len(labels) + 1))


def category_entries(labels: LabelSet) -> list[CategoryEntry]:
    """The `categories` of a COCO file."""
    made: list[CategoryEntry] = []
    translate = shipped_table(labels) is None
    for number, label in zip(category_ids(labels), labels, strict=True):
        entry: CategoryEntry = {
            "id": number,
            "name": label.name,
            "isthing": int(label.is_thing),
            "color": list(label.color),
            "supercategory": "thing" if label.is_thing else "stuff",
        }
        if translate and label.ja:
            entry["ja"] = label.ja
        if translate and label.ko:
            entry["ko"] = label.ko
        made.append(entry)
    return made


def read_categories(data: Entry, path: Path, *, given: LabelTable | None) -> Categories:
    """What the category ids of a file mean, by its `categories`.

    given: what the names or ids stand for, where somebody says so. Else a label set that ships is recognised: all its
    names, whatever the ids (Cityscapes has files with label ids and with train ids), or a part of its names with its
    ids, if these have gaps as no numbering of one's own has. Any other list is a label set of its own, called as the
    file says or like the file; where it does not say what things are, all are.
    """
    rows = [_category(row, f"{path}: categories[{i}]") for i, row in enumerate(entries(data, "categories", str(path)))]
    numbers = [row.number for row in rows]
    if len(set(numbers)) < len(numbers):
        twice = next(n for n in numbers if numbers.count(n) > 1)
        raise FormatError(f"{path}: category id {twice} is listed more than once; ids must be unique")
    if given is not None:
        return _by_table(rows, given, path, own=is_own(data))
    if is_own(data):
        return _own(rows, data, path)
    for name in table_names():
        table = label_table(name)
        if _is_table(rows, table):
            return _by_table(rows, table, path, own=False)
    return _as_listed(rows, path, name=path.stem)


def _own(rows: Sequence[_Category], data: Entry, path: Path) -> Categories:
    info = data["info"]
    named = info.get("label_set") if isinstance(info, dict) else None
    name = named if isinstance(named, str) and named else path.stem
    if name in table_names():
        table = label_table(name)
        facts = [(row.number, row.label.name, row.is_thing, row.label.color) for row in rows]
        pairs = zip(table.source_ids, table.labels, strict=True)
        if facts == [(number, label.name, label.is_thing, label.color) for number, label in pairs]:
            return Categories(table.labels, {n: i for i, n in enumerate(table.source_ids)})
    return _as_listed(rows, path, name=name)


def _is_table(rows: Sequence[_Category], table: LabelTable) -> bool:
    """Are these rows of a table: all its labels, or some with its ids, which have gaps? Void rows may be among them."""
    things = {label.name: label.is_thing for label in table.labels}
    voids = {row.name for row in table.voids} - things.keys()
    names = [row.label.name for row in rows]
    if len(set(names)) < len(names) or not set(names) <= things.keys() | voids:
        return False
    if any(row.is_thing not in (None, things.get(row.label.name, row.is_thing)) for row in rows):
        return False
    if set(names) >= things.keys():
        return True
    known = {(number, label.name) for number, label in zip(table.source_ids, table.labels, strict=True)}
    known |= {(row.source_id, row.name) for row in table.voids}
    numbers = [row.number for row in rows]
    has_gaps = len(rows) > 1 and max(numbers) - min(numbers) >= len(rows)
    return has_gaps and all((row.number, row.label.name) in known for row in rows)


def _by_table(rows: Sequence[_Category], table: LabelTable, path: Path, *, own: bool) -> Categories:
    """Names if the table knows them all, else ids."""
    by_name: dict[str, int | None] = dict.fromkeys(row.name for row in table.voids)
    by_name |= {name: i for i, name in enumerate(table.labels.names)}
    if rows and all(row.label.name in by_name for row in rows):
        label_of = {row.number: by_name[row.label.name] for row in rows}
    else:
        label_of = ids_of_table(table)
    voids = [row.label.name for row in rows if label_of.get(row.number, 0) is None]
    reason = f"void by the labels of {table.labels.name!r}; their pixels are void"
    notes = (Note(path, ", ".join(voids), reason, "void-label"),) if voids and not own else ()
    return Categories(table.labels, label_of, notes)


def ids_of_table(table: LabelTable) -> dict[int, int | None]:
    """Label index of each source id, None for void."""
    label_of: dict[int, int | None] = dict.fromkeys(row.source_id for row in table.voids)
    return label_of | {number: i for i, number in enumerate(table.source_ids)}


def _as_listed(rows: Sequence[_Category], path: Path, *, name: str) -> Categories:
    """A label set of the file's own; a name that is listed twice is one label."""
    assumed = not path.stem.startswith("stuff_")  # as COCO calls its files of stuff
    labels: dict[str, Label] = {}
    notes: list[Note] = []
    if any(row.is_thing is None for row in rows):
        reason = f"does not say which labels are things; all are taken as {'things' if assumed else 'stuff'}"
        notes.append(Note(path, "categories", reason, "assumed"))
    for row in rows:
        is_thing = assumed if row.is_thing is None else row.is_thing
        before = labels.get(row.label.name)
        if before is None:
            labels[row.label.name] = Label(
                name=row.label.name,
                is_thing=is_thing,
                color=row.label.color,
                ja=row.label.ja,
                ko=row.label.ko,
            )
        elif before.is_thing != is_thing:
            raise FormatError(f"{path}: categories: lists {row.label.name!r} more than once, as thing and as stuff")
        else:
            notes.append(Note(path, f"category {row.number}", "is called like another; taken as the same", "assumed"))
    places = {label: i for i, label in enumerate(labels)}
    label_of = {row.number: places[row.label.name] for row in rows}
    return Categories(LabelSet(name, tuple(labels.values())), label_of, tuple(notes))


def _category(row: Entry, where: str) -> _Category:
    number = whole(row, "id", where)
    is_thing = flag(row, "isthing", where) if row.get("isthing") is not None else None
    try:
        label = Label(
            name=text(row, "name", where),
            is_thing=bool(is_thing),
            color=_color(row, where),
            ja=text(row, "ja", where) if "ja" in row else "",
            ko=text(row, "ko", where) if "ko" in row else "",
        )
    except LabelError as error:
        raise FormatError(f"{where}: {error}") from None
    return _Category(number, label, is_thing)


def _color(row: Entry, where: str) -> Color:
    color = row.get("color")
    if color is None:
        return (128, 128, 128)
    if not isinstance(color, list) or [c for c in color if type(c) is not int or not 0 <= c <= 255] or len(color) != 3:
        raise FormatError(f"{where}: expected 'color' to be three numbers 0..255; found {shown(color)}")
    return color[0], color[1], color[2]
