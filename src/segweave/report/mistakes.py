"""Where a prediction is wrong, as colours on a grey photograph."""

import numpy as np

from segweave.evaluation.error_types import ERROR_TYPES, NO_ERROR, segment_errors
from segweave.evaluation.matching import match
from segweave.labels import Color
from segweave.report.error_sections import ERROR_COLORS
from segweave.report.scaling import Rgb
from segweave.segmentation import ImageKey, Segmentation, overlap_table
from segweave.segmentation.overlap_table import Bools

WRONG: Color = (213, 94, 0)
"""The colour of a pixel with a wrong label."""

_TINT = 0.75  # of the colour of a mistake
_GHOST, _RAGGED = ERROR_TYPES.index("ghost"), ERROR_TYPES.index("ragged edge")


def wrong_pixels(truth: Segmentation, prediction: Segmentation) -> Rgb:
    """(H, W, 3): `WRONG` where the labels differ, black elsewhere; void of the truth is no mistake."""
    wrong = _differ(truth, prediction)
    return np.where(wrong[..., None], np.array(WRONG, np.uint8), np.uint8(0))


def main_confusion(truth: Segmentation, prediction: Segmentation) -> str:
    """The most frequent confusion of two labels, in words: "Road taken for Sky (12.3 %)"; "" where none is wrong.

    The share is of the pixels that the truth does not leave void.
    """
    wrong = _differ(truth, prediction)
    if not wrong.any():
        return ""
    n = len(truth.labels) + 1
    pairs = np.bincount((truth.label_indices() * n + prediction.label_indices() + 1)[wrong], minlength=n * n)
    row, column = divmod(int(pairs.argmax()), n)
    names = ["void", *truth.labels.names]
    share = 100 * pairs.max() / np.count_nonzero(truth.label_indices() >= 0)
    return f"{truth.labels.names[row]} taken for {names[column]} ({share:.1f} %)"


def mistakes_by_type(truth: Segmentation, prediction: Segmentation, *, void_counts: bool) -> Rgb:
    """(H, W, 3): the colour of each mistake, black elsewhere. What was missed lies over what was invented.

    void_counts: whether what is predicted on void of the truth is wrong, as for the instance task, or no mistake.
    """
    matches = match(overlap_table(truth, prediction, ImageKey(id=0, size=truth.size)), convention="strict")
    errors = segment_errors(matches)
    partner = np.zeros(len(truth) + 1, np.int64)  # 0: nobody
    partner[matches.truth_row] = matches.prediction_row
    of_prediction = errors.prediction.copy()
    if void_counts:
        alone = np.ones(len(of_prediction), np.bool_)
        alone[[0, *matches.prediction_row]] = False
        of_prediction[alone & (of_prediction == NO_ERROR) & ~_mostly_on_crowds(truth, prediction)] = _GHOST
    kinds = of_prediction[prediction.ids]
    missed = errors.truth[truth.ids]
    kinds = np.where(missed != NO_ERROR, missed, kinds)
    beyond = np.isin(prediction.ids, matches.prediction_row) & (truth.ids == 0) & void_counts
    short = (partner[truth.ids] > 0) & (partner[truth.ids] != prediction.ids)
    kinds[(kinds == NO_ERROR) & (beyond | short)] = _RAGGED
    colors = np.array([*(ERROR_COLORS[kind] for kind in ERROR_TYPES), (0, 0, 0)], np.uint8)  # NO_ERROR is the last
    return colors[kinds]


def marked(photograph: Rgb, colors: Rgb) -> Rgb:
    """The photograph in light grey, with colours where there are any. Both (H, W, 3)."""
    grey = photograph.mean(axis=2, keepdims=True) * 0.5 + 100
    where = colors.any(axis=2, keepdims=True)
    mixed = np.where(where, (1 - _TINT) * grey + _TINT * colors, np.broadcast_to(grey, photograph.shape))
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _differ(truth: Segmentation, prediction: Segmentation) -> Bools:
    """(H, W): where labels are not the same and the truth is not void."""
    labels = truth.label_indices()
    wrong: Bools = (labels >= 0) & (labels != prediction.label_indices())
    return wrong


def _mostly_on_crowds(truth: Segmentation, prediction: Segmentation) -> Bools:
    """(n + 1,) by id of the prediction."""
    is_crowd = np.array([False, *(segment.crowd for segment in truth.segments)])
    n = len(prediction) + 1
    on_crowds = np.bincount(prediction.ids[is_crowd[truth.ids]], minlength=n)
    mostly: Bools = 2 * on_crowds > np.bincount(prediction.ids.ravel(), minlength=n)
    return mostly
