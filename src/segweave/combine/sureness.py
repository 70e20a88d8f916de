"""How sure the secondaries are of what they add: added segments have scores too."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segweave.combine.grids import Size, labels_at, probabilities_at, window
from segweave.combine.plan import Plan
from segweave.combine.rules import Evidence, Labels


def sureness(plan: Plan, output: Labels, evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """(H, W) float64: at pixels of an added label its probability to the secondary that lends it, the largest.

    output, evidence: as `extend` gives and takes them. Where the evidence is labels it is the score of what the
    secondary says there, whatever that is. NaN at all other pixels, and where nobody said.
    """
    sure = np.full(output.shape, np.nan)
    for second, seen in zip(plan.secondaries, evidence, strict=True):
        place = window(second.crop, (output.shape[0], output.shape[1]))
        here, found = output[place], sure[place]
        rows, columns = np.nonzero(here >= len(plan.primary_labels))
        labels = here[rows, columns]
        for k, label in zip(second.lent.add, second.outputs, strict=True):
            at = rows[labels == label], columns[labels == label]
            if at[0].size:
                found[at] = np.fmax(found[at], _said(seen, k, at, (here.shape[0], here.shape[1])))
    return sure


def _said(
    seen: Evidence, label: int, at: tuple[NDArray[np.int64], NDArray[np.int64]], size: Size
) -> NDArray[np.float64]:
    if seen.probabilities is not None:
        return probabilities_at(seen.probabilities[:, :, label], at, size)
    if seen.labels is None or seen.scores is None:
        return np.full(at[0].shape, np.nan)
    says = labels_at(seen.labels, size)[at]
    return np.where(says >= 0, seen.scores[says], np.nan)
