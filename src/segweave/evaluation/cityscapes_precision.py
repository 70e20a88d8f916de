"""AP by the protocol of the Cityscapes instance benchmark (Cordts et al. 2016, §4.2, and its evaluation script).

It differs from COCO's: matching goes by truths and not by scores, small truths (under 100 px), crowds and void excuse
detections by the share of their pixels, every detection counts, and the curve is integrated by the trapezium rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segweave.errors import LabelError
from segweave.evaluation.instance_table import InstanceSide, InstanceTable
from segweave.evaluation.matching import Floats
from segweave.labels import LabelSet
from segweave.segmentation import Rle
from segweave.segmentation.overlap_table import Bools

THRESHOLDS = np.arange(0.5, 1.0, 0.05)
_SMALLEST = 100  # px of a truth that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class CityscapesScore:
    """AP of the Cityscapes benchmark, 0..1, None where no truth defines it. by_label: None for stuff too.

    ap: mean over IoU 0.5 to 0.95 and labels; ap50: at IoU 0.5.
    """

    labels: LabelSet
    ap: float | None
    ap50: float | None
    by_label: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _OneImage:
    """The instances of one label in one image: g truths, d detections.

    iou: (g, d). counts: (g,) truths that count. score, area, excused: (d,); excused: px on void, on crowds and on small
    truths; those on a small crowd twice, as in the script.
    """

    iou: Floats
    counts: Bools
    score: Floats
    area: Floats
    excused: Floats


def cityscapes_precision(table: InstanceTable) -> CityscapesScore:
    """AP and AP50. Detections without a score count as sure (1.0). Raises `LabelError` when the label sets differ.

    Void is known where the truth was a `Segmentation`; without it no detection is excused for lying on void.
    """
    labels = table.truth.labels
    if labels != table.prediction.labels:
        raise LabelError(
            f"the truth has the labels {labels.name!r} and the prediction {table.prediction.labels.name!r}; say both in"
            " one set first (`map_prediction_instances`)"
        )
    found = np.full((len(labels), len(THRESHOLDS)), np.nan)
    for label in labels.things:
        images = list(_images(table, label))
        found[label] = [_precision(images, float(threshold)) for threshold in THRESHOLDS]
    return CityscapesScore(
        labels=labels,
        ap=_mean(found),
        ap50=_mean(found[:, :1]),
        by_label=tuple(_mean(row) for row in found),
    )


def _images(table: InstanceTable, label: int) -> Iterator[_OneImage]:
    """The images that have the label on either side."""
    sides = (table.truth, table.prediction)
    rows = [np.flatnonzero(side.label == label) for side in sides]
    for image in np.union1d(table.truth.image[rows[0]], table.prediction.image[rows[1]]).tolist():
        truths, detections = (r[side.image[r] == image] for r, side in zip(rows, sides, strict=True))
        masks = [_masks(side, r.tolist()) for side, r in zip(sides, (truths, detections), strict=True)]
        areas = [np.array([mask.area() for mask in of_side], np.float64) for of_side in masks]
        iou = _ious(masks[0], masks[1])
        shared = _shared(iou, areas[0], areas[1])
        crowd, small = table.truth.crowd[truths], areas[0] < _SMALLEST
        void = table.void[image]
        excused = shared[crowd].sum(axis=0) + shared[small].sum(axis=0)
        if void is not None:
            excused = excused + _shared(_ious([void], masks[1]), np.array([float(void.area())]), areas[1])[0]
        score = table.prediction.score[detections]
        yield _OneImage(
            iou=iou,
            counts=~crowd & ~small,
            score=np.where(np.isnan(score), 1.0, score),
            area=areas[1],
            excused=excused,
        )


def _precision(images: list[_OneImage], threshold: float) -> float:
    """AP at one IoU, NaN without a truth that counts."""
    truths = sum(int(one.counts.sum()) for one in images)
    if not truths:
        return float("nan")
    if not any(len(one.score) for one in images):
        return 0.0
    right, scores, missed = [], [], 0
    for one in images:
        hits, of_hits, lost = _matched(one, threshold)
        false = _false(one, threshold)
        right += [hits, np.zeros(len(false), np.bool_)]
        scores += [of_hits, false]
        missed += lost
    return _area_under(np.concatenate(right), np.concatenate(scores), missed)


def _matched(one: _OneImage, threshold: float) -> tuple[Bools, Floats, int]:
    """The detections that overlap a truth enough: right or doubles, their scores; and truths that none found.

    Of several on one truth the best score is right, the others are doubles.
    """
    right: list[bool] = []
    scores: list[float] = []
    missed = 0
    for row in np.flatnonzero(one.counts).tolist():
        found = np.sort(one.score[one.iou[row] > threshold])[::-1].tolist()
        missed += not found
        right += [k == 0 for k in range(len(found))]
        scores += found
    return np.array(right, np.bool_), np.array(scores, np.float64), missed


def _false(one: _OneImage, threshold: float) -> Floats:
    """The scores of the detections that overlap no truth enough and are not excused by what they lie on."""
    alone = ~(one.iou > threshold).any(axis=0)
    return one.score[alone & (one.excused <= threshold * one.area)]


def _area_under(right: Bools, scores: Floats, missed: int) -> float:
    """Precision over recall, each point with half of the recall between its neighbours."""
    if not len(scores):
        return 0.0
    order = np.argsort(scores, kind="stable")
    below = np.concatenate([[0], np.cumsum(right[order])])  # right ones under a threshold
    _, first = np.unique(scores[order], return_index=True)
    hits = below[-1] - below[first]
    precision = np.append(hits / (len(scores) - first), 1.0)
    recall = np.append(hits / (below[-1] + missed), 0.0)
    ends = np.concatenate([[recall[0]], recall, [0.0]])
    return float(precision @ (ends[:-2] - ends[2:]) / 2)


def _masks(side: InstanceSide, rows: list[int]) -> list[Rle]:
    return [side.masks[k] for k in rows]


def _ious(first: list[Rle], second: list[Rle]) -> Floats:
    """(len(first), len(second))."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    from hotcoco import mask

    entries = [[{"size": list(m.size), "counts": m.counts.decode("ascii")} for m in of] for of in (first, second)]
    found = np.asarray(mask.iou(entries[0], entries[1], [False] * len(second)), np.float64)
    return np.reshape(found, (len(first), len(second)))


def _shared(iou: Floats, first: Floats, second: Floats) -> Floats:
    """px of each pair, from IoU and areas: a whole number, which rounding gives back exactly."""
    return np.rint(iou * (first[:, np.newaxis] + second) / (1 + iou))


def _mean(values: Floats) -> float | None:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if len(seen) else None
