"""How far two annotators agree: segments, pixels, and which borders they draw in different places."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.evaluation.boundary_f import TOLERANCE, distances
from segweave.evaluation.confusion import count_confusion
from segweave.evaluation.panoptic_quality import PanopticScore, count_panoptic, score_panoptic
from segweave.labels import LabelSet
from segweave.segmentation import ImageKey, OverlapTable, Segmentation, joined, overlap_table
from segweave.segmentation.overlap_table import Ints

Pair = tuple[int, int]
"""Two labels that touch, the smaller index first; twice the same index: one label's border with anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Lengths of a border in pixel edges; borders add.

    a, b: as each drew it. a_found, b_found: the part with one of the other's within the tolerance. offset: px, summed
    over what was found.
    """

    a: int = 0
    b: int = 0
    a_found: int = 0
    b_found: int = 0
    offset: float = 0.0

    def __add__(self, other: Self) -> "Border":
        return Border(
            a=self.a + other.a,
            b=self.b + other.b,
            a_found=self.a_found + other.a_found,
            b_found=self.b_found + other.b_found,
            offset=self.offset + other.offset,
        )

    @property
    def disputed(self) -> int:
        """The length that only one of the two drew."""
        return self.a + self.b - self.a_found - self.b_found

    @property
    def agreement(self) -> float:
        """The share of both lengths that the other has too."""
        return (self.a_found + self.b_found) / (self.a + self.b)

    @property
    def mean_offset(self) -> float | None:
        """px between what both drew; None where they share nothing."""
        found = self.a_found + self.b_found
        return self.offset / found if found else None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgreementCounts:
    """What agreement is computed from; counts of different images add. segments: a as truth, b as prediction."""

    segments: OverlapTable
    borders: Mapping[Pair, Border]

    def __add__(self, other: Self) -> "AgreementCounts":
        return joined_agreements((self, other))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Agreement:
    """How far a and b agree.

    a_as_truth, b_as_truth: PQ both ways, by the pixels; they differ by void and crowds only. kappa: Cohen's (1960), of
    the pixels that both labelled; accuracy: the share of these with equal labels; None where there are none (kappa:
    where both gave one label to all). labels, pairs: borders of each label, and of each two labels, the one with most
    disputed length first.
    """

    labels_of: LabelSet
    images: int
    a_as_truth: PanopticScore
    b_as_truth: PanopticScore
    accuracy: float | None
    kappa: float | None
    labels: tuple[tuple[str, Border], ...]
    pairs: tuple[tuple[str, str, Border], ...]


def count_agreement(
    a: Segmentation, b: Segmentation, image: ImageKey, *, tolerance: float = TOLERANCE
) -> AgreementCounts:
    """The counts of one image. tolerance: how far apart borders may be, as a share of the image's diagonal.

    Raises `InvalidSegmentation` when the sizes differ.
    """
    segments = overlap_table(a, b, image)
    reach = max(1.0, tolerance * math.hypot(*a.size))
    first, second = _edges(a.label_indices()), _edges(b.label_indices())
    borders: dict[Pair, Border] = {}
    for pair in sorted(first.keys() | second.keys()):
        mine, theirs = first.get(pair, _NO_EDGES), second.get(pair, _NO_EDGES)
        near = [_near(mine, theirs, reach), _near(theirs, mine, reach)]
        borders[pair] = Border(
            a=len(mine),
            b=len(theirs),
            a_found=len(near[0]),
            b_found=len(near[1]),
            offset=float(near[0].sum() + near[1].sum()),
        )
    return AgreementCounts(segments=segments, borders=borders)


def joined_agreements(counts: Iterable[AgreementCounts]) -> AgreementCounts:
    """The counts of several images as one, in order; at least one. Errors as `joined`'s."""
    counts = tuple(counts)
    if not counts:
        raise InvalidSegmentation("there are no counts to join; expected at least one")
    borders: dict[Pair, Border] = {}
    for part in counts:
        for pair, border in part.borders.items():
            borders[pair] = borders.get(pair, Border()) + border
    return AgreementCounts(segments=joined(part.segments for part in counts), borders=borders)


def score_agreement(counts: AgreementCounts) -> Agreement:
    """How far two annotators agree. `LabelError` when their label sets differ.

    >>> from segweave.labels import Label
    >>> from segweave.segmentation import from_label_indices
    >>> labels = LabelSet("land", (Label(name="field", is_thing=False), Label(name="wood", is_thing=False)))
    >>> a, b = (from_label_indices(np.array([row]), labels) for row in ([0, 0, 1, 1], [0, 1, 1, 1]))
    >>> found = score_agreement(count_agreement(a, b, ImageKey(id=1, size=(1, 4))))
    >>> found.accuracy, found.kappa  # by chance 0.5 x 0.25 + 0.5 x 0.75 = 0.5; (0.75 - 0.5) / (1 - 0.5)
    (0.75, 0.5)
    """
    table = counts.segments
    confusion = count_confusion(table).pixels
    labels = table.truth.labels
    accuracy, kappa = _kappa(confusion[: len(labels), : len(labels)])
    named = sorted(counts.borders.items(), key=lambda item: (-item[1].disputed, item[0]))
    names = labels.names
    return Agreement(
        labels_of=labels,
        images=len(table),
        a_as_truth=score_panoptic(count_panoptic(table, convention="strict")),
        b_as_truth=score_panoptic(count_panoptic(table.swapped(), convention="strict")),
        accuracy=accuracy,
        kappa=kappa,
        labels=tuple((names[i], border) for (i, k), border in named if i == k),
        pairs=tuple((names[i], names[k], border) for (i, k), border in named if i != k),
    )


_NO_EDGES = np.zeros((0, 2), np.int64)


def _edges(indices: NDArray[Any]) -> dict[Pair, Ints]:
    """The places of the pixel edges between each two labels, in half pixels; an edge with void is nobody's."""
    places, first, second = [], [], []
    for down, right in ((1, 0), (0, 1)):
        here, there = indices[: indices.shape[0] - down, : indices.shape[1] - right], indices[down:, right:]
        at = np.argwhere((here != there) & (here >= 0) & (there >= 0))
        places.append(2 * at + (down, right))
        first.append(here[at[:, 0], at[:, 1]])
        second.append(there[at[:, 0], at[:, 1]])
    place, one, other = np.concatenate(places), np.concatenate(first), np.concatenate(second)
    low, high = np.minimum(one, other), np.maximum(one, other)
    found: dict[Pair, Ints] = {}
    for i, k in sorted(set(zip(low.tolist(), high.tolist(), strict=True))):
        found[i, k] = place[(low == i) & (high == k)]
    for i in np.union1d(low, high).tolist():
        found[i, i] = place[(low == i) | (high == i)]
    return found


def _near(points: Ints, others: Ints, reach: float) -> NDArray[np.float64]:
    """px from each point to the nearest of the others, of those within reach."""
    if not len(points) or not len(others):
        return np.zeros(0)
    found = distances(points, others, 2 * reach)
    return found[np.isfinite(found)] / 2


def _kappa(pixels: Ints) -> tuple[float | None, float | None]:
    total = float(pixels.sum())
    if not total:
        return None, None
    agreed = float(np.trace(pixels)) / total
    by_chance = float((pixels.sum(axis=0) * (pixels.sum(axis=1) / total)).sum()) / total
    return agreed, (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else None
