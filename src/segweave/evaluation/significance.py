"""How far a score can be trusted, and whether one prediction is better than another: bootstrap over images.

The images of a data set are taken as drawn at random from all images of interest, each by itself (Efron and Tibshirani
1993, "An Introduction to the Bootstrap"). Neighbouring frames of a video are not: their intervals are too narrow.
Intervals are percentiles with the bias corrected (§14.3): means over labels lean to one side when images are drawn
again, because a rare label that is drawn less often is found less often too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from segweave.evaluation.confusion import SemanticCounts
from segweave.evaluation.matching import Floats
from segweave.evaluation.panoptic_quality import PanopticCounts

Statistics = Callable[[Floats], Mapping[str, Floats]]
"""Named scores of weighted images: weights (draws, n_images), how often each image is drawn -> name: (draws,), NaN
where a score is not defined."""

_CHUNK = 100  # draws at a time, so that memory stays small whatever their number


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A score, and the range that holds the score of all images of interest in 95 % (or another level) of the cases.

    None where undefined; low and high also where the drawn scores all lie beside the value, so that no range can be
    trusted (means over labels most of which are in one or two images).
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One score of two predictions on the same images.

    difference: a less b, with its interval over resampled images. p_value: two-sided, how probable a difference as
    large as this is if the two are equally good; None where it is not defined.
    """

    name: str
    a: float | None
    b: float | None
    difference: Interval
    p_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two predictions, a and b, score by score. images: on how many images both were counted."""

    a: str
    b: str
    images: int
    scores: tuple[Difference, ...]
    labels: tuple[Difference, ...]


def panoptic_statistics(counts: PanopticCounts) -> Statistics:
    """PQ, SQ, RQ of all, things and stuff ("pq", "things.sq", ..) and PQ of each label ("label.car").

    counts: by image, (n_images, n_labels). A label that is in no image of a draw leaves the draw's means.
    """
    columns = [column.astype(np.float64) for column in (counts.iou_sum, counts.tp, counts.fp, counts.fn)]
    things = np.array([label.is_thing for label in counts.labels], np.bool_)
    groups = {"": np.ones(len(things), np.bool_), "things.": things, "stuff.": ~things}

    def statistics(weights: Floats) -> Mapping[str, Floats]:
        iou, tp, fp, fn = (weights @ column for column in columns)
        with np.errstate(invalid="ignore"):
            size = tp + 0.5 * fp + 0.5 * fn
            scores = {"pq": iou / size, "sq": np.where(size > 0, iou / np.maximum(tp, 1), np.nan), "rq": tp / size}
        means = {f"{g}{name}": _row_means(s[:, k]) for g, k in groups.items() for name, s in scores.items()}
        by_label = {f"label.{name}": scores["pq"][:, k] for k, name in enumerate(counts.labels.names)}
        return means | by_label

    return statistics


def semantic_statistics(counts: SemanticCounts) -> Statistics:
    """The scores of `SemanticScore` by their names, and IoU of each label ("label.road"). counts: by image."""
    columns = [column.astype(np.float64) for column in (counts.shared, counts.truth, counts.predicted)]

    def statistics(weights: Floats) -> Mapping[str, Floats]:
        shared, truth, predicted = (weights @ column for column in columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            iou = shared / (truth + predicted - shared)
            accuracy = shared / truth
            total = truth.sum(axis=1)
            means = {
                "miou": _row_means(iou),
                "miou_present": _row_means(np.where(truth > 0, iou, np.nan)),
                "pixel_accuracy": shared.sum(axis=1) / total,
                "mean_accuracy": _row_means(accuracy),
                "fw_iou": np.where(truth > 0, truth * np.nan_to_num(iou), 0).sum(axis=1) / total,
            }
        return means | {f"label.{name}": iou[:, k] for k, name in enumerate(counts.labels.names)}

    return statistics


def intervals(
    statistics: Statistics, images: int, *, seed: int = 0, resamples: int = 1000, level: float = 0.95
) -> dict[str, Interval]:
    """Each score of all images, with its interval from resampled images.

    images: how many there are; with fewer than two there is nothing to resample, so that low and high are None.
    """
    values = statistics(np.ones((1, images)))
    if images < 2:
        return {name: Interval(value=_defined(value[0]), low=None, high=None) for name, value in values.items()}
    drawn = _drawn(statistics, images, seed, resamples)
    return {name: _interval(float(value[0]), drawn[name], level) for name, value in values.items()}


def compare(
    a: tuple[str, Statistics],
    b: tuple[str, Statistics],
    images: int,
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Comparison:
    """Two predictions on the same images in the same order: (name, statistics) each.

    Both are resampled with the same draws, so that easy and hard images weigh on both alike.
    """
    ones = np.ones((1, images))
    values = a[1](ones), b[1](ones)
    drawn = _drawn(a[1], images, seed, resamples), _drawn(b[1], images, seed, resamples)
    found = []
    for name in values[0]:
        first, second = float(values[0][name][0]), float(values[1][name][0])
        differences = drawn[0][name] - drawn[1][name]
        found.append(
            Difference(
                name=name,
                a=_defined(first),
                b=_defined(second),
                difference=_interval(first - second, differences if images > 1 else differences[:0], level),
                p_value=_p_value(first - second, differences) if images > 1 else None,
            )
        )
    return Comparison(
        a=a[0],
        b=b[0],
        images=images,
        scores=tuple(d for d in found if not d.name.startswith("label.")),
        labels=tuple(d for d in found if d.name.startswith("label.") and d.difference.value is not None),
    )


def _drawn(statistics: Statistics, images: int, seed: int, resamples: int) -> dict[str, Floats]:
    """(resamples,) values of each score; the same seed draws the same images."""
    rng = np.random.default_rng(seed)
    shares = np.full(images, 1 / images)
    chunks = []
    for begin in range(0, resamples, _CHUNK):
        weights = rng.multinomial(images, shares, size=min(_CHUNK, resamples - begin)).astype(np.float64)
        chunks.append(statistics(weights))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _interval(value: float, drawn: Floats, level: float) -> Interval:
    seen = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(seen):
        return Interval(value=_defined(value), low=None, high=None)
    normal, bias = NormalDist(), _bias(value, seen)
    ends = [normal.cdf(2 * bias + normal.inv_cdf(share)) for share in ((1 - level) / 2, (1 + level) / 2)]
    low, high = np.quantile(seen, ends)
    if not low <= value <= high:  # the draws lie beside the value: no correction of their bias can be trusted
        return Interval(value=value, low=None, high=None)
    return Interval(value=value, low=float(low), high=float(high))


def _p_value(value: float, drawn: Floats) -> float | None:
    """1 less the level of the interval that ends at 0; at least what so many draws can tell."""
    seen = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(seen):
        return None
    least = 2 / (len(seen) + 1)
    if (seen > 0).all() or (seen < 0).all():
        return least
    share = NormalDist().cdf(NormalDist().inv_cdf(_share_below(0.0, seen)) - 2 * _bias(value, seen))
    return min(1.0, max(2 * min(share, 1 - share), least))


def _bias(value: float, seen: Floats) -> float:
    """How far the middle of the draws is from the value, in standard deviations of a normal distribution."""
    return NormalDist().inv_cdf(_share_below(value, seen))


def _share_below(value: float, seen: Floats) -> float:
    """The share of draws below a value, equal ones half; never 0 or 1, which no number of draws can tell."""
    share = float((seen < value).mean() + (seen == value).mean() / 2)
    return min(max(share, 1 / (len(seen) + 1)), len(seen) / (len(seen) + 1))


def _row_means(values: Floats) -> Floats:
    seen = ~np.isnan(values)
    number = seen.sum(axis=1)
    sums = np.where(seen, values, 0.0).sum(axis=1)
    return np.where(number > 0, sums / np.maximum(number, 1), np.nan)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
