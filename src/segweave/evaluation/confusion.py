"""Semantic scores: the confusion of labels, pixel by pixel, and the means that are made of it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation, LabelError
from segweave.evaluation.matching import Floats
from segweave.labels import LabelSet
from segweave.segmentation import OverlapTable
from segweave.segmentation.overlap import count_pairs
from segweave.segmentation.overlap_table import Ints

_COMPILED = tuple(map(np.dtype, ("uint8", "int16", "uint16", "int32", "int64")))
"""The types of maps that are counted as they are; the kernel is compiled for each when it first meets it."""


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Pixels of each label of the truth by label of the prediction; confusions add.

    pixels: (n + 1, n + 1) int64: row = truth, column = prediction, the last of each = void.
    """

    labels: LabelSet
    pixels: Ints

    def __add__(self, other: Self) -> "Confusion":
        _check_same(self.labels, other.labels)
        return Confusion(self.labels, self.pixels + other.pixels)

    def counts(self) -> "SemanticCounts":
        """What the scores are made of; pixels whose truth is void are left out."""
        n = len(self.labels)
        known = self.pixels[:n]
        return SemanticCounts(
            self.labels, shared=np.diagonal(known).copy(), truth=known.sum(axis=1), predicted=known.sum(axis=0)[:n]
        )


@dataclass(frozen=True, slots=True, eq=False)
class SemanticCounts:
    """Pixels of each label, (..., n) int64, where the truth is not void; counts add.

    shared: of the label in both. truth, predicted: of the label in one. The union is truth + predicted - shared.
    """

    labels: LabelSet
    shared: Ints
    truth: Ints
    predicted: Ints

    def __add__(self, other: Self) -> "SemanticCounts":
        _check_same(self.labels, other.labels)
        return SemanticCounts(
            self.labels, self.shared + other.shared, self.truth + other.truth, self.predicted + other.predicted
        )

    def total(self) -> "SemanticCounts":
        """Counts by image, (n_images, n), as those of all images, (n,)."""
        return SemanticCounts(self.labels, self.shared.sum(axis=0), self.truth.sum(axis=0), self.predicted.sum(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticScore:
    """Semantic scores, 0..1, None where nothing defines them. Pixels whose truth is void count nowhere.

    miou: mean IoU of the labels whose union is not empty (in the truth or in the prediction). miou_present: of the
    labels in the truth. fw_iou: IoU weighted by the label's share of the truth. pixel_accuracy: share of pixels with
    the right label. mean_accuracy: mean over the labels in the truth of the share of their pixels that were found.
    by_label: IoU of each label, None where its union is empty. (Long et al. 2015, "Fully Convolutional Networks", §5.)
    """

    labels: LabelSet
    miou: float | None
    miou_present: float | None
    pixel_accuracy: float | None
    mean_accuracy: float | None
    fw_iou: float | None
    by_label: tuple[float | None, ...]


def count_confusion(table: OverlapTable) -> Confusion:
    """The confusion over all images of a table. Pixels that nothing lists count as void."""
    labels = _one_label_set(table)
    n = len(labels)
    pixels = np.zeros((n + 1, n + 1), np.int64)
    np.add.at(pixels, _rows_and_columns(table, n), table.pixels)
    return Confusion(labels, pixels)


def count_semantic_by_image(table: OverlapTable) -> SemanticCounts:
    """The same for each image apart: (n_images, n) each, in the table's order."""
    labels = _one_label_set(table)
    n, images = len(labels), len(table)
    row, column = _rows_and_columns(table, n)
    image = table.image

    def count(label: Ints, where: NDArray[np.bool_]) -> Ints:
        sums = np.zeros((images, n), np.int64)
        np.add.at(sums, (image[where], label[where]), table.pixels[where])
        return sums

    known = row < n
    return SemanticCounts(
        labels,
        shared=count(row, known & (row == column)),
        truth=count(row, known),
        predicted=count(column, known & (column < n)),
    )


def confusion_of_maps(truth: NDArray[Any], prediction: NDArray[Any], labels: LabelSet) -> Confusion:
    """The confusion of two maps of label indices.

    truth, prediction: (H, W) integers in 0..n-1, -1 = void. Raises `InvalidSegmentation` for other values and for
    sizes that differ.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("two", (Label(name="road", is_thing=False), Label(name="sky", is_thing=False)))
    >>> confusion_of_maps(np.array([[0, 0, 1, -1]]), np.array([[0, 1, 1, 1]]), labels).pixels.tolist()
    [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    if truth.shape != prediction.shape:
        raise InvalidSegmentation(f"two maps of one image have one size; found {truth.shape} and {prediction.shape}")
    for name, found in (("truth", truth), ("prediction", prediction)):
        if found.dtype.kind not in "iu":
            raise InvalidSegmentation(f"the {name} must hold integers; found {found.dtype}")
    n = len(labels)
    pixels = count_pairs(*_of_one_type(truth, prediction), (n + 1, n + 1), void=True)
    if pixels.sum() != truth.size:
        raise _wrong_labels(truth, prediction, n)
    return Confusion(labels, pixels)


def score_semantic(counts: SemanticCounts) -> SemanticScore:
    """The scores of counts of shape (n,): `Confusion.counts` or `SemanticCounts.total`.

    >>> from segweave.labels import Label
    >>> labels = LabelSet("two", (Label(name="road", is_thing=False), Label(name="sky", is_thing=False)))
    >>> confusion = confusion_of_maps(np.array([[0, 0, 1, -1]]), np.array([[0, 1, 1, 1]]), labels)
    >>> score_semantic(confusion.counts()).by_label
    (0.5, 0.5)
    """
    shared, truth = counts.shared, counts.truth
    union = truth + counts.predicted - shared
    with np.errstate(invalid="ignore", divide="ignore"):
        iou, accuracy = shared / union, shared / truth
    here, present = union > 0, truth > 0
    total = int(truth.sum())
    return SemanticScore(
        labels=counts.labels,
        miou=_mean(iou[here]),
        miou_present=_mean(iou[present]),
        pixel_accuracy=int(shared.sum()) / total if total else None,
        mean_accuracy=_mean(accuracy[present]),
        fw_iou=float((truth[present] * iou[present]).sum() / total) if total else None,
        by_label=tuple(float(value) if defined else None for value, defined in zip(iou, here, strict=True)),
    )


def _of_one_type(truth: NDArray[Any], prediction: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both as they are where they have one of the `_COMPILED` types; else in one that holds them.

    Nothing that is no label becomes one, nor void: of uint64, large numbers become smaller ones.
    """
    maps = tuple(np.minimum(found, 2**62) if found.dtype == np.uint64 else found for found in (truth, prediction))
    if maps[0].dtype == maps[1].dtype and maps[0].dtype in _COMPILED:
        return maps[0], maps[1]
    small = all(found.dtype.itemsize < 4 or found.dtype == np.int32 for found in maps)
    target = np.int32 if small else np.int64
    return maps[0].astype(target), maps[1].astype(target)


def _wrong_labels(truth: NDArray[Any], prediction: NDArray[Any], n: int) -> InvalidSegmentation:
    name, low, high = "truth", int(truth.min()), int(truth.max())
    if low >= -1 and high < n:
        name, low, high = "prediction", int(prediction.min()), int(prediction.max())
    return InvalidSegmentation(f"the {name} must hold labels 0..{n - 1} and -1 for void; found {low}..{high}")


def _rows_and_columns(table: OverlapTable, n: int) -> tuple[Ints, Ints]:
    """(k,) the label of each pair in truth and prediction, n for void."""
    row, column = table.truth.label[table.truth_row], table.prediction.label[table.prediction_row]
    return np.where(row < 0, n, row), np.where(column < 0, n, column)


def _one_label_set(table: OverlapTable) -> LabelSet:
    _check_same(table.truth.labels, table.prediction.labels)
    return table.truth.labels


def _check_same(a: LabelSet, b: LabelSet) -> None:
    if a != b:
        raise LabelError(f"one side has the labels {a.name!r}, the other {b.name!r}; say both in one set first")


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
