"""Which detection found what, image by image: AP of any drawing of images, without matching again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.evaluation.average_precision import evaluated
from segweave.evaluation.instance_table import InstanceTable
from segweave.evaluation.matching import Floats
from segweave.evaluation.significance import Statistics
from segweave.segmentation.overlap_table import Ints

_RECALLS = np.linspace(0.0, 1.0, 101)
_THRESHOLDS = 10  # IoU 0.50, 0.55, .. 0.95
_EVERY_SIZE = 1e5**2  # px, the upper end of COCO's range "all"
_TINY = np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LabelDetections:
    """Detections of one label, best score first, equal ones in image order.

    image, score: (d,). hit, counts: (10, d) at each IoU threshold: found a truth; is neither excused by a crowd nor
    left out. truths: (n_images,) how many there are to find.
    """

    image: Ints
    score: Floats
    hit: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    truths: Ints


def match_detections(table: InstanceTable) -> dict[int, LabelDetections]:
    """By label index, for the labels that the truth has; COCO's matching, all sizes, 100 detections an image."""
    ran = evaluated(table, "coco")
    by_label: dict[int, list[Mapping[str, Any]]] = {}
    for entry in ran.eval_imgs:
        if entry is not None and entry["aRng"][1] == _EVERY_SIZE and entry["aRng"][0] == 0:
            by_label.setdefault(entry["category_id"] - 1, []).append(entry)
    found = {label: _of_label(entries, len(table)) for label, entries in sorted(by_label.items())}
    return {label: detections for label, detections in found.items() if detections.truths.any()}


def precision_statistics(table: InstanceTable) -> Statistics:
    """AP, AP50 and AP75 ("ap", ..) and AP of each label ("label.car"), for `intervals` and `compare`."""
    labels = table.truth.labels
    matches = match_detections(table)

    def statistics(weights: Floats) -> Mapping[str, Floats]:
        found = np.full((len(weights), len(labels), _THRESHOLDS), np.nan)
        for draw, of_image in enumerate(weights):
            for label, detections in matches.items():
                found[draw, label] = _precisions(detections, of_image)
        means = {"ap": _mean(found), "ap50": _mean(found[..., :1]), "ap75": _mean(found[..., 5:6])}
        return means | {f"label.{name}": _mean(found[:, [k]]) for k, name in enumerate(labels.names)}

    return statistics


def _of_label(entries: list[Mapping[str, Any]], images: int) -> LabelDetections:
    entries = sorted(entries, key=lambda entry: int(entry["image_id"]))
    image = np.concatenate([np.full(len(e["dtScores"]), e["image_id"] - 1, np.int64) for e in entries])
    score = np.concatenate([np.asarray(e["dtScores"], np.float64) for e in entries])
    shape = _THRESHOLDS, -1
    hit = np.concatenate([np.asarray(e["dtMatched"], np.bool_).reshape(shape) for e in entries], axis=1)
    excused = np.concatenate([np.asarray(e["dtIgnore"], np.bool_).reshape(shape) for e in entries], axis=1)
    truths = np.zeros(images, np.int64)
    for e in entries:
        truths[e["image_id"] - 1] = int((~np.asarray(e["gtIgnore"], np.bool_)).sum())
    order = np.argsort(-score, kind="stable")
    return LabelDetections(
        image=image[order], score=score[order], hit=hit[:, order], counts=~excused[:, order], truths=truths
    )


def _precisions(found: LabelDetections, weights: Floats) -> Floats:
    """(10,) AP at each threshold: the mean of 101 precisions, each the best at its recall or above."""
    total = float(weights @ found.truths)
    if not total:
        return np.full(_THRESHOLDS, np.nan)
    weight = weights[found.image]
    right = np.cumsum(weight * (found.hit & found.counts), axis=1)
    wrong = np.cumsum(weight * (~found.hit & found.counts), axis=1)
    recall, precision = right / total, right / (right + wrong + _TINY)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    scores = np.zeros(_THRESHOLDS)
    for k in range(_THRESHOLDS):
        at = np.searchsorted(recall[k], _RECALLS, side="left")
        inside = at < recall.shape[1]
        scores[k] = best[k, at[inside]].sum() / len(_RECALLS)
    return scores


def _mean(values: Floats) -> Floats:
    flat = values.reshape(len(values), -1)
    seen = ~np.isnan(flat)
    number = seen.sum(axis=1)
    return np.where(number > 0, np.where(seen, flat, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)
