"""Plans with their labels found, and what they make of labels."""

from pathlib import Path

import numpy as np
import pytest

from combine.plans import CITY, INDOOR, PLAN, SHOP, labels, plan_of
from segweave.combine import CooccurrenceCounts, Provenance
from segweave.combine.modes import MODES, mode_of
from segweave.combine.plan import extend
from segweave.combine.rules import CooccurrenceMode, Evidence, GuardedMode, OddsMode, Promotion
from segweave.errors import InvalidSegmentation, LabelError, SegweaveError, UsageError

TWO = PLAN + "- labels: voc\n  add: [handbag, shelf]\n  same_as: {handbag: bag}\n"
NOTHING = CooccurrenceCounts(pixels=np.zeros((3, 4, 4), int), images=np.zeros((3, 4), int))


def test_output_labels_go_on_from_the_primary_in_ascending_secondary_order(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("[sign, bag]", "[bag, sign]"))
    assert plan.labels.names == ("road", "wall", "car", "sign", "bag") and plan.labels.name == "city plus"
    assert plan.secondaries[0].lent.add == (0, 3) and plan.secondaries[0].outputs == (3, 4)
    assert plan.secondaries[0].lent.similar == (frozenset({1}), frozenset({2}), frozenset())


def test_labels_that_mean_the_same_share_an_output(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, TWO, INDOOR, SHOP)
    assert plan.labels.names == ("road", "wall", "car", "sign", "bag", "shelf")
    assert plan.secondaries[1].outputs == (4, 5)  # handbag is bag, shelf is new


def test_an_added_colour_near_one_that_is_there_gives_way(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN)
    assert plan.labels[4].color == INDOOR[3].color  # the bag's is far from all
    assert plan.labels[3].color != INDOOR[0].color  # the sign's is the road's
    sign = np.array(plan.labels[3].color)
    assert all(np.abs(sign - other.color).sum() > 100 for k, other in enumerate(plan.labels) if k != 3)


def test_each_secondary_is_judged_against_the_original_and_a_later_one_changes_only_what_is_primary_still(
    tmp_path: Path,
) -> None:
    plan = plan_of(tmp_path, TWO, INDOOR, SHOP)
    primary = labels([0, 0, 0, -1, 2])
    first = Evidence(labels=labels([0, 1, 3, 0, -1]))  # sign, floor, bag, sign, void
    second = Evidence(labels=labels([1, 0, 1, 1, 1]))  # shelf, handbag, shelf, shelf, shelf
    # sign stays; floor is not added, so the handbag, a bag, comes; bag stays; void stays; void: the shelf comes
    assert extend(plan, primary, [first, second]).tolist() == [[3, 4, 4, -1, 5]]


def test_outside_a_crop_the_primary_stays(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("[sign, bag]", "[sign, bag]\n  crop: [0, 0.25, 1, 0.75]"))
    signs = Evidence(labels=labels([0]))  # the crop as one pixel: read at the centres of two
    assert extend(plan, labels([1, 1, 1, 1]), [signs]).tolist() == [[1, 3, 3, 1]]


def test_probabilities_of_a_crop_are_laid_over_the_crop(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("[sign, bag]", "[sign, bag]\n  crop: [0, 0.5, 1, 1]"), mode="odds")
    sure = np.array([[[0.9, 0.0, 0.1, 0.0]]])
    assert extend(plan, labels([1, 1, 1, 1]), [Evidence(probabilities=sure)]).tolist() == [[1, 1, 3, 3]]


def test_an_empty_add_changes_nothing(tmp_path: Path) -> None:
    primary = labels([0, 1, 2, -1])
    for mode in ("override", "odds"):
        plan = plan_of(tmp_path, PLAN.replace("[sign, bag]", "[]"), mode=mode)
        seen = Evidence(labels=labels([0, 1, 2, 3]), probabilities=np.full((1, 4, 4), 0.25))
        assert plan.labels.names == CITY.names
        assert np.array_equal(extend(plan, primary, [seen]), primary)


def test_specks_of_added_labels_go_when_the_plan_says_how_small_a_part_may_be(tmp_path: Path) -> None:
    seen = [Evidence(labels=labels([0, 1, 0, 0, 1, 1, 1, 1, 1, 1]))]  # signs of 1 and 2 of 10 px
    primary = labels([1] * 10)
    for share, expected in ((0, [3, 1, 3, 3]), (0.1, [3, 1, 3, 3]), (0.11, [1, 1, 3, 3]), (0.21, [1, 1, 1, 1])):
        plan = plan_of(tmp_path, PLAN.replace("mode:", f"smallest_part: {share}\nmode:"))
        assert extend(plan, primary, seen).tolist() == [[*expected, 1, 1, 1, 1, 1, 1]], share
    assert plan_of(tmp_path, PLAN).smallest_part == 0  # the rules are exact unless a plan says otherwise


def test_a_plan_wants_evidence_of_every_secondary(tmp_path: Path) -> None:
    with pytest.raises(InvalidSegmentation, match="expected evidence of 1 secondaries; found 0"):
        extend(plan_of(tmp_path, PLAN), labels([0]), [])


def test_modes_are_derived_from_the_same_counts(tmp_path: Path) -> None:
    pixels = np.zeros((3, 4, 4), np.int64)
    pixels[0, 0, 0], pixels[1, 0, 2] = 60_000, 50  # road and sign: a sign; wall and sign: a wall, seldom seen
    names = Provenance(primary_labels=CITY.names, secondary_labels=INDOOR.names)
    counts = CooccurrenceCounts(pixels=pixels, images=np.ones((3, 4), int), provenance=names)
    counts.save(tmp_path / "counts.npz")
    text = PLAN.replace("[sign, bag]", "[sign, bag]\n  counts: counts.npz")
    signs = [Evidence(labels=labels([0, 0, 0]))]
    expected = {"override": [3, 3, 3], "cooccurrence": [3, 1, 2], "guarded": [3, 1, 2]}
    for mode, output in expected.items():  # car and sign were never seen together: the primary stays
        assert extend(plan_of(tmp_path, text, mode=mode), labels([0, 1, 2]), signs).tolist() == [output], mode


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[sign, bag]", "[sing]", "plan.yaml:8: label 'sing' is not in 'indoor'; did you mean 'sign'?"),
        ("[sign, bag]", "[sign, sign]", "plan.yaml:8: 'sign' is listed a second time under `add`"),
        ("[sign, bag]", "[floor]", "plan.yaml:10: 'floor' is to be added, and is similar to the primary label 'road'"),
        ("[sign, bag]\n  similar:\n    road: [floor]\n    wall: [wall]", "[wall]", "'wall' is a label of the primary"),
        ("road: [floor]", "raod: [floor]", "plan.yaml:10: label 'raod' is not in 'city'; did you mean 'road'?"),
        ("road: [floor]", "road: [flor]", "plan.yaml:10: label 'flor' is not in 'indoor'; did you mean 'floor'?"),
        ("wall: [wall]", "road: [wall]", "plan.yaml:11: 'road' is listed a second time under `similar`"),
        ("[sign, bag]", "[bag]\n  same_as: {sign: bag}", "'sign' is not in this secondary's `add`"),
        ("[sign, bag]", "[bag]\n  same_as: {bag: sign}", "no earlier secondary adds 'sign'; they add none"),
        ("override", "guarded", "plan.yaml:7: mode guarded needs `counts:`"),
        ("override", "override\nparameters: {tau: 0.5}", "mode override has no parameter 'tau'"),
        ("override", "override\nrefine: [snpa]", "refining step 'snpa' is not known; did you mean 'snap'?"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in PLAN
    with pytest.raises(SegweaveError) as found:
        plan_of(tmp_path, PLAN.replace(before, after, 1))
    assert said in str(found.value)


def test_two_secondaries_that_add_one_name_must_say_whether_it_means_the_same(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"an earlier secondary adds 'sign' too.*same_as: \{sign: sign\}"):
        plan_of(tmp_path, PLAN + "- labels: voc\n  add: [sign]\n", INDOOR, INDOOR)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (NOTHING, "counts no pixel"),
        (CooccurrenceCounts(pixels=np.ones((2, 4, 4), int), images=np.ones((2, 4), int)), "counts 2 primary labels"),
        (
            CooccurrenceCounts(
                pixels=np.ones((3, 4, 4), int),
                images=np.ones((3, 4), int),
                provenance=Provenance(secondary_labels=("sign", "floor", "wall", "sack")),
            ),
            "label 3 is 'sack' and 'bag' (sha256 ",
        ),
    ],
)
def test_counts_of_other_labels_or_of_nothing_are_refused(
    tmp_path: Path, counts: CooccurrenceCounts, said: str
) -> None:
    counts.save(tmp_path / "counts.npz")
    with pytest.raises(LabelError) as found:
        plan_of(tmp_path, PLAN.replace("[sign, bag]", "[sign]\n  counts: counts.npz"))
    assert said in str(found.value) and "counts.npz" in str(found.value)


def test_parameters_become_the_mode(tmp_path: Path) -> None:
    found = mode_of("guarded", [("tau", 0.9), ("unseen", "backoff"), ("min_pixels", 7.0)], "p")
    assert found == GuardedMode(tau=0.9, unseen="backoff", min_pixels=7)
    assert mode_of("cooccurrence", [("foreign", "promote")], "p") == CooccurrenceMode(foreign="promote")
    promoted = mode_of("odds", [("promote", True), ("promote_ratio", 20)], "p")
    assert promoted == OddsMode(promotion=Promotion(ratio=20.0))
    assert mode_of("odds", [("promote", False)], "p") == MODES["odds"]


@pytest.mark.parametrize(
    ("mode", "key", "value", "said"),
    [
        ("guarded", "tau", 1.5, "tau is a probability in 0..1; found 1.5"),
        ("guarded", "alpha", 0, "alpha is a number of pixels above 0"),
        ("guarded", "unseen", "primry", "unseen 'primry' is not known; did you mean 'primary'?"),
        ("odds", "ratio", -1, "ratio is a number of 0 or more"),
        ("odds", "ratio", "four", "ratio is a number of 0 or more"),
        ("odds", "promote", 1, "promote is true or false"),
        ("odds", "promote_ratio", 8, "need promote: true"),
        ("odds", "ratoi", 4, "mode odds has no parameter 'ratoi'; did you mean 'ratio'"),
        ("magic", "x", 1, "mode 'magic' is not known"),
    ],
)
def test_a_wrong_parameter_is_wrong_use(mode: str, key: str, value: float | str, said: str) -> None:
    with pytest.raises(UsageError) as found:
        mode_of(mode, [(key, value)], "plan.yaml")
    assert str(found.value).startswith("plan.yaml: ") and said in str(found.value)
