"""Where PQ is lost, and what fixing each kind of mistake would give. `error_types.py` says which kinds there are.

PQ of a label is iou_sum / (TP + FP/2 + FN/2). So of a label's 1 - PQ every match loses 1 - IoU, every miss and every
ghost 1/2, all over that same denominator; the means over labels are those of PQ. The parts add up to 1 - PQ exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segweave.evaluation.error_types import (
    ERROR_TYPES,
    MERGED,
    RAGGED,
    SPLIT,
    STUFF_CAUSED,
    ErrorType,
    SegmentErrors,
    segment_errors,
)
from segweave.evaluation.matching import Convention, Floats, Matches, match
from segweave.evaluation.panoptic_quality import PanopticCounts, counts_of, score_panoptic
from segweave.labels import LabelSet
from segweave.segmentation import ImageKey, OverlapTable
from segweave.segmentation.overlap_table import VOID, Bools, Ints

_YES, _PARTLY = 1 / 3, 0.15  # shares of the things' lost points


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """PQ points (0..1) that a label or a group of labels loses by each type; they add up to 1 - PQ."""

    by_type: Mapping[ErrorType, float]

    @property
    def total(self) -> float:
        """1 - PQ."""
        return sum(self.by_type.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedQuality:
    """PQ of all, things and stuff if every mistake of one type were fixed; None where undefined."""

    all: float | None
    things: float | None
    stuff: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLoss:
    """What an image costs: PQ points of the data set, and its mistakes by type. main: what costs it most."""

    image: ImageKey
    points: float
    main: ErrorType
    mistakes: Mapping[ErrorType, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StuffAnswer:
    """Is the handling of the background the bottleneck? share: of the things' lost points, None without things.

    yes: a third or more; partly: 15 % or more; no: less.
    """

    share: float | None
    verdict: Literal["yes", "partly", "no", "unknown"]
    sentence: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ErrorAnalysis:
    """all, things, stuff, by_label: None where PQ is not defined. fixed: by type, what fixing it alone gives: misses
    found with IoU 1, ghosts gone, wrong labels right, pieces joined, merged things cut apart, edges perfect.

    confusion: (n + 1, n + 1) segments by label, row = truth, column = prediction, paired by IoU > 0.5 whatever their
    labels; the last of each = nothing. images: every image that loses something, the worst first.
    """

    labels: LabelSet
    convention: Convention
    all: Losses | None
    things: Losses | None
    stuff: Losses | None
    by_label: tuple[Losses | None, ...]
    fixed: Mapping[ErrorType, FixedQuality]
    confusion: Ints
    images: tuple[ImageLoss, ...]
    stuff_caused: StuffAnswer


def analyse_errors(table: OverlapTable, *, convention: Convention = "coco") -> ErrorAnalysis:
    """Say where the PQ of a table is lost. Errors as `match`'s.

    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Segment, Segmentation, overlap_table
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="dog", is_thing=True)))
    >>> truth = Segmentation(np.array([[1, 1, 1, 2, 2]]), (Segment(label=0), Segment(label=0)), labels)
    >>> guess = Segmentation(np.array([[1, 1, 0, 2, 2]]), (Segment(label=0), Segment(label=1)), labels)
    >>> found = analyse_errors(overlap_table(truth, guess, ImageKey(id=1, size=truth.size)))
    >>> {name: round(points, 3) for name, points in found.by_label[0].by_type.items() if points}
    {'wrong label': 0.333, 'ragged edge': 0.222}
    """
    matches = match(table, convention=convention)
    errors = segment_errors(matches)
    counts = counts_of(matches)
    lost = _lost(matches, errors, counts)
    things = np.array([label.is_thing for label in counts.labels], np.bool_)
    seen = counts.tp + counts.fp + counts.fn > 0
    by_label = np.zeros((len(things), len(ERROR_TYPES)))
    np.add.at(by_label, (lost.label, lost.type), lost.points)
    groups = {"all": seen, "things": seen & things, "stuff": seen & ~things}
    means = {name: _losses(by_label[inside].mean(axis=0)) if inside.any() else None for name, inside in groups.items()}
    return ErrorAnalysis(
        labels=counts.labels,
        convention=convention,
        all=means["all"],
        things=means["things"],
        stuff=means["stuff"],
        by_label=tuple(_losses(row) if there else None for row, there in zip(by_label, seen, strict=True)),
        fixed={name: _fixed(matches, errors, counts, kind) for kind, name in enumerate(ERROR_TYPES)},
        confusion=_confusion(matches),
        images=_images(matches.table, lost, int(seen.sum())),
        stuff_caused=_stuff_answer(means["things"]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lost:
    """Every loss: (k,) image, label, type, and points of its label."""

    image: Ints
    label: Ints
    type: Ints
    points: Floats


def _lost(matches: Matches, errors: SegmentErrors, counts: PanopticCounts) -> _Lost:
    truth, prediction = matches.table.truth, matches.table.prediction
    image = [truth.image[matches.truth_row], truth.image[matches.missed], prediction.image[matches.ghosts]]
    label = [truth.label[matches.truth_row], truth.label[matches.missed], prediction.label[matches.ghosts]]
    ragged = np.full(len(matches.iou), RAGGED)
    kinds = [ragged, errors.truth[matches.missed], errors.prediction[matches.ghosts]]
    halves = np.full(len(matches.missed) + len(matches.ghosts), 0.5)
    labels = np.concatenate(label)
    weight = counts.tp + 0.5 * counts.fp + 0.5 * counts.fn
    points = np.concatenate([1 - matches.iou, halves]) / weight[labels]
    return _Lost(np.concatenate(image), labels, np.concatenate(kinds).astype(np.int64), points)


def _fixed(matches: Matches, errors: SegmentErrors, counts: PanopticCounts, kind: int) -> FixedQuality:
    """PQ with one type of mistake fixed."""
    table = matches.table
    n = len(counts.labels)
    found = matches.missed[errors.truth[matches.missed] == kind]
    gone = matches.ghosts[errors.prediction[matches.ghosts] == kind]
    of_found, of_gone = table.truth.label[found], table.prediction.label[gone]
    iou = counts.iou_sum + np.bincount(of_found, errors.fixed[found], n)
    if kind == RAGGED:
        iou += np.bincount(table.truth.label[matches.truth_row], 1 - matches.iou, n)
    if kind in (SPLIT, MERGED):
        better = errors.joined if kind == SPLIT else errors.cut
        gain = np.maximum(better[matches.truth_row] - matches.iou, 0)
        iou += np.bincount(table.truth.label[matches.truth_row], gain, n)
    score = score_panoptic(
        PanopticCounts(
            labels=counts.labels,
            iou_sum=iou,
            tp=counts.tp + np.bincount(of_found, minlength=n),
            fp=counts.fp - np.bincount(of_gone, minlength=n),
            fn=counts.fn - np.bincount(of_found, minlength=n),
        )
    )
    return FixedQuality(all=score.all.pq, things=score.things.pq, stuff=score.stuff.pq)


def _confusion(matches: Matches) -> Ints:
    table = matches.table
    truth, prediction = table.truth, table.prediction
    n = len(truth.labels)
    on_void = np.bincount(
        table.prediction_row, table.pixels * (truth.label[table.truth_row] == VOID), len(prediction)
    ).astype(np.int64)
    t, p = table.truth_row, table.prediction_row
    union = truth.area[t] + prediction.area[p] - table.pixels - on_void[p]
    hit = truth.is_segment[t] & ~truth.crowd[t] & prediction.is_segment[p] & (2 * table.pixels > union)
    alone = truth.is_segment & ~truth.crowd
    alone[t[hit]] = False
    extra = _rows(np.concatenate([matches.ghosts, matches.prediction_row]), len(prediction))
    extra[p[hit]] = False
    pairs = np.zeros((n + 1, n + 1), np.int64)
    np.add.at(pairs, (truth.label[t[hit]], prediction.label[p[hit]]), 1)
    np.add.at(pairs[:, n], truth.label[alone], 1)
    np.add.at(pairs[n], prediction.label[extra], 1)
    return pairs


def _images(table: OverlapTable, lost: _Lost, labels: int) -> tuple[ImageLoss, ...]:
    points = np.zeros((len(table), len(ERROR_TYPES)))
    np.add.at(points, (lost.image, lost.type), lost.points / max(labels, 1))
    mistakes = np.zeros(points.shape, np.int64)
    np.add.at(mistakes, (lost.image, lost.type), lost.points > 0)
    totals = points.sum(axis=1)
    order = np.argsort(-totals, kind="stable")
    return tuple(
        ImageLoss(
            image=table.images[place],
            points=float(totals[place]),
            main=ERROR_TYPES[int(points[place].argmax())],
            mistakes=dict(zip(ERROR_TYPES, mistakes[place].tolist(), strict=True)),
        )
        for place in order[: int((totals > 0).sum())].tolist()
    )


def _stuff_answer(things: Losses | None) -> StuffAnswer:
    if things is None:
        return StuffAnswer(share=None, verdict="unknown", sentence="There are no things, so nothing is lost to stuff.")
    lost, total = things.by_type[ERROR_TYPES[STUFF_CAUSED]], things.total
    if not total:
        return StuffAnswer(share=0.0, verdict="no", sentence="Things lose nothing.")
    share = lost / total
    verdict: Literal["yes", "partly", "no"] = "yes" if share >= _YES else "partly" if share >= _PARTLY else "no"
    words = {
        "yes": "The handling of the background is a bottleneck",
        "partly": "The handling of the background is part of the problem",
        "no": "The handling of the background is not the bottleneck",
    }
    largest = max(
        (name for name in ERROR_TYPES if name != ERROR_TYPES[STUFF_CAUSED]), key=lambda name: things.by_type[name]
    )
    return StuffAnswer(
        share=share,
        verdict=verdict,
        sentence=(
            f"{words[verdict]}: of the {100 * total:.1f} PQ points that things lose, {100 * lost:.1f}"
            f" ({100 * share:.0f} %) are things taken for stuff or invented from stuff; the largest other loss is"
            f" {largest!r} with {100 * things.by_type[largest]:.1f}."
        ),
    )


def _losses(points: Floats) -> Losses:
    return Losses(by_type=dict(zip(ERROR_TYPES, points.tolist(), strict=True)))


def _rows(rows: Ints, n: int) -> Bools:
    inside = np.zeros(n, np.bool_)
    inside[rows] = True
    return inside
