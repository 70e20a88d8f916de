"""What a table will change, from the counts alone: no image is looked at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import Table
from segweave.combine.cooccurrence import CooccurrenceCounts
from segweave.combine.rules import Lent


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedForecast:
    """One added label, in pixels of the counted images. secondary: its index there.

    moved: become this label. gained: of these, truly of it. lost: of these, what the primary had right (the truth is
    similar to its label). missed: truly of it, but not moved. iou: gained / (moved + missed); None where both are 0.
    """

    secondary: int
    moved: int
    gained: int
    lost: int
    missed: int
    iou: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryForecast:
    """One primary label, in pixels. pixels: that the primary calls so. right: of these, whose truth is similar to it.

    moved: that become another label; lost: of these, that were right.
    """

    primary: int
    pixels: int
    right: int
    moved: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a table does to the counted images. moved: pixels that change, of `pixels`. unseen_pairs: pairs of labels
    without a counted pixel, of `pairs`; secondary_miou: of the secondary alone on the same pixels, None without any."""

    pixels: int
    moved: int
    pairs: int
    unseen_pairs: int
    secondary_miou: float | None
    added: tuple[AddedForecast, ...]
    primary: tuple[PrimaryForecast, ...]


def forecast(counts: CooccurrenceCounts, table: Table, lent: Lent) -> Forecast:
    """What `table` will change in images like the counted ones.

    >>> counts = CooccurrenceCounts(pixels=np.array([[[90, 0], [10, 30]]]), images=np.array([[1, 1]]))
    >>> lent = Lent(similar=(frozenset({0}),), add=(1,), n=2)
    >>> found = forecast(counts, np.array([[0, 1]]), lent)
    >>> found.added[0]
    AddedForecast(secondary=1, moved=40, gained=30, lost=10, missed=0, iou=0.75)
    """
    m = counts.n_primary
    moves = table != np.arange(m)[:, None]
    right = np.zeros((m, counts.n_secondary), np.bool_)
    for i, similar in enumerate(lent.similar):
        right[i, sorted(similar)] = True
    of_pair = counts.pixels.sum(axis=2)
    was_right = np.where(right[:, None, :], counts.pixels, 0).sum(axis=2)
    return Forecast(
        pixels=int(of_pair.sum()),
        moved=int(of_pair[moves].sum()),
        pairs=of_pair.size,
        unseen_pairs=int((of_pair == 0).sum()),
        secondary_miou=_miou(counts.pixels.sum(axis=0)),
        added=tuple(_added(counts, table == m + t, k, was_right) for t, k in enumerate(lent.add)),
        primary=tuple(
            PrimaryForecast(
                primary=i,
                pixels=int(of_pair[i].sum()),
                right=int(was_right[i].sum()),
                moved=int(of_pair[i][moves[i]].sum()),
                lost=int(was_right[i][moves[i]].sum()),
            )
            for i in range(m)
        ),
    )


def _added(
    counts: CooccurrenceCounts, becomes: NDArray[np.bool_], label: int, was_right: NDArray[np.int64]
) -> AddedForecast:
    moved, gained = int(counts.pixels[becomes].sum()), int(counts.pixels[becomes][:, label].sum())
    missed = int(counts.pixels[..., label].sum()) - gained
    return AddedForecast(
        secondary=label,
        moved=moved,
        gained=gained,
        lost=int(was_right[becomes].sum()),
        missed=missed,
        iou=gained / (moved + missed) if moved + missed else None,
    )


def _miou(confusion: NDArray[Any]) -> float | None:
    """Mean IoU over the labels that were seen or said: (n, n) [said, truth]."""
    right = np.diagonal(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - right
    return float((right[union > 0] / union[union > 0]).mean()) if union.any() else None
