import hypothesis.strategies as st
from hypothesis import given

from segweave.labels import Label, LabelMap, LabelSet, Suggestion, draft_yaml, suggest


def named(set_name, *names):
    return LabelSet(set_name, tuple(Label(name=n, is_thing=True) for n in names))


def one(name, *others):
    return suggest(named("a", name), named("b", *others))[0]


NAMES = st.lists(st.text(max_size=30).filter(lambda s: s and s == s.strip()), unique=True, max_size=6)


def test_a_synonym_is_suggested_with_its_narrower_labels_behind_it():
    assert one("building-other-merged", "house", "building") == Suggestion(
        "building-other-merged", "building", "synonym", ("house",)
    )


def test_a_kind_is_suggested_as_the_nearest_wider_label():
    assert one("Bicyclist", "person", "rider") == Suggestion("Bicyclist", "rider", "kind of", ("person",))
    assert one("Bicyclist", "person") == Suggestion("Bicyclist", "person", "kind of")


def test_a_wider_label_is_offered_its_kinds_and_takes_none():
    found = one("rider", "motorcyclist", "bicyclist")
    assert (found.target, found.why, found.others) == (None, "", ("motorcyclist", "bicyclist"))


def test_a_slip_of_the_pen_is_a_near_name_and_short_likenesses_are_none():
    assert one("motorcylce", "motorcycle", "bicycle").target == "motorcycle"
    assert one("motorcylce", "motorcycle").why == "near name"
    assert one("sidewolk", "sidewalk").target == "sidewalk"  # likeness 2 * 7 / 16 = 0.875
    assert one("bridqe", "bridge") == Suggestion("bridqe", None, "", ("bridge",))  # 2 * 5 / 12: worth a look only
    assert one("bear", "bar") == Suggestion("bear", None, "")


def test_several_that_fit_equally_well_are_offered_and_none_is_taken():
    found = one("CAR", "Car", "cAr", "dog")
    assert found == Suggestion("CAR", None, "several fit", ("Car", "cAr"))


def test_nothing_in_nothing_out():
    empty = named("empty")
    assert suggest(empty, named("b", "car")) == ()
    assert suggest(named("a", "car"), empty) == (Suggestion("car", None, ""),)


@given(NAMES, NAMES)
def test_every_draft_is_read_back_as_the_map_it_suggests(source, target):
    import tempfile
    from pathlib import Path

    a, b = named("a\n# x", *source), named("b", *target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.yaml"
        path.write_text(draft_yaml(a, b), encoding="utf-8")
        read = LabelMap.from_yaml(a, b, path)
    assert read == LabelMap.from_names(a, b, {s.source: s.target for s in suggest(a, b)})
