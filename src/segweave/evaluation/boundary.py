"""How well contours fit: boundary IoU and boundary PQ (Cheng et al. 2021, "Boundary IoU"), boundary F."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from segweave.errors import InvalidSegmentation, LabelError
from segweave.evaluation.boundary_f import boundary_f
from segweave.evaluation.matching import Convention, Floats, match_boundary
from segweave.evaluation.panoptic_quality import PanopticScore, counts_of, score_panoptic
from segweave.labels import LabelSet
from segweave.segmentation import ImageKey, OverlapTable, Segmentation, joined, overlap_table, panoptic_to_semantic
from segweave.segmentation.band import band_table
from segweave.segmentation.overlap_table import VOID, Ints


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BoundaryCounts:
    """What boundary scores are computed from; counts of different images add.

    segments, bands: the tables of the segments and of their bands. label_bands: of the bands of whole labels.
    f: (n_images, n_labels) boundary F, NaN where neither side has the label.
    """

    segments: OverlapTable
    bands: OverlapTable
    label_bands: OverlapTable
    f: Floats

    def __add__(self, other: Self) -> "BoundaryCounts":
        return joined_boundaries((self, other))

    def select(self, places: Ints) -> "BoundaryCounts":
        """The counts of some images, in the order of `places`."""
        return BoundaryCounts(
            segments=self.segments.select(places),
            bands=self.bands.select(places),
            label_bands=self.label_bands.select(places),
            f=self.f[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryScore:
    """Boundary scores, 0..1, None where nothing defines them.

    iou_by_label, mean_iou: IoU of the bands of each label over all images, and its mean. pq: PQ where the IoU of a
    pair is the smaller one of mask and band. f_by_label, mean_f: boundary F of each label, mean over the images that
    have it on either side, and the mean of these.
    """

    labels: LabelSet
    iou_by_label: tuple[float | None, ...]
    mean_iou: float | None
    pq: PanopticScore
    f_by_label: tuple[float | None, ...]
    mean_f: float | None


def count_boundary(
    truth: Segmentation, prediction: Segmentation, image: ImageKey, *, ratio: float = 0.02
) -> BoundaryCounts:
    """The counts of one image. ratio: width of the bands as a share of the image's diagonal.

    Raises `InvalidSegmentation` when the sizes differ, `LabelError` when the label sets do.
    """
    if truth.labels != prediction.labels:
        raise LabelError(f"the truth has the labels {truth.labels.name!r}, the prediction {prediction.labels.name!r}")
    first, second = panoptic_to_semantic(truth), panoptic_to_semantic(prediction)
    return BoundaryCounts(
        segments=overlap_table(truth, prediction, image),
        bands=band_table(truth, prediction, image, ratio=ratio),
        label_bands=band_table(first, second, image, ratio=ratio),
        f=boundary_f(first.label_indices(), second.label_indices(), len(truth.labels))[np.newaxis],
    )


def joined_boundaries(counts: Iterable[BoundaryCounts]) -> BoundaryCounts:
    """The counts of several images as one, in order; at least one. Errors as `joined`'s."""
    counts = tuple(counts)
    if not counts:
        raise InvalidSegmentation("there are no counts to join; expected at least one")
    return BoundaryCounts(
        segments=joined(part.segments for part in counts),
        bands=joined(part.bands for part in counts),
        label_bands=joined(part.label_bands for part in counts),
        f=np.concatenate([part.f for part in counts]),
    )


def score_boundary(counts: BoundaryCounts, *, convention: Convention = "coco") -> BoundaryScore:
    """The scores over all images of the counts. convention: which crowds excuse predictions, see `match_boundary`."""
    labels = counts.segments.truth.labels
    iou = _label_ious(counts.label_bands)
    seen = ~np.isnan(counts.f)
    sums, images = np.where(seen, counts.f, 0.0).sum(axis=0), seen.sum(axis=0)
    f = np.where(images > 0, sums / np.maximum(images, 1), np.nan)
    return BoundaryScore(
        labels=labels,
        iou_by_label=_as_tuple(iou),
        mean_iou=_mean(iou),
        pq=score_panoptic(counts_of(match_boundary(counts.segments, counts.bands, convention=convention))),
        f_by_label=_as_tuple(f),
        mean_f=_mean(f),
    )


def _label_ious(table: OverlapTable) -> Floats:
    """(n,) IoU of the bands of each label; prediction pixels on truth void are left out."""
    truth, prediction = table.truth, table.prediction
    n = len(truth.labels)

    def at(label: Ints, pixels: Ints) -> Floats:
        kept = label >= 0
        return np.bincount(label[kept], weights=pixels[kept], minlength=n).astype(np.float64)

    first, second = truth.label[table.truth_row], prediction.label[table.prediction_row]
    shared = at(np.where(first == second, first, VOID), table.pixels)
    on_void = at(np.where(first == VOID, second, VOID), table.pixels)
    union = at(truth.label, truth.area) + at(prediction.label, prediction.area) - on_void - shared
    return np.where(union > 0, shared / np.maximum(union, 1), np.nan)


def _as_tuple(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)


def _mean(values: Floats) -> float | None:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if len(seen) else None
