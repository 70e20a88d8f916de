"""Every label table that ships with segweave is complete."""

import csv

import pytest

from laws.tree import ROOT, files
from segweave.labels import LabelMap, label_set, label_table, suggest, table_names
from segweave.labels.meaning import meanings, plain_name, spellings, synonym_groups

LABELS = ROOT / "src" / "segweave" / "labels"
TABLES = files(LABELS / "tables", "*.csv")
ENGLISH_ONLY = ("ade20k", "apolloscape", "mapillary_v1_2", "mapillary_v2_0")
SHARED_COLORS = ("ade20k", "mapillary_v2_0")  # as published: read these by id, never by colour
TRANSLATED = [name for name in table_names() if name not in ENGLISH_ONLY]
PAIRS = [(a, b) for a in table_names() for b in table_names() if a != b]


def rows(file: str) -> list[dict[str, str]]:
    """The rows of a table as they stand in the file."""
    with (ROOT / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_table_in_the_folder_can_be_asked_for() -> None:
    names = [file.rsplit("/", 1)[1].removesuffix(".csv") for file in TABLES]
    assert names == list(table_names())
    assert len(names) >= 10


@pytest.mark.parametrize("file", TABLES)
def test_every_row_of_a_table_becomes_a_label_or_a_kind_of_void(file: str) -> None:
    table = label_table(str(ROOT / file))
    wanted = [row["name"] for row in rows(file) if row["void"] == "0"]
    assert wanted == list(table.labels.names)
    assert len(rows(file)) == len(table.labels) + len(table.voids)
    assert table.labels == label_set(table.labels.name)


@pytest.mark.parametrize("file", TABLES)
def test_the_ids_of_a_table_are_told_apart(file: str) -> None:
    table = label_table(str(ROOT / file))
    ids = [*table.source_ids, *(void.source_id for void in table.voids)]
    assert sorted(set(ids)) == sorted(ids)
    assert len(table.source_ids) == len(table.labels)


@pytest.mark.parametrize("name", [name for name in table_names() if name not in SHARED_COLORS])
def test_the_colors_of_a_table_are_told_apart(name: str) -> None:
    colors = [label.color for label in label_set(name)]
    assert len(set(colors)) == len(colors)


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_row_of_a_translated_table_has_a_japanese_and_a_korean_name(name: str) -> None:
    found = rows(f"src/segweave/labels/tables/{name}.csv")
    assert [row["name"] for row in found if not row["ja"].strip() or not row["ko"].strip()] == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_are_written_in_their_language(name: str) -> None:
    for row in rows(f"src/segweave/labels/tables/{name}.csv"):
        assert not any("가" <= c <= "힣" for c in row["ja"]), row
        assert not any("ぁ" <= c <= "ヿ" or "一" <= c <= "鿿" for c in row["ko"]), row
        assert any("가" <= c <= "힣" for c in row["ko"]) and any(c > "ぁ" for c in row["ja"]), row


@pytest.mark.parametrize("file", TABLES)
def test_a_table_has_no_blanks_around_its_cells(file: str) -> None:
    assert [row for row in rows(file) if any(cell != cell.strip() for cell in row.values())] == []


def test_every_table_has_one_source_and_every_source_a_table() -> None:
    with (LABELS / "sources.csv").open(encoding="utf-8", newline="") as lines:
        told = list(csv.DictReader(lines))
    assert [row["table"] for row in told] == list(table_names())
    assert all(label_table(row["table"]).source == f"{row['source']}. {row['note']}" for row in told)
    assert [row["table"] for row in told if len(row["source"]) < 20 or not row["note"].endswith(".")] == []


@pytest.mark.parametrize("name", table_names())
def test_every_shipped_set_maps_onto_itself(name: str) -> None:
    labels = label_set(name)
    assert LabelMap.by_synonyms(labels, labels).targets == tuple(range(len(labels)))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_synonyms_are_never_unsure_between_shipped_sets(a: str, b: str) -> None:
    source, target = label_set(a), label_set(b)
    there = LabelMap.by_synonyms(source, target).targets
    back = LabelMap.by_synonyms(target, source).targets
    one_to_one = [(i, t) for i, t in enumerate(there) if t is not None and there.count(t) == 1]
    assert one_to_one
    assert [(source[i].name, target[t].name) for i, t in one_to_one if back[t] != i] == []  # synonyms go both ways


@pytest.mark.parametrize("name", table_names())
def test_no_two_labels_of_a_shipped_set_mean_the_same(name: str) -> None:
    seen: dict[str, str] = {}
    for label in label_set(name):
        twice = [seen[m] for m in meanings(label.name) if m in seen]
        assert not twice, (label.name, twice)
        seen |= dict.fromkeys(meanings(label.name), label.name)


def test_no_name_stands_in_two_groups_of_synonyms() -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for group in synonym_groups():
        assert len(group) > 1, group
        own = {spelling for name in group for spelling in spellings(name)}
        assert not own & seen.keys(), (group, [seen[s] for s in own & seen.keys()])
        seen |= dict.fromkeys(own, group)


def test_every_group_of_synonyms_and_kinds_speaks_of_a_shipped_label_or_path() -> None:
    names = {m for table in table_names() for label in label_set(table) for m in meanings(label.name)}
    parts = {plain_name(p) for t in table_names() for label in label_set(t) for p in label.name.split("--")}
    idle = [g for g in synonym_groups() if not any(meanings(name) & (names | parts) for name in g)]
    assert idle == []


def test_the_suggestions_for_a_map_are_the_map_where_names_mean_the_same() -> None:
    source, target = label_set("ade20k"), label_set("coco_panoptic")
    mapped = LabelMap.by_synonyms(source, target).targets
    for found, index in zip(suggest(source, target), mapped, strict=True):
        assert index is None or found.target == target[index].name
