"""A label set beside a data set."""

import pytest

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats.label_file import find_label_file, save_label_file, shipped_table
from segweave.labels import Label, LabelSet, VoidRow, label_set


def test_a_label_set_comes_back_with_ids_voids_colours_and_translations(tmp_path):
    labels = LabelSet("a,b", (Label(name='say "car", please', is_thing=True, color=(1, 2, 3), ja="車", ko="차"),))
    save_label_file(tmp_path, labels, [-1], voids=[VoidRow("unlabeled", 255, (0, 0, 0))])
    table = find_label_file(tmp_path)
    assert table is not None and table.labels.labels == labels.labels and table.source_ids == (-1,)
    assert [(void.name, void.source_id) for void in table.voids] == [("unlabeled", 255)]


def test_the_name_of_the_set_is_kept_where_a_file_can_be_called_so(tmp_path):
    save_label_file(tmp_path, SOME_LABELS, range(5))
    assert (tmp_path / "some.labels.csv").is_file()
    assert find_label_file(tmp_path).labels == SOME_LABELS


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "", "...", "C:\\x"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path, name):
    (tmp_path / "in").mkdir()
    save_label_file(tmp_path / "in", LabelSet(name, ()), [])
    assert [path.parent for path in tmp_path.rglob("*.csv")] == [tmp_path / "in"]
    assert find_label_file(tmp_path / "in") is not None


def test_no_file_is_none_and_two_are_refused(tmp_path):
    assert find_label_file(tmp_path) is None and find_label_file(tmp_path / "none") is None
    for name in ("a", "b"):
        save_label_file(tmp_path, LabelSet(name, ()), [])
    with pytest.raises(FormatError, match=r"several label files: a\.labels\.csv, b\.labels\.csv"):
        find_label_file(tmp_path)


def test_a_broken_table_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.labels.csv").write_text("name,thing,void,color,source_id,ja,ko\ncar,1,0,red,1,,\n")
    with pytest.raises(FormatError, match=r"x\.labels\.csv:2: a color must look like"):
        find_label_file(tmp_path)


def test_only_a_set_that_ships_unchanged_has_official_ids():
    assert shipped_table(label_set("voc")) is not None
    assert shipped_table(LabelSet("voc", SOME_LABELS.labels)) is None and shipped_table(SOME_LABELS) is None
