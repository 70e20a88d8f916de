import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from segweave.errors import LabelError
from segweave.labels import Label, LabelMap, LabelSet, label_set


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
        b"car: vehicle\ncar: vehicle\n",
        b"car: vehicle\n---\ndog: animal\n",
        b"<<: {car: vehicle}\n",
        b"car: !!timestamp never\n",
        b"car: !!bool never\n",
        b"? [car]\n: vehicle\n",
        b"car: *nothing\n",
        b"car: &a [*a]\n",
        b"[" * 5000,
        b"{" * 5000,
        b"\x00",
        b"car: \x01",
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


def test_a_label_listed_twice_is_refused_with_both_lines(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text('car: vehicle\ndog: animal\n\n"car": animal\n', encoding="utf-8")
    with pytest.raises(LabelError) as caught:
        LabelMap.from_yaml(FINE, COARSE, path)
    assert str(caught.value) == f"{path}:4: 'car' is listed a second time, after line 1; keep one of them"


def test_a_word_that_yaml_takes_for_something_else_is_named_with_its_line(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text("car: vehicle\ndog: no\n", encoding="utf-8")
    with pytest.raises(LabelError, match=r"map\.yaml:2: .*found 'no', which YAML does not read as a name; quote"):
        LabelMap.from_yaml(FINE, COARSE, path)


def test_by_synonyms_maps_names_that_mean_the_same_and_several_to_one():
    source = named("a", "aeroplane", "Tree", "vegetation", "owl", "bikes")
    target = named("b", "bicycle", "plane", "nature--vegetation")
    assert LabelMap.by_synonyms(source, target).targets == (1, 2, 2, None, 0)


def test_by_synonyms_refuses_a_tie_and_names_the_candidates():
    with pytest.raises(LabelError) as caught:
        LabelMap.by_synonyms(named("a", "airplane", "dog"), named("b", "plane", "aeroplane", "dog"))
    assert str(caught.value) == (
        "several labels of 'b' fit one of 'a': 'airplane' fits 'plane', 'aeroplane'; say which in a map file"
    )
    five = [letter * 3 for letter in "abcde"]
    twice = [name.upper() + end for name in five for end in ("", "-")]
    with pytest.raises(LabelError, match="'ccc' fits 'CCC', 'CCC-'; and 2 more like it; say which"):
        LabelMap.by_synonyms(named("a", *five), named("b", *twice))


def test_voc_is_said_in_coco_but_for_the_background():
    # 20 labels of VOC are labels of COCO too: Everingham 2010, Lin 2014
    voc, coco = label_set("voc"), label_set("coco")
    targets = LabelMap.by_synonyms(voc, coco).targets
    assert targets[0] is None and None not in targets[1:] and len(set(targets[1:])) == 20
    assert coco[targets[voc.index("tvmonitor")]].name == "tv"


@given(
    st.lists(st.text(max_size=40).filter(lambda s: s and s == s.strip()), unique=True, max_size=6),
    st.lists(st.sampled_from((None, 0, 1)), min_size=6, max_size=6),
)
def test_a_map_written_as_yaml_is_read_back(names, targets):
    import tempfile
    from pathlib import Path

    source = named("any", *names)
    label_map = LabelMap(source, named("odd", "no", 'a: "b" #\u2028c'), tuple(targets[: len(names)]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.yaml"
        path.write_text(label_map.to_yaml(), encoding="utf-8")
        assert LabelMap.from_yaml(source, label_map.target, path) == label_map


def test_names_too_long_for_a_plain_yaml_key_are_written_all_the_same(tmp_path):
    long = named("long", "x" * 3000, "ß" * 1500)
    (tmp_path / "map.yaml").write_text(LabelMap(long, long, (1, 0)).to_yaml(), encoding="utf-8")
    assert LabelMap.from_yaml(long, long, tmp_path / "map.yaml").targets == (1, 0)
