"""Intervals and comparisons by resampling images."""

import numpy as np
import pytest
from scipy.stats import norm

from scenes import SOME_LABELS, random_segmentation
from segweave.evaluation import PanopticCounts, count_panoptic, count_panoptic_by_image, score_panoptic
from segweave.evaluation.confusion import count_confusion, count_semantic_by_image, score_semantic
from segweave.evaluation.significance import compare, intervals, panoptic_statistics, semantic_statistics
from segweave.evaluation.slices import sliced
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, OverlapTable, Segmentation, joined, overlap_table


def tables(n: int, *, shift: int, seed: int = 0) -> OverlapTable:
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(n):
        truth = random_segmentation(rng, (24, 30), n=8)
        guess = Segmentation(np.roll(truth.ids, shift, 1), truth.segments, SOME_LABELS)
        parts.append(overlap_table(truth, guess, ImageKey(id=number, size=truth.size)))
    return joined(parts)


def repeated(table: OverlapTable, weights: list[int]) -> OverlapTable:
    """Every image as often as its weight says, under ids of its own."""
    parts = []
    for place, weight in enumerate(weights):
        for _ in range(weight):
            one = table.select([place])
            key = ImageKey(id=len(parts), size=one.images[0].size)
            parts.append(OverlapTable(**{**{n: getattr(one, n) for n in one.__slots__}, "images": (key,)}))
    return joined(parts)


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [0, 3, 0, 1], [2, 2, 0, 0], [0, 0, 0, 4]])
def test_weights_count_like_images_that_stand_several_times(weights: list[int]):
    table = tables(4, shift=3)
    drawn = np.array([weights], np.float64)
    again = repeated(table, weights)
    found = panoptic_statistics(count_panoptic_by_image(table))(drawn)
    score = score_panoptic(count_panoptic(again))
    for name, mean in (("", score.all), ("things.", score.things), ("stuff.", score.stuff)):
        for key in ("pq", "sq", "rq"):
            wanted = getattr(mean, key)
            assert found[name + key][0] == pytest.approx(np.nan if wanted is None else wanted, abs=1e-12, nan_ok=True)
    for label, quality in zip(SOME_LABELS.names, score.by_label, strict=True):
        wanted = np.nan if quality is None else quality.pq
        assert found[f"label.{label}"][0] == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    semantic = semantic_statistics(count_semantic_by_image(table))(drawn)
    plain = score_semantic(count_confusion(again).counts())
    for key in ("miou", "miou_present", "pixel_accuracy", "mean_accuracy", "fw_iou"):
        assert semantic[key][0] == pytest.approx(getattr(plain, key), abs=1e-12)


def test_an_interval_holds_the_score_and_the_same_seed_gives_the_same():
    statistics = panoptic_statistics(count_panoptic_by_image(tables(30, shift=3)))
    found = intervals(statistics, 30, seed=5, resamples=200)
    assert found["pq"].low < found["pq"].value < found["pq"].high
    assert found == intervals(statistics, 30, seed=5, resamples=200)
    assert found != intervals(statistics, 30, seed=6, resamples=200)
    narrow = intervals(statistics, 30, seed=5, resamples=200, level=0.5)["pq"]
    assert found["pq"].low < narrow.low < narrow.high < found["pq"].high


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """One label; each image has one thing that is found with probability 0.7: PQ of the population is 0.7 / 1."""
    rng = np.random.default_rng(0)
    inside = 0
    for k in range(200):
        hit = rng.random(60) < 0.7
        counts = PanopticCounts(
            labels=SOME_LABELS,
            iou_sum=np.outer(hit, [0, 0, 0, 1, 0]).astype(float),
            tp=np.outer(hit, [0, 0, 0, 1, 0]),
            fp=np.outer(~hit, [0, 0, 0, 1, 0]),
            fn=np.outer(~hit, [0, 0, 0, 1, 0]),
        )
        found = intervals(panoptic_statistics(counts), 60, seed=k, resamples=300)["pq"]
        inside += found.low <= 0.7 <= found.high
    assert 180 <= inside <= 199  # 190 of 200 expected


def spread(weights: np.ndarray) -> dict[str, np.ndarray]:
    """The variance of ten numbers, which is smaller in most draws than in the sample."""
    numbers = np.arange(10.0) ** 1.7
    share = weights / weights.sum(axis=1, keepdims=True)
    return {"var": share @ numbers**2 - (share @ numbers) ** 2}


def drawn_spreads(seed: int) -> tuple[float, np.ndarray]:
    rng = np.random.default_rng(seed)
    draws = [spread(rng.multinomial(10, [0.1] * 10, size=100).astype(float))["var"] for _ in range(5)]
    return float(spread(np.ones((1, 10)))["var"][0]), np.concatenate(draws)


def test_an_interval_is_a_percentile_with_the_bias_corrected():
    """Efron and Tibshirani 1993, (14.10) with a = 0: ends at the shares of a normal moved by twice the bias z0."""
    found = intervals(spread, 10, seed=7, resamples=500, level=0.9)["var"]
    value, draws = drawn_spreads(7)
    z0 = norm.ppf((draws < value).mean())
    assert found.value == value and z0 > 0.2
    ends = np.quantile(draws, norm.cdf(2 * z0 + norm.ppf([0.05, 0.95])))
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-9)


def test_p_is_where_the_interval_ends_at_0():
    value, draws = drawn_spreads(3)
    z0 = norm.ppf((draws < value).mean())
    for limit in np.quantile(draws, [0.08, 0.3, 0.8, 0.99]):

        def constant(weights: np.ndarray, limit: float = limit) -> dict[str, np.ndarray]:
            return {"var": np.full(len(weights), limit)}

        p = compare(("a", spread), ("b", constant), 10, seed=3, resamples=500).scores[0].p_value
        share = norm.cdf(norm.ppf(((draws < limit).sum() + (draws == limit).sum() / 2) / 500) - 2 * z0)
        assert p == pytest.approx(2 * min(share, 1 - share), abs=1e-6)


def many_labels(rng: np.random.Generator, n: int) -> PanopticCounts:
    """Counts by image of 80 labels, most of them rare, some predicted where they are not."""
    labels = LabelSet("many", tuple(Label(name=f"l{k}", is_thing=True) for k in range(80)))
    often = np.arange(1, 81) ** -0.7 / 2
    number = np.where(rng.random((n, 80)) < often, rng.poisson(2, (n, 80)) + 1, 0)
    found = np.clip(rng.beta(4, 2, 80) + rng.normal(0, 0.1, (n, 1)), 0.02, 0.98)
    hits = rng.binomial(number, found)
    ghosts = rng.binomial(number, 1 - found) + (rng.random((n, 80)) < often / 10)
    return PanopticCounts(labels=labels, iou_sum=hits * rng.beta(9, 2, (n, 80)), tp=hits, fp=ghosts, fn=number - hits)


def test_with_many_rare_labels_and_few_images_intervals_are_somewhat_too_narrow():
    """About 5 of 6 hold the truth, and the guide says so."""
    rng = np.random.default_rng(0)
    whole = many_labels(rng, 4_000)
    wanted = score_panoptic(whole.total()).all.pq
    inside = 0
    for k in range(60):
        at = rng.choice(4_000, 100, replace=False)
        columns = {name: getattr(whole, name)[at] for name in ("iou_sum", "tp", "fp", "fn")}
        some = panoptic_statistics(PanopticCounts(labels=whole.labels, **columns))
        found = intervals(some, 100, seed=k, resamples=100)["pq"]
        inside += found.low <= wanted <= found.high
    assert 44 <= inside <= 58


def test_equally_good_predictions_seldom_differ():
    """Two predictions that find each thing with the same probability: p under 0.05 in about 1 case of 20."""
    rng = np.random.default_rng(1)
    told = 0
    for k in range(200):
        sides = []
        for _ in range(2):
            hit = rng.random((60, 1)) < 0.7
            row = np.array([[0, 0, 0, 1, 0]])
            sides.append(
                PanopticCounts(labels=SOME_LABELS, iou_sum=hit * row * 1.0, tp=hit * row, fp=~hit * row, fn=~hit * row)
            )
        a, b = (panoptic_statistics(counts) for counts in sides)
        told += compare(("a", a), ("b", b), 60, seed=k, resamples=300).scores[0].p_value < 0.05
    assert 3 <= told <= 20  # 10 expected


def test_p_is_below_5_percent_where_the_interval_leaves_out_0():
    for seed in range(12):
        a, b = (panoptic_statistics(count_panoptic_by_image(tables(25, shift=2, seed=s))) for s in (seed, seed + 50))
        for found in compare(("a", a), ("b", b), 25, seed=seed, resamples=400).scores:
            if found.p_value is not None and abs(found.p_value - 0.05) > 0.01:
                ends = found.difference
                assert (found.p_value < 0.05) == (not ends.low <= 0 <= ends.high)


def test_one_image_has_no_interval():
    found = intervals(panoptic_statistics(count_panoptic_by_image(tables(1, shift=2))), 1)["pq"]
    assert found.value is not None and found.low is found.high is None


def test_a_better_prediction_is_seen_as_better_and_the_other_way_round():
    good, bad = (panoptic_statistics(count_panoptic_by_image(tables(40, shift=s))) for s in (1, 4))
    found, turned = compare(("a", good), ("b", bad), 40), compare(("b", bad), ("a", good), 40)
    pq = found.scores[0]
    assert pq.name == "pq" and pq.difference.low > 0 and pq.p_value < 0.01
    assert turned.scores[0].difference.value == pytest.approx(-pq.difference.value)
    assert turned.scores[0].difference.high == pytest.approx(-pq.difference.low)
    assert {d.name for d in found.labels} <= {f"label.{name}" for name in SOME_LABELS.names}


def test_equal_predictions_do_not_differ():
    same = panoptic_statistics(count_panoptic_by_image(tables(10, shift=2)))
    pq = compare(("a", same), ("b", same), 10).scores[0]
    assert pq.difference.value == 0 and pq.p_value == 1.0


def test_slices_score_the_images_of_each_value():
    table = tables(5, shift=2)
    found = sliced({"time": ("day", "night", "day", "day", "")}, lambda p: count_panoptic(table.select(p)).tp.sum())
    assert [(s.value, s.images) for s in found] == [("", 1), ("day", 3), ("night", 1)]
    assert sum(s.score for s in found) == count_panoptic(table).tp.sum()


def test_differences_of_one_sign_have_the_least_p_whatever_their_bias() -> None:
    """The middle of the draws is far from the value, yet no draw is beyond 0: interval and p say the same."""
    shift = np.linspace(0.05, 0.2, 40)

    def better(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"pq": 0.3 + (weights * shift).sum(axis=1) / 40 + 0.05 * (weights.max(axis=1) > 1)}

    found = compare(("a", better), ("b", lambda weights: {"pq": np.full(len(weights), 0.3)}), 40, resamples=199)
    (pq,) = found.scores
    assert pq.p_value == 2 / 200
    assert pq.difference.low is None or pq.difference.low > 0


def test_an_interval_beside_its_own_number_is_none() -> None:
    def leaning(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"pq": np.where((weights == 1).all(axis=1), 0.9, 0.5 + weights[:, 0] / 100)}

    found = intervals(leaning, 30)["pq"]
    assert (found.value, found.low, found.high) == (0.9, None, None)
