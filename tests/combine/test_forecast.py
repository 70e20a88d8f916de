"""A forecast is what applying the table to the counted pixels gives."""

import numpy as np

from segweave.combine import apply_table, count_cooccurrence, override_table
from segweave.combine.forecast import forecast
from segweave.combine.rules import Lent


def test_a_forecast_equals_the_outcome_on_the_counted_image() -> None:
    rng = np.random.default_rng(3)
    primary, secondary, truth = rng.integers(0, 3, (3, 60, 60))
    truth = np.where(rng.random((60, 60)) < 0.7, secondary, truth)
    counts = count_cooccurrence(primary, secondary, truth, n_primary=3, n_secondary=3)
    lent = Lent(similar=(frozenset({0}), frozenset({1}), frozenset()), add=(2,), n=3)
    table = override_table(3, 3, add=[2])
    found, output = forecast(counts, table, lent), apply_table(table, primary, secondary)
    moved = output == 3
    assert (found.pixels, found.moved) == (3600, moved.sum()) and found.unseen_pairs == 0
    (added,) = found.added
    was_right = ((primary == 0) & (truth == 0)) | ((primary == 1) & (truth == 1))
    assert (added.moved, added.gained) == (moved.sum(), (moved & (truth == 2)).sum())
    assert added.lost == (moved & was_right).sum() and added.missed == (~moved & (truth == 2)).sum()
    assert added.iou == (moved & (truth == 2)).sum() / (moved | (truth == 2)).sum()
    for row in found.primary:
        here = primary == row.primary
        assert (row.pixels, row.moved) == (here.sum(), (here & moved).sum())
        assert (row.right, row.lost) == ((here & was_right).sum(), (here & was_right & moved).sum())
    ious = [((secondary == k) & (truth == k)).sum() / ((secondary == k) | (truth == k)).sum() for k in range(3)]
    assert found.secondary_miou is not None and abs(found.secondary_miou - np.mean(ious)) < 1e-12


def test_nothing_counted_is_nothing_defined() -> None:
    void = np.full((2, 2), 255)
    counts = count_cooccurrence(void, void, void, n_primary=1, n_secondary=2)
    found = forecast(counts, override_table(1, 2, add=[1]), Lent(similar=(frozenset({0}),), add=(1,), n=2))
    assert found.secondary_miou is None and found.added[0].iou is None and found.unseen_pairs == found.pairs == 2
