"""Every label table that ships with segweave is complete."""

import csv

import pytest

from laws.tree import ROOT, files
from segweave.labels import label_set, label_table, table_names

TABLES = files(ROOT / "src" / "segweave" / "labels" / "tables", "*.csv")


def rows(file: str) -> list[dict[str, str]]:
    """The rows of a table as they stand in the file."""
    with (ROOT / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_table_in_the_folder_can_be_asked_for() -> None:
    names = [file.rsplit("/", 1)[1].removesuffix(".csv") for file in TABLES]
    assert names == list(table_names())
    assert len(names) >= 4


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


@pytest.mark.parametrize("file", TABLES)
def test_the_colors_of_a_table_are_told_apart(file: str) -> None:
    colors = [label.color for label in label_table(str(ROOT / file)).labels]
    assert len(set(colors)) == len(colors)


@pytest.mark.parametrize("file", TABLES)
def test_every_label_of_a_table_has_a_japanese_and_a_korean_name(file: str) -> None:
    labels = label_table(str(ROOT / file)).labels
    assert [label.name for label in labels if not label.ja.strip() or not label.ko.strip()] == []


@pytest.mark.parametrize("file", TABLES)
def test_a_table_has_no_blanks_around_its_cells(file: str) -> None:
    assert [row for row in rows(file) if any(cell != cell.strip() for cell in row.values())] == []
