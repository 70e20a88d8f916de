"""The table of formats: found by what the files hold, asked for by name."""

import json
import re
import zipfile

import numpy as np
import pytest

from round_trip import samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError, UsageError
from segweave.formats import FORMATS, detect, format_named, open_dataset, save_dataset
from segweave.labels import label_table


def test_names_are_unique_and_titles_are_one_line_each():
    names = [row.name for row in FORMATS]
    assert len(set(names)) == len(names) and all(re.fullmatch("[a-z0-9]+(-[a-z]+)?", name) for name in names)
    assert all(row.title and "\n" not in row.title for row in FORMATS)


@pytest.mark.parametrize("name", [row.name for row in FORMATS])
def test_what_was_written_is_recognised_as_nothing_else(name, tmp_path):
    seg = random_segmentation(np.random.default_rng(5), (20, 30))
    save_dataset(samples_of([seg, seg], tmp_path / "photographs"), tmp_path / "out", name)
    assert detect(tmp_path / "out") == (name,)
    index = format_named(name).index
    if index:
        assert detect(tmp_path / "out" / index)[0] == name


@pytest.mark.parametrize("name", [row.name for row in FORMATS])
def test_photographs_texts_and_empty_folders_are_of_no_format(name, tmp_path):
    row = format_named(name)
    samples_of([random_segmentation(np.random.default_rng(5), (20, 30))], tmp_path / "photographs")
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    for file in ("a.txt", "a.json", "a.xml", "a.png", "data.yaml", "a.csv"):
        (tmp_path / "texts" / file).write_text("hello")
        (tmp_path / "empty" / "none").mkdir(exist_ok=True)
    (tmp_path / "texts" / "b.json").write_text(json.dumps({"version": 3, "name": "package", "labels": []}))
    for path in (tmp_path / "photographs", tmp_path / "empty", tmp_path / "texts", *(tmp_path / "texts").iterdir()):
        assert not row.recognise(path), f"{name} takes {path.name}"
        with pytest.raises(FormatError) as caught:
            list(row.open(path, labels=None, images=None))
            raise FormatError("opened, and found nothing")  # an empty data set is fair for a folder of the right name
        assert "\n" not in str(caught.value)


def test_an_unknown_name_gets_near_matches_and_a_missing_path_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"format 'coco-panoptik' is not known; did you mean 'coco-panoptic'"):
        format_named("coco-panoptik")
    with pytest.raises(FormatError, match="there is no such file or folder"):
        open_dataset(tmp_path / "none")
    with pytest.raises(FormatError, match="looks like none of the formats"):
        open_dataset(tmp_path)
    with pytest.raises(FormatError, match=r"cannot be read|no such file"):
        open_dataset("a\0b")


def test_a_path_that_looks_like_two_formats_is_read_as_the_first_with_a_note(tmp_path):
    seg = random_segmentation(np.random.default_rng(5), (20, 30))
    samples = samples_of([seg], tmp_path / "photographs")
    save_dataset(samples, tmp_path / "out", FORMATS[0].name)
    save_dataset(samples, tmp_path / "other", FORMATS[-1].name)
    found = {row.name for row in FORMATS if row.recognise(tmp_path / "out")}
    assert found == {FORMATS[0].name}
    for path in (tmp_path / "other").iterdir():
        target = tmp_path / "out" / path.name
        if not target.exists():
            path.rename(target)
    both = detect(tmp_path / "out")
    assert both[0] == FORMATS[0].name
    data = open_dataset(tmp_path / "out")
    if len(both) > 1:
        assert data.notes[0].kind == "assumed" and FORMATS[-1].name in data.notes[0].reason


def test_labels_that_the_user_gives_win(tmp_path):
    seg = random_segmentation(np.random.default_rng(5), (20, 30), SOME_LABELS)
    save_dataset(samples_of([seg], tmp_path / "photographs"), tmp_path / "out", "masks")
    given = label_table("camvid11")
    assert open_dataset(tmp_path / "out", labels=given).labels == given.labels
    assert open_dataset(tmp_path / "out").labels == SOME_LABELS


def test_a_zip_archive_is_to_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("annotations.xml", "<annotations/>")
    with pytest.raises(FormatError, match=r"a\.zip: is a zip archive; unpack it and name the folder"):
        open_dataset(tmp_path / "a.zip")
