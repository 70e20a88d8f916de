import numpy as np
import pytest

from segweave.errors import LabelError
from segweave.labels import Label, LabelMap, LabelSet


def named(set_name, *names):
    return LabelSet(set_name, tuple(Label(name=n, is_thing=True) for n in names))


FINE = named("fine", "car", "truck", "dog")
COARSE = named("coarse", "vehicle", "animal")


@pytest.mark.parametrize("targets", [(), (0, 0), (0, 0, 1, 1)])
def test_a_map_needs_one_target_for_each_source_label(targets):
    with pytest.raises(LabelError, match=f"from 'fine' needs 3 targets; found {len(targets)}"):
        LabelMap(FINE, COARSE, targets)


@pytest.mark.parametrize("target", [2, -1, 0.5])
def test_a_target_must_be_a_label_of_the_target_set(target):
    with pytest.raises(LabelError, match=r"'truck' maps to label .*; 'coarse' has 0\.\.1"):
        LabelMap(FINE, COARSE, (0, target, None))


def test_targets_given_as_a_list_of_numpy_numbers_are_kept_as_a_tuple_of_ints():
    label_map = LabelMap(FINE, COARSE, [np.int64(0), None, np.uint8(1)])
    assert label_map.targets == (0, None, 1) and isinstance(label_map.targets, tuple)
    assert [type(t) for t in label_map.targets] == [int, type(None), int]
    assert hash(label_map) == hash(LabelMap(FINE, COARSE, (0, None, 1)))


def test_same_names_ignores_case_and_sends_the_rest_to_void():
    assert LabelMap.same_names(named("a", "Car", "DOG", "owl"), FINE).targets == (0, 2, None)


def test_same_names_prefers_the_exact_spelling_and_refuses_a_tie():
    target = named("b", "Polo", "polo")
    assert LabelMap.same_names(named("a", "polo"), target).targets == (1,)
    with pytest.raises(LabelError, match="'POLO' fits several labels of 'b': 'Polo', 'polo'"):
        LabelMap.same_names(named("a", "POLO"), target)


def test_from_names_maps_what_is_listed_and_nothing_else():
    assert LabelMap.from_names(FINE, COARSE, {"truck": "vehicle", "dog": None}).targets == (None, 0, None)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"trcuk": "vehicle"}, r"label 'trcuk' is not in 'fine'; did you mean 'truck'\?"),
        ({"truck": "vehicel"}, r"label 'vehicel' is not in 'coarse'; did you mean 'vehicle'\?"),
    ],
)
def test_from_names_answers_unknown_names_with_near_ones(names, message):
    with pytest.raises(LabelError, match=message):
        LabelMap.from_names(FINE, COARSE, names)


def test_a_yaml_file_maps_by_name_and_null_means_void(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text("car: vehicle\ndog: animal\ntruck: null\n", encoding="utf-8")
    assert LabelMap.from_yaml(FINE, COARSE, path).targets == (0, None, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"- car\n- dog\n",
        b"car: [vehicle]\n",
        b"1: vehicle\n",
        b"no: vehicle\n",  # YAML 1.1 reads a bare `no` as false
        b"car: {",
        b"\xff\xfe\x00",
        b"car: 2024-13-45\n",  # looks like a date, is none
        b"car: !!python/object/apply:os.getcwd []\n",
        b"tram: vehicle\n",
        b"car: vehicel\n",
    ],
)
def test_a_bad_yaml_file_is_a_label_error_that_names_the_file_in_one_line(tmp_path, content):
    path = tmp_path / "map.yaml"
    path.write_bytes(content)
    with pytest.raises(LabelError) as caught:
        LabelMap.from_yaml(FINE, COARSE, path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_missing_yaml_file_is_a_label_error(tmp_path):
    with pytest.raises(LabelError, match=r"nowhere\.yaml: cannot be read"):
        LabelMap.from_yaml(FINE, COARSE, tmp_path / "nowhere.yaml")
