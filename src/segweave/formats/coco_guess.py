"""COCO panoptic files without `categories`: what their category ids may mean."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from segweave.formats.bdd100k_labels import panoptic_table
from segweave.formats.coco_categories import Categories, ids_of_table
from segweave.formats.dataset import Note
from segweave.formats.json_parts import Entry
from segweave.labels import Label, LabelSet, LabelTable, label_table

_DIVISOR = 1000  # Cityscapes: a thing has label * 1000 + n, all else has the label itself


def guess_categories(annotations: Sequence[Entry], path: Path, *, given: LabelTable | None) -> Categories:
    """What the category ids of a panoptic file without `categories` mean.

    given: what its ids stand for (the source ids of a table; for segments that are numbered as Cityscapes does, also
    its label order, the train ids). Without it segments numbered like those of Cityscapes tell its labels, segments
    with the key "ignore" those of BDD100K, and ids that only COCO panoptic has tell that. Other ids become labels
    called like them, "category 7", of which those are things that stand several times in an image or in a crowd. A
    note says what was taken.
    """
    pairs = list(_pairs(annotations))
    if given is not None:
        return Categories(given.labels, _numbering(pairs, given) or ids_of_table(given))
    used = {category for category, _ in pairs}
    city, coco, bdd = label_table("cityscapes"), label_table("coco_panoptic"), panoptic_table()
    if (found := _numbering(pairs, city)) is not None:
        return _taken(city, found, path)
    if used and used <= set(bdd.source_ids) and all("ignore" in row for a in annotations for row in _rows(a)):
        return _taken(bdd, ids_of_table(bdd), path)
    # 133 labels with ids up to 200: labels of things alone end at 90, other sets number without gaps
    if used <= set(coco.source_ids) and max(used, default=0) > 90:
        return _taken(coco, ids_of_table(coco), path)
    return _numbered(annotations, path)


def _taken(table: LabelTable, label_of: dict[int, int | None], path: Path) -> Categories:
    reason = f"are not listed; taken as those of {table.labels.name!r} by the ids"
    return Categories(table.labels, label_of, (Note(path, "categories", reason, "assumed"),))


def _pairs(annotations: Sequence[Entry]) -> Iterable[tuple[int, int]]:
    """(category id, segment id) of all segments; what is wrong with the others is said when their image is read."""
    for annotation in annotations:
        for row in _rows(annotation):
            category, number = row.get("category_id"), row.get("id")
            if type(category) is int and type(number) is int and category >= 0 and number > 0:
                yield category, number


def _rows(annotation: Entry) -> list[Entry]:
    rows = annotation.get("segments_info")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _numbering(pairs: Sequence[tuple[int, int]], table: LabelTable) -> dict[int, int | None] | None:
    """Label of each category id where the segments are numbered as in Cityscapes; None where they are not."""
    by_source = ids_of_table(table)
    by_order: dict[int, int | None] = {i: i for i in range(len(table.labels))}
    told = {(category, number // _DIVISOR or number) for category, number in pairs}
    if all(category in by_order and by_order[category] == by_source.get(label, -1) for category, label in told):
        return by_order if told else None
    has_things = any(number >= _DIVISOR for _, number in pairs)
    return by_source if has_things and all(c == label and c in by_source for c, label in told) else None


def _numbered(annotations: Sequence[Entry], path: Path) -> Categories:
    used: set[int] = set()
    things: set[int] = set()
    for annotation in annotations:
        rows = [row for row in _rows(annotation) if type(row.get("category_id")) is int]
        counts = Counter(row["category_id"] for row in rows if isinstance(row["category_id"], int))
        used |= {category for category in counts if category >= 0}
        things |= {category for category, n in counts.items() if n > 1}
        things |= {row["category_id"] for row in rows if row.get("iscrowd") and isinstance(row["category_id"], int)}
    numbers = sorted(used)
    labels = LabelSet(path.stem, tuple(Label(name=f"category {n}", is_thing=n in things) for n in numbers))
    reason = "are not listed; called by their ids, things are those with several segments in an image; give the labels"
    return Categories(labels, {n: i for i, n in enumerate(numbers)}, (Note(path, "categories", reason, "assumed"),))
