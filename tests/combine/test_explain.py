"""Why a pixel became what it is."""

from pathlib import Path

import numpy as np
import pytest

from combine.plans import INDOOR, PLAN, SHOP, labels, plan_of
from segweave.combine import CooccurrenceCounts
from segweave.combine.explain import Explanation, Term, explain
from segweave.combine.plan import extend
from segweave.combine.rules import Evidence
from segweave.errors import UsageError

PRIMARY = labels([0, 1, 2, -1])
TWO = PLAN + "- labels: voc\n  add: [handbag]\n"


def counted(folder: Path) -> str:
    """A plan with counts: road and sign, seen 100,000 times, is a sign 9 times of 10."""
    pixels = np.zeros((3, 4, 4), np.int64)
    pixels[0, 0, 0], pixels[0, 0, 1] = 90_000, 10_000
    CooccurrenceCounts(pixels=pixels, images=np.ones((3, 4), int)).save(folder / "counts.npz")
    return PLAN.replace("[sign, bag]", "[sign, bag]\n  counts: counts.npz")


def signs_at(folder: Path, column: int, *, mode: str) -> Explanation:
    plan = plan_of(folder, counted(folder), mode=mode)
    return explain(plan, PRIMARY, [Evidence(labels=labels([0, 0, 0, 0]))], at=(0, column))


def test_a_table_says_counts_and_the_truth_to_expect(tmp_path: Path) -> None:
    found = signs_at(tmp_path, 0, mode="cooccurrence")
    (step,) = found.steps
    assert (found.primary, found.output, step.says, step.output, step.seen) == ("road", "sign", "sign", "sign", 100_000)
    assert step.terms[:2] == (Term("sign", 0.9, 90_000), Term("floor", 0.1, 10_000))
    assert step.reason == (
        "of 100000 counted pixels with this pair of labels the truth to expect is 'sign', which is to be added"
    )


def test_the_guard_says_its_probability_and_what_was_wanted(tmp_path: Path) -> None:
    (step,) = signs_at(tmp_path, 0, mode="guarded").steps
    # Q = (90000 + 1000) / (100000 + 1000); P = (90000 + 10000 Q) / (100000 + 10000)
    assert step.terms[0].probability == pytest.approx((90_000 + 10_000 * 91 / 101) / 110_000)
    assert "(smoothed probability 0.900; wanted at least 0.7)" in step.reason


def test_a_pair_that_was_never_seen_keeps_the_primary(tmp_path: Path) -> None:
    found = signs_at(tmp_path, 1, mode="cooccurrence")
    assert found.output == "wall" and found.steps[0].seen == 0
    assert found.steps[0].reason == "only 0 pixels with this pair of labels were counted: the primary stays"


def test_void_is_explained_too(tmp_path: Path) -> None:
    found = signs_at(tmp_path, 3, mode="override")
    assert (found.primary, found.output, found.steps) == (None, None, ())
    plan = plan_of(tmp_path, PLAN)
    (step,) = explain(plan, PRIMARY, [Evidence(labels=labels([-1]))], at=(0, 0)).steps
    assert (step.says, step.reason, step.output) == (None, "it is void here", "road")


def test_odds_say_both_sides(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN, mode="odds")
    q = np.array([[[0.6, 0.3, 0.1, 0.0]]])  # sign, floor, wall, bag
    seen = [Evidence(probabilities=q)]
    road, wall, car = (explain(plan, PRIMARY, seen, at=(0, k)) for k in range(3))
    assert (road.output, wall.output, car.output) == ("road", "sign", "car")  # 0.6 is not more than 4 x 0.3
    assert road.steps[0].reason == (
        "'sign' has 0.600, the labels similar to the primary's (floor) 0.300; wanted at least 0.2 and more than 4"
        " times that"
    )
    assert "every label not added 0.400" in car.steps[0].reason  # nothing is similar to a car
    assert [term.label for term in wall.steps[0].terms] == ["sign", "floor", "wall", "bag"]


def test_a_speck_is_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("mode:", "smallest_part: 0.5\nmode:"))
    found = explain(plan, PRIMARY, [Evidence(labels=labels([1, 0, 1, 1]))], at=(0, 1))  # a sign of 1 of 4 px
    assert (found.output, found.speck, found.steps[0].output) == ("wall", True, "sign")
    assert not explain(plan, PRIMARY, [Evidence(labels=labels([1, 0, 0, 1]))], at=(0, 1)).speck
    assert not explain(plan, PRIMARY, [Evidence(labels=labels([1, 0, 1, 1]))], at=(0, 0)).speck


def test_a_promotion_is_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN.replace("mode: override", "mode: odds\nparameters: {promote: true}"))
    found = explain(plan, PRIMARY, [Evidence(probabilities=np.array([[[0, 0.96, 0.01, 0.03]]]))], at=(0, 1))
    assert (
        found.output == "road" and "what is similar to 'road' is surer: the pixel is promoted" in found.steps[0].reason
    )
    seen = [Evidence(probabilities=np.array([[[0.9, 0.02, 0.01, 0.07]]]))]
    assert "promoted" not in explain(plan, PRIMARY, seen, at=(0, 1)).steps[0].reason


def test_a_later_secondary_says_that_an_earlier_one_was_there_before(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, TWO, INDOOR, SHOP)
    evidence = [Evidence(labels=labels([0, 1, 1, 1])), Evidence(labels=labels([0, 0, 0, 0]))]
    first, second = (explain(plan, PRIMARY, evidence, at=(0, k)) for k in range(2))
    assert first.output == "sign" and not first.steps[1].applies
    assert first.steps[1].reason.startswith("an earlier secondary changed the pixel already")
    assert second.output == "handbag" and second.steps[1].applies


def test_an_explanation_ends_where_the_plan_ends(tmp_path: Path) -> None:
    """Law: whatever the place, the output explained is the output."""
    rng = np.random.default_rng(5)
    primary = rng.integers(-1, 3, (4, 6)).astype(np.int32)
    q = rng.dirichlet([0.2] * 4, (2, 3))
    for mode, seen in (
        ("odds", Evidence(probabilities=q)),
        ("override", Evidence(labels=rng.integers(-1, 4, (2, 3)).astype(np.int32))),
    ):
        text = PLAN.replace("[sign, bag]", "[sign, bag]\n  crop: [0.25, 0, 1, 0.5]")
        plan = plan_of(tmp_path, text, mode=mode)
        output = extend(plan, primary, [seen])
        for place in np.ndindex(4, 6):
            found = explain(plan, primary, [seen], at=place)
            assert found.output == (plan.labels[output[place]].name if output[place] >= 0 else None)
            if found.steps:
                assert found.steps[0].output == found.output


def test_a_place_outside_the_photograph_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="row 0, column 4 is outside the photograph of 1 x 4 px"):
        signs_at(tmp_path, 4, mode="override")
