"""Panoptic quality: PQ = SQ x RQ (Kirillov et al. 2019, "Panoptic Segmentation", §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import LabelError
from segweave.evaluation.matching import Convention, Floats, Matches, match
from segweave.labels import LabelSet
from segweave.segmentation import OverlapTable
from segweave.segmentation.overlap_table import Ints


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PanopticCounts:
    """What PQ is computed from; counts add. iou_sum, tp, fp, fn: (..., n_labels), equal shapes."""

    labels: LabelSet
    iou_sum: Floats
    tp: Ints
    fp: Ints
    fn: Ints

    def __add__(self, other: Self) -> "PanopticCounts":
        if self.labels != other.labels:
            raise LabelError(f"counts of {self.labels.name!r} and {other.labels.name!r} do not add")
        return PanopticCounts(
            labels=self.labels,
            iou_sum=self.iou_sum + other.iou_sum,
            tp=self.tp + other.tp,
            fp=self.fp + other.fp,
            fn=self.fn + other.fn,
        )

    def total(self) -> "PanopticCounts":
        """Counts by image, (n_images, n_labels), as those of all images, (n_labels,)."""
        return PanopticCounts(
            labels=self.labels,
            iou_sum=self.iou_sum.sum(axis=0),
            tp=self.tp.sum(axis=0),
            fp=self.fp.sum(axis=0),
            fn=self.fn.sum(axis=0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQuality:
    """PQ of one label, 0..1, and the counts behind it. sq: 0 where nothing matched, as PQ then is."""

    pq: float
    sq: float
    rq: float
    tp: int
    fp: int
    fn: int
    iou_sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanQuality:
    """Means over labels. n: of how many labels; None where that is 0."""

    pq: float | None
    sq: float | None
    rq: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanopticScore:
    """by_label: one entry a label, None where neither truth nor prediction has it."""

    labels: LabelSet
    by_label: tuple[LabelQuality | None, ...]
    all: MeanQuality
    things: MeanQuality
    stuff: MeanQuality


def count_panoptic(table: OverlapTable, *, convention: Convention = "coco") -> PanopticCounts:
    """Matches and mistakes of each label over all images of a table: (n_labels,) each.

    >>> from segweave.labels import Label
    >>> from segweave.segmentation import ImageKey, Segment, Segmentation, overlap_table
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> truth = Segmentation(np.array([[1, 1, 2, 2]]), (Segment(label=0), Segment(label=1)), labels)
    >>> guess = Segmentation(np.array([[1, 2, 2, 2]]), (Segment(label=0), Segment(label=1)), labels)
    >>> counts = count_panoptic(overlap_table(truth, guess, ImageKey(id=1, size=truth.size)))
    >>> counts.tp.tolist(), counts.fp.tolist(), counts.fn.tolist()  # the cat's IoU is 1/2, not above; grass has 2/3
    ([0, 1], [1, 0], [1, 0])
    >>> score_panoptic(counts).all
    MeanQuality(pq=0.3333333333333333, sq=0.3333333333333333, rq=0.5, n=2)
    """
    return counts_of(match(table, convention=convention))


def count_panoptic_by_image(table: OverlapTable, *, convention: Convention = "coco") -> PanopticCounts:
    """The same for each image apart: (n_images, n_labels) each, in the table's order."""
    return counts_of(match(table, convention=convention), by_image=True)


def score_panoptic(counts: PanopticCounts) -> PanopticScore:
    """PQ, SQ and RQ of counts of shape (n_labels,). A label that nobody saw is in no mean."""
    seen = counts.tp + counts.fp + counts.fn > 0
    pq, sq, rq = qualities(counts)
    by_label = tuple(
        LabelQuality(
            pq=float(pq[i]),
            sq=float(sq[i]),
            rq=float(rq[i]),
            tp=int(counts.tp[i]),
            fp=int(counts.fp[i]),
            fn=int(counts.fn[i]),
            iou_sum=float(counts.iou_sum[i]),
        )
        if seen[i]
        else None
        for i in range(len(counts.labels))
    )
    things = [found for found, label in zip(by_label, counts.labels, strict=True) if label.is_thing]
    stuff = [found for found, label in zip(by_label, counts.labels, strict=True) if not label.is_thing]
    return PanopticScore(
        labels=counts.labels, by_label=by_label, all=_mean(by_label), things=_mean(things), stuff=_mean(stuff)
    )


def qualities(counts: PanopticCounts) -> tuple[Floats, Floats, Floats]:
    """(pq, sq, rq), each of the counts' shape; NaN where a label is not defined."""
    weight = counts.tp + 0.5 * counts.fp + 0.5 * counts.fn
    with np.errstate(invalid="ignore"):
        pq: NDArray[np.float64] = counts.iou_sum / weight
        rq: NDArray[np.float64] = counts.tp / weight
    return pq, np.where(weight > 0, counts.iou_sum / np.maximum(counts.tp, 1), np.nan), rq


def counts_of(matches: Matches, *, by_image: bool = False) -> PanopticCounts:
    """The counts of a matching, of all images or by image."""
    table = matches.table
    labels = table.truth.labels
    shape = (len(table), len(labels)) if by_image else (len(labels),)

    def at(image: Ints, label: Ints) -> Ints:
        return image * len(labels) + label if by_image else label

    def count(where: Ints, weights: Floats | None = None) -> NDArray[Any]:
        return np.bincount(where, weights=weights, minlength=int(np.prod(shape))).reshape(shape)

    truth, prediction = table.truth, table.prediction
    matched = at(truth.image[matches.truth_row], truth.label[matches.truth_row])
    ghosts = at(prediction.image[matches.ghosts], prediction.label[matches.ghosts])
    missed = at(truth.image[matches.missed], truth.label[matches.missed])
    return PanopticCounts(
        labels=labels,
        iou_sum=count(matched, matches.iou).astype(np.float64),
        tp=count(matched).astype(np.int64),
        fp=count(ghosts).astype(np.int64),
        fn=count(missed).astype(np.int64),
    )


def _mean(found: Iterable[LabelQuality | None]) -> MeanQuality:
    rows = [quality for quality in found if quality is not None]
    if not rows:
        return MeanQuality(pq=None, sq=None, rq=None, n=0)
    n = len(rows)
    return MeanQuality(
        pq=sum(row.pq for row in rows) / n,
        sq=sum(row.sq for row in rows) / n,
        rq=sum(row.rq for row in rows) / n,
        n=n,
    )
