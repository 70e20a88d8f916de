"""Which JSON file is which, without reading all of it."""

import json

import pytest

from segweave.errors import FormatError
from segweave.formats.json_sketch import json_files, json_keys, only_file


def test_keys_of_the_beginning_and_the_end_are_found(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"shapes": [1], "imageData": "x" * 1_000_000, "imageHeight": 3}))
    assert json_keys(path) == {"shapes", "imageData", "imageHeight"}


def test_values_are_no_keys_and_other_files_have_none(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('\ufeff  [{"id" : "annotations", "te\\"xt": 1}]', encoding="utf-8")
    assert json_keys(path) == {"id", 'te\\"xt'}
    path.write_text('"id": 3')
    assert json_keys(path) == frozenset() == json_keys(tmp_path / "none.json")


def test_json_files_lie_in_the_folder_or_in_annotations(tmp_path):
    for name in ("b.json", "a.JSON", ".hidden.json", "c.txt", "annotations/d.json", "deep/e.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert [path.name for path in json_files(tmp_path)] == ["d.json", "b.json"]
    assert json_files(tmp_path / "c.txt") == [] and json_files(tmp_path / "a.JSON") == [tmp_path / "a.JSON"]


def test_several_candidates_are_named(tmp_path):
    with pytest.raises(FormatError, match=r"has no COCO file; expected a \*\.json with 'images'"):
        only_file(tmp_path, "images", "COCO")
    (tmp_path / "b.json").write_text('{"images": []}')
    assert only_file(tmp_path, "images", "COCO") == tmp_path / "b.json"
    (tmp_path / "a.json").write_text('{"images": []}')
    with pytest.raises(FormatError, match=r"holds 2 COCO files: a\.json, b\.json; name the one to read"):
        only_file(tmp_path, "images", "COCO")
    assert only_file(tmp_path / "a.json", "images", "COCO") == tmp_path / "a.json"
