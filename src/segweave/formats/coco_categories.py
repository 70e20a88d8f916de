"""COCO's `categories`: a label set in a JSON file, with ids of its own."""

from typing import NotRequired, TypedDict

from segweave.errors import FormatError, LabelError
from segweave.formats.json_parts import Entry, entries, flag, shown, text, whole
from segweave.labels import Color, Label, LabelSet, label_table, table_names


class CategoryEntry(TypedDict):
    """One label as COCO panoptic files write it; ja and ko are ours, where the label set does not ship."""

    id: int
    name: str
    isthing: int
    color: list[int]
    supercategory: str
    ja: NotRequired[str]
    ko: NotRequired[str]


def category_ids(labels: LabelSet) -> tuple[int, ...]:
    """The id each label has in a COCO file: the data set's own for a label set that ships, else 1..n.

    >>> from segweave.labels import label_set
    >>> category_ids(label_set("coco_panoptic"))[-2:]
    (199, 200)
    """
    return label_table(labels.name).source_ids if _ships(labels) else tuple(range(1, len(labels) + 1))


def category_entries(labels: LabelSet) -> list[CategoryEntry]:
    """The `categories` of a COCO panoptic file."""
    made: list[CategoryEntry] = []
    translate = not _ships(labels)
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


def read_categories(data: Entry, where: str, *, name: str) -> tuple[LabelSet, dict[int, int]]:
    """The label set of a COCO file and the label index of each category id.

    A label set that ships is recognised by its ids, names and thing flags (first the one called `name`); any other
    gets the name `name` and the order of the file.
    """
    rows = entries(data, "categories", where)
    numbers: list[int] = []
    labels: list[Label] = []
    for i, row in enumerate(rows):
        place = f"{where}: categories[{i}]"
        numbers.append(whole(row, "id", place))
        labels.append(_label(row, place))
    if len(set(numbers)) < len(numbers):
        twice = next(n for n in numbers if numbers.count(n) > 1)
        raise FormatError(f"{where}: category id {twice} is listed more than once; ids must be unique")
    found = {(n, label.name, label.is_thing) for n, label in zip(numbers, labels, strict=True)}
    for candidate in sorted(table_names(), key=lambda table: table != name):
        table = label_table(candidate)
        pairs = zip(table.source_ids, table.labels, strict=True)
        if found == {(n, label.name, label.is_thing) for n, label in pairs}:
            return table.labels, {n: i for i, n in enumerate(table.source_ids)}
    try:
        return LabelSet(name, tuple(labels)), {n: i for i, n in enumerate(numbers)}
    except LabelError as error:
        raise FormatError(f"{where}: categories: {error}") from None


def _label(row: Entry, where: str) -> Label:
    try:
        return Label(
            name=text(row, "name", where),
            is_thing=flag(row, "isthing", where),
            color=_color(row, where),
            ja=text(row, "ja", where) if "ja" in row else "",
            ko=text(row, "ko", where) if "ko" in row else "",
        )
    except LabelError as error:
        raise FormatError(f"{where}: {error}") from None


def _color(row: Entry, where: str) -> Color:
    color = row.get("color")
    if color is None:
        return (128, 128, 128)
    if not isinstance(color, list) or [c for c in color if type(c) is not int or not 0 <= c <= 255] or len(color) != 3:
        raise FormatError(f"{where}: expected 'color' to be three numbers 0..255; found {shown(color)}")
    return color[0], color[1], color[2]


def _ships(labels: LabelSet) -> bool:
    return labels.name in table_names() and label_table(labels.name).labels == labels
