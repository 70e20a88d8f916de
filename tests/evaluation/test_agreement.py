"""How far two annotators agree."""

import numpy as np
import pytest

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import InvalidSegmentation
from segweave.evaluation.agreement import Border, count_agreement, joined_agreements, score_agreement
from segweave.segmentation import ImageKey, from_label_indices

SKY, ROAD, TREE = (SOME_LABELS.index(name) for name in ("sky", "road", "tree"))


def key(number: int = 1, size: tuple[int, int] = (1, 1)) -> ImageKey:
    return ImageKey(id=number, size=size)


def test_who_agrees_with_himself_agrees_in_all():
    scene = random_segmentation(np.random.default_rng(2), (40, 50))
    found = score_agreement(count_agreement(scene, scene, key()))
    assert found.accuracy == found.kappa == found.a_as_truth.all.pq == found.b_as_truth.all.pq == 1.0
    assert all(border.disputed == 0 and border.agreement == 1 and border.mean_offset == 0 for _, border in found.labels)
    assert found.pairs and all(border.mean_offset == 0 for _, _, border in found.pairs)


def test_borders_by_hand():
    """10 px in a row, tolerance 1 px. A: sky x 5, road x 5, one border after pixel 5.

    B: sky x 6, road x 2, tree x 2: sky / road after pixel 6, 1 px off, found both ways; road / tree is B's alone.
    """
    a = from_label_indices(np.array([[SKY] * 5 + [ROAD] * 5]), SOME_LABELS)
    b = from_label_indices(np.array([[SKY] * 6 + [ROAD] * 2 + [TREE] * 2]), SOME_LABELS)
    found = score_agreement(count_agreement(a, b, key()))
    pairs = {(i, k): border for i, k, border in found.pairs}
    assert pairs["sky", "road"] == Border(a=1, b=1, a_found=1, b_found=1, offset=2.0)
    assert pairs["sky", "road"].mean_offset == 1.0 and pairs["sky", "road"].disputed == 0
    assert pairs["road", "tree"] == Border(b=1) and pairs["road", "tree"].mean_offset is None
    assert found.pairs[0][:2] == ("road", "tree")  # the most disputed first
    assert dict(found.labels)["road"] == Border(a=1, b=2, a_found=1, b_found=1, offset=2.0)
    assert found.accuracy == 0.7


def test_kappa_by_hand():
    """8 px both labelled, 6 alike. A: 4 sky, 4 road; B: 4 sky, 4 road: by chance 1/2; kappa (6/8 - 1/2) / (1/2)."""
    a = from_label_indices(np.array([[SKY] * 4 + [ROAD] * 4 + [-1]]), SOME_LABELS)
    b = from_label_indices(np.array([[SKY] * 3 + [ROAD] + [SKY] + [ROAD] * 3 + [TREE]]), SOME_LABELS)
    found = score_agreement(count_agreement(a, b, key()))
    assert found.accuracy == 0.75 and found.kappa == pytest.approx(0.5)


def test_what_nothing_defines_is_none():
    nothing = from_label_indices(np.full((2, 2), -1), SOME_LABELS)
    found = score_agreement(count_agreement(nothing, nothing, key()))
    assert found.accuracy is found.kappa is found.a_as_truth.all.pq is None and found.pairs == ()
    one = from_label_indices(np.zeros((2, 2), int), SOME_LABELS)
    assert score_agreement(count_agreement(one, one, key())).kappa is None  # one label everywhere: chance alone is 1


def test_images_add_and_sides_may_be_swapped():
    rng = np.random.default_rng(7)
    pairs = [tuple(random_segmentation(rng, (20, 30)) for _ in range(2)) for _ in range(3)]
    parts = [count_agreement(a, b, key(k)) for k, (a, b) in enumerate(pairs)]
    whole, added = score_agreement(joined_agreements(parts)), score_agreement(parts[0] + parts[1] + parts[2])
    assert whole.pairs == added.pairs and whole.kappa == added.kappa and whole.images == 3
    turned = score_agreement(joined_agreements(count_agreement(b, a, key(k)) for k, (a, b) in enumerate(pairs)))
    assert turned.kappa == pytest.approx(whole.kappa)
    assert turned.a_as_truth.all == whole.b_as_truth.all
    assert {n: (b.b, b.a) for n, b in turned.labels} == {n: (b.a, b.b) for n, b in whole.labels}
    with pytest.raises(InvalidSegmentation, match="no counts"):
        joined_agreements([])
