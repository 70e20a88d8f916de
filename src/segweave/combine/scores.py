"""Scores of what secondaries add: how sure they are of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segweave.combine.grids import centres, labels_at, window
from segweave.combine.plan import Plan
from segweave.combine.rules import Evidence
from segweave.segmentation import Segmentation
from segweave.segmentation.overlap import count_pairs
from segweave.segmentation.segmentation import Ids


def with_scores(seg: Segmentation, plan: Plan, evidence: Sequence[Evidence]) -> Segmentation:
    """Added segments that have no score get one, 0..1: how sure the secondary is, on average over their pixels.

    evidence: as `extend` takes it. Probabilities are those of the added label, read at the nearest sample; of labels it
    is the score of what the secondary says there, whatever that is. Of several secondaries that lend one label the
    surest counts. None stays where nobody says. It is the label that they are sure of, not that it is one thing.
    """
    m = len(plan.primary_labels)
    wanting = [segment.score is None and segment.label >= m for segment in seg.segments]
    best = np.full(len(seg) + 1, np.nan)
    for second, seen in zip(plan.secondaries, evidence, strict=True):
        column_of = dict(zip(second.outputs, second.lent.add, strict=True))
        columns = [column_of.get(s.label, -1) if wants else -1 for s, wants in zip(seg.segments, wanting, strict=True)]
        if max(columns, default=-1) >= 0:
            ids = np.ascontiguousarray(seg.ids[window(second.crop, seg.size)])
            best = np.fmax(best, _means(ids, np.array([-1, *columns], np.int64), seen))
    segments = tuple(
        segment if not wants or np.isnan(best[k]) else replace(segment, score=float(min(best[k], 1.0)))
        for k, (segment, wants) in enumerate(zip(seg.segments, wanting, strict=True), start=1)
    )
    return Segmentation(seg.ids, segments, seg.labels) if segments != seg.segments else seg


def _means(ids: Ids, columns: NDArray[np.int64], seen: Evidence) -> NDArray[np.float64]:
    """For each id how sure the secondary is of its column, NaN where that is -1 or nobody says."""
    from segweave.combine.kernels import sum_probabilities

    sums, pixels = np.zeros(len(columns)), np.zeros(len(columns))
    if seen.probabilities is not None:
        maps = np.ascontiguousarray(seen.probabilities, np.float32)
        rows, places = (centres(new, old) for new, old in zip(ids.shape, maps.shape[:2], strict=True))
        sum_probabilities(ids, (rows, places), columns, maps, sums, pixels)
    elif seen.labels is not None and seen.scores is not None:
        n = len(seen.scores)
        said = count_pairs(ids, labels_at(seen.labels, ids.shape), (len(columns) + 1, n + 1), void=True)[:-1, :-1]
        pixels = np.asarray(said @ np.isfinite(seen.scores), np.float64)
        sums = np.asarray(said @ np.nan_to_num(seen.scores), np.float64)
    return np.where((pixels > 0) & (columns >= 0), sums / np.maximum(pixels, 1), np.nan)
