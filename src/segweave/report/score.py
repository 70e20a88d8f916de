"""From counts to `Evaluation`: every number of an evaluation, without touching a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segweave.evaluation.average_precision import average_precision
from segweave.evaluation.boundary import BoundaryScore, score_boundary
from segweave.evaluation.cityscapes_precision import cityscapes_precision
from segweave.evaluation.confusion import count_confusion, count_semantic_by_image, score_semantic
from segweave.evaluation.detection_matches import precision_statistics
from segweave.evaluation.error_analysis import analyse_errors
from segweave.evaluation.instance_table import InstanceTable
from segweave.evaluation.matching import Convention
from segweave.evaluation.panoptic_quality import count_panoptic, count_panoptic_by_image, score_panoptic
from segweave.evaluation.significance import (
    Comparison,
    Interval,
    Statistics,
    compare,
    intervals,
    panoptic_statistics,
    semantic_statistics,
)
from segweave.evaluation.slices import SliceScore, sliced
from segweave.formats.attributes_csv import AttributeTable
from segweave.report.counts import Counts, aligned
from segweave.report.evaluation import Evaluation, Score, Task
from segweave.segmentation import OverlapTable
from segweave.segmentation.overlap_table import UNLISTED

_MOST_DETECTIONS = 100  # of a label in an image, by COCO's protocol
_RESAMPLES = 1000
_RESAMPLES_OF_AP = 200  # AP takes ordering all detections anew, some ms a draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to compute of counts. errors, boundary, cityscapes, intervals: on request."""

    task: Task
    convention: Convention = "coco"
    errors: bool = False
    boundary: bool = False
    cityscapes: bool = False
    intervals: bool = False


def scored(
    counts: Counts,
    question: Question,
    *,
    against: Counts | None = None,
    attributes: AttributeTable | None = None,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Everything that was asked of the counts.

    against: of a second prediction. attributes: of the images, for slices. notes: what a reader should know.
    """
    segments = counts.segments
    return Evaluation(
        truth=counts.truth,
        prediction=counts.prediction,
        task=question.task,
        convention=question.convention,
        images=len(counts.images),
        score=score_of(counts, question),
        skipped=counts.skipped,
        notes=(*notes, *_oddities(counts)),
        intervals=_intervals(counts, question) if question.intervals else {},
        errors=analyse_errors(segments, convention=question.convention) if question.errors and segments else None,
        boundary=_boundary(counts, question),
        slices=() if attributes is None else _slices(counts, question, attributes),
        comparison=None if against is None else _comparison(counts, against, question),
        confusion=count_confusion(segments) if question.task == "semantic" and segments else None,
        cityscapes=cityscapes_precision(counts.instances) if question.cityscapes and counts.instances else None,
    )


def score_of(counts: Counts, question: Question) -> Score:
    """The score of the task."""
    if counts.instances is not None:
        return average_precision(counts.instances, convention=question.convention)
    assert counts.segments is not None
    if question.task == "semantic":
        return score_semantic(count_confusion(counts.segments).counts())
    return score_panoptic(count_panoptic(counts.segments, convention=question.convention))


def _boundary(counts: Counts, question: Question) -> BoundaryScore | None:
    if not question.boundary or counts.boundary is None:
        return None
    return score_boundary(counts.boundary, convention=question.convention)


def _oddities(counts: Counts) -> tuple[str, ...]:
    """What a reader of the numbers should know of what was counted."""
    if counts.instances is not None:
        return oddities_of_instances(counts.instances)
    return () if counts.segments is None else oddities(counts.segments)


def oddities_of_instances(table: InstanceTable) -> tuple[str, ...]:
    """Where AP says less than it seems to: predictions without scores, more things than it looks at."""
    said = []
    silent = int(np.isnan(table.prediction.score).sum())
    if silent:
        said.append(
            f"{silent:,} of {len(table.prediction):,} predictions have no score and count as sure (1.0), so that AP"
            " depends on their order"
        )
    keys = table.truth.image * len(table.truth.labels) + table.truth.label
    crowded = int((np.unique(keys, return_counts=True)[1] > _MOST_DETECTIONS).sum())
    if crowded:
        said.append(
            f"{crowded:,} times the truth has more than {_MOST_DETECTIONS} things of a label in an image; COCO's AP"
            f" looks at the best {_MOST_DETECTIONS} predictions of each, so that it cannot reach 1"
        )
    return tuple(said)


def oddities(table: OverlapTable) -> tuple[str, ...]:
    """What the truth's files list that is not so; the conventions differ by it."""
    truth = table.truth
    stuff = np.flatnonzero(truth.is_segment & ~truth.is_thing)
    keys = truth.image[stuff] * len(truth.labels) + truth.label[stuff]
    found = (
        (int(((truth.label == UNLISTED) & (truth.area > 0)).sum()), "images have pixels of ids that are not listed"),
        (int((truth.is_segment & (truth.area == 0)).sum()), "listed segments have no pixel"),
        (int((truth.is_segment & (truth.stated != truth.area)).sum()), "stated areas are not those of the pixels"),
        (len(keys) - len(np.unique(keys)), "segments of stuff stand beside another of the same label"),
        (int((truth.crowd & ~truth.is_thing).sum()), "segments of stuff are marked as crowds"),
    )
    said = [f"{number} {what}" for number, what in found if number]
    return (f"in the truth {'; '.join(said)}: coco counts what is listed, strict what is drawn",) if said else ()


def _statistics(counts: Counts, question: Question) -> tuple[Statistics, int]:
    """The scores of weighted images, and how many draws to make."""
    if counts.instances is not None:
        return precision_statistics(counts.instances), _RESAMPLES_OF_AP
    assert counts.segments is not None
    if question.task == "semantic":
        return semantic_statistics(count_semantic_by_image(counts.segments)), _RESAMPLES
    by_image = count_panoptic_by_image(counts.segments, convention=question.convention)
    return panoptic_statistics(by_image), _RESAMPLES


def _intervals(counts: Counts, question: Question) -> dict[str, Interval]:
    statistics, resamples = _statistics(counts, question)
    return intervals(statistics, len(counts.images), resamples=resamples)


def _comparison(counts: Counts, against: Counts, question: Question) -> Comparison:
    first, second = aligned(counts, against)
    a, resamples = _statistics(first, question)
    b, _ = _statistics(second, question)
    return compare((counts.prediction, a), (against.prediction, b), len(first.images), resamples=resamples)


def _slices(counts: Counts, question: Question, attributes: AttributeTable) -> tuple[SliceScore[Score], ...]:
    of_images = attributes.of_images(counts.images)
    return sliced(of_images, lambda places: score_of(counts.select(places), question))
