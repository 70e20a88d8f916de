"""How sure the secondaries are of what they add."""

from pathlib import Path

import numpy as np

from combine.plans import INDOOR, PLAN, SHOP, labels, plan_of
from segweave.combine.grids import probabilities_at
from segweave.combine.rules import Evidence
from segweave.combine.sureness import sureness

SIGN, BAG = 3, 4
NOBODY = np.nan


def same(found: np.ndarray, *expected: float) -> bool:
    return np.array_equal(found, np.array([expected]), equal_nan=True)


def test_an_added_pixel_has_the_probability_of_its_label(tmp_path: Path) -> None:
    maps = np.array([[[0.5, 0.3, 0.0, 0.2], [0.1, 0.1, 0.0, 0.8], [0.7, 0.1, 0.2, 0.0]]])  # sign, floor, wall, bag
    plan = plan_of(tmp_path, PLAN, mode="odds")
    found = sureness(plan, labels([SIGN, BAG, 0]), [Evidence(probabilities=maps)])
    assert same(found, 0.5, 0.8, NOBODY)  # what the primary says is not asked


def test_probabilities_are_read_between_the_samples_of_the_crop(tmp_path: Path) -> None:
    maps = np.random.default_rng(1).random((2, 3, 4)).astype(np.float32)
    plan = plan_of(tmp_path, PLAN.replace("  add:", "  crop: [0, 0.5, 1, 1]\n  add:"), mode="odds")
    output = np.full((4, 10), BAG, np.int32)
    found = sureness(plan, output, [Evidence(probabilities=maps)])
    assert np.isnan(found[:, :5]).all()
    for row, column in np.ndindex(4, 5):
        assert found[row, 5 + column] == probabilities_at(maps, (row, column), (4, 5))[3]


def test_where_a_secondary_gives_labels_it_is_the_score_of_what_it_says(tmp_path: Path) -> None:
    plan, output = plan_of(tmp_path, PLAN), labels([SIGN, SIGN, SIGN, BAG])
    seen = Evidence(labels=labels([0, 2, -1, 3]), scores=np.array([0.9, 0.8, 0.4, NOBODY]))
    assert same(sureness(plan, output, [seen]), 0.9, 0.4, NOBODY, NOBODY)
    assert same(sureness(plan, output, [Evidence(labels=seen.labels)]), *[NOBODY] * 4)


def test_of_two_secondaries_that_lend_one_label_the_surer_counts(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, PLAN + "- labels: voc\n  add: [handbag]\n  same_as: {handbag: bag}\n", INDOOR, SHOP)
    first = Evidence(labels=labels([3, 3, -1]), scores=np.array([0, 0, 0, 0.6]))
    second = Evidence(labels=labels([0, -1, 0]), scores=np.array([0.8, 0]))
    assert same(sureness(plan, labels([BAG] * 3), [first, second]), 0.8, 0.6, 0.8)
