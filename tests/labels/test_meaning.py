import pytest

from segweave.labels import Label, LabelSet
from segweave.labels.meaning import fits, path_meanings, plain_name, spellings, wider


def named(set_name, *names):
    return LabelSet(set_name, tuple(Label(name=n, is_thing=True) for n in names))


def best(name, *others):
    fit = fits(named("a", name), named("b", *others))[0]
    return fit.why, tuple(others[i] for i in fit.candidates)


@pytest.mark.parametrize(
    ("name", "others", "answer"),
    [
        ("car", ("Car", "car"), ("same name", ("car",))),
        ("traffic light", ("Traffic_Lights", "light"), ("other spelling", ("Traffic_Lights",))),
        ("TrafficLight", ("traffic-light", "stoplight"), ("other spelling", ("traffic-light",))),
        ("sofa", ("couch", "chair"), ("synonym", ("couch",))),
        ("Aeroplanes", ("plane",), ("synonym", ("plane",))),
        ("car", ("object--vehicle--car", "object--vehicle--car-mount"), ("end of the path", ("object--vehicle--car",))),
        ("object--vehicle--motorcycle", ("minibike",), ("end of the path", ("minibike",))),
        ("CAR", ("Car", "cAr"), ("other spelling", ("Car", "cAr"))),  # a tie: both are named
        ("bicycle", ("marking--discrete--symbol--bicycle",), ("", ())),  # paint, not a bicycle
        ("ground", ("void--ground",), ("", ())),
        ("front", ("object--traffic-sign--front",), ("", ())),
        ("pedestrians", ("object--traffic-light--pedestrians",), ("", ())),
        ("crosswalk", ("walk",), ("", ())),
        ("歩行者", ("歩行者",), ("same name", ("歩行者",))),
        ("ｃａｒ", ("car",), ("other spelling", ("car",))),
        ("--", ("++",), ("", ())),
        ("--", ("other", "--"), ("same name", ("--",))),
    ],
)
def test_the_best_reason_wins_and_ties_are_all_named(name, others, answer):
    assert best(name, *others) == answer


@pytest.mark.parametrize(
    ("plural", "one"),
    [("cars", "car"), ("buses", "bus"), ("Boxes", "box"), ("horses", "horse"), ("cherries", "cherry")],
)
def test_a_plural_fits_the_singular(plural, one):
    assert spellings(plural) & spellings(one)


@pytest.mark.parametrize("name", ["bus", "grass", "tennis", "gas"])
def test_an_s_that_is_no_plural_stays(name):
    assert spellings(name) == {name}


def test_a_name_of_signs_only_keeps_them():
    assert plain_name("??") == "??" and plain_name("a-b c") == "abc"


def test_wider_names_come_from_kinds_and_from_the_path_the_nearest_first():
    assert wider("human--rider--bicyclist") == (frozenset({"rider"}), frozenset({"human", "person"}))
    assert wider("object--traffic-light--pedestrians")[0] >= {"trafficlight"}
    assert wider("no such thing") == ()


def test_the_end_of_a_path_counts_where_it_says_enough():
    assert "rider" not in path_meanings("object--bike-rider--back")
    assert path_meanings("nature--vegetation") >= {"naturevegetation", "vegetation"}
