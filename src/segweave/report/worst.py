"""Which images cost most, in words."""

from dataclasses import dataclass

import numpy as np

from segweave.evaluation.confusion import count_semantic_by_image
from segweave.evaluation.detection_matches import LabelDetections, match_detections
from segweave.evaluation.error_analysis import analyse_errors
from segweave.evaluation.instance_table import InstanceTable
from segweave.evaluation.matching import Convention
from segweave.report.counts import Counts
from segweave.report.numbers import plural
from segweave.report.score import Question
from segweave.segmentation import ImageKey, OverlapTable


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstImage:
    """An image with mistakes. caption: plain text, what it costs."""

    image: ImageKey
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstImages:
    """Images with mistakes, the worst first. from_score: detections of a lower score are left out, None where all count
    (of the instance task, where F1 over all labels at IoU 0.5 is best)."""

    images: tuple[WorstImage, ...]
    from_score: float | None = None


def worst_images(counts: Counts, question: Question, *, most: int) -> WorstImages:
    """At most `most` images; none where nothing is wrong."""
    if counts.instances is not None:
        return _worst_instances(counts.instances, most)
    assert counts.segments is not None
    if question.task == "panoptic":
        return WorstImages(images=_worst_panoptic(counts.segments, question.convention)[:most])
    return WorstImages(images=_worst_semantic(counts.segments)[:most])


def _worst_panoptic(table: OverlapTable, convention: Convention) -> tuple[WorstImage, ...]:
    return tuple(
        WorstImage(image=lost.image, caption=f"costs {100 * lost.points:.2f} points of PQ, mainly {lost.main}")
        for lost in analyse_errors(table, convention=convention).images
    )


def _worst_semantic(table: OverlapTable) -> tuple[WorstImage, ...]:
    by_image = count_semantic_by_image(table)
    total = by_image.truth.sum(axis=1)
    wrong = np.where(total > 0, 1 - by_image.shared.sum(axis=1) / np.maximum(total, 1), 0.0)
    order = [place for place in np.argsort(-wrong, kind="stable").tolist() if wrong[place] > 0]
    return tuple(
        WorstImage(image=table.images[place], caption=f"{100 * wrong[place]:.1f} % of the pixels are wrong")
        for place in order
    )


def _worst_instances(table: InstanceTable, most: int) -> WorstImages:
    """By the number of things missed and detections that find nothing, from the score on at which F1 is best."""
    found = match_detections(table).values()
    least = _best_score(tuple(found))
    missed, false = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    for of_label in found:
        sure = of_label.counts[0] & (of_label.score >= least)
        hit = of_label.hit[0] & sure
        missed += of_label.truths - np.bincount(of_label.image[hit], minlength=len(table))
        false += np.bincount(of_label.image[sure & ~hit], minlength=len(table))
    order = [place for place in np.argsort(-(missed + false), kind="stable").tolist() if missed[place] + false[place]]
    images = tuple(
        WorstImage(image=table.images[k], caption=f"{missed[k]} missed, {plural(int(false[k]), 'wrong detection')}")
        for k in order[:most]
    )
    return WorstImages(images=images, from_score=least or None)


def _best_score(found: tuple[LabelDetections, ...]) -> float:
    """The score from which on detections of all labels have the best F1 at IoU 0.5; 0 where that is all of them.

    >>> score, first = np.array([0.9, 0.4, 0.2]), np.zeros(3, np.int64)
    >>> hit = np.array([[True, True, False]] * 10)  # the third finds nothing
    >>> truths = np.array([2])
    >>> _best_score((LabelDetections(image=first, score=score, hit=hit, counts=hit | True, truths=truths),))
    0.4
    """
    score = np.concatenate([np.zeros(0), *(of_label.score[of_label.counts[0]] for of_label in found)])
    if not len(score):
        return 0.0
    hit = np.concatenate([of_label.hit[0][of_label.counts[0]] for of_label in found])
    truths = sum(int(of_label.truths.sum()) for of_label in found)
    order = np.argsort(-score, kind="stable")
    score, right = score[order], np.cumsum(hit[order])
    f1 = 2 * right / (np.arange(1, len(score) + 1) + truths)
    f1[:-1][score[:-1] == score[1:]] = -1  # equal scores come and go together
    best = int(f1.argmax())
    return float(score[best]) if f1[best] > 0 and best + 1 < len(score) else 0.0
