"""Pictures of the images that cost most: what is there, what was predicted, and where the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segweave.draw import overlay
from segweave.errors import SegweaveError
from segweave.evaluation.confusion import count_semantic_by_image
from segweave.evaluation.detection_matches import match_detections
from segweave.evaluation.error_analysis import analyse_errors
from segweave.evaluation.error_types import ERROR_TYPES, NO_ERROR, segment_errors
from segweave.evaluation.instance_table import InstanceTable
from segweave.evaluation.matching import match
from segweave.formats import read_image
from segweave.report.count import painted
from segweave.report.counts import Counts
from segweave.report.error_sections import ERROR_COLORS
from segweave.report.paired import Paired
from segweave.report.scaling import Rgb, scaled, scaled_photograph, shown_size
from segweave.report.score import Question
from segweave.segmentation import ImageKey, Segmentation, edit, overlap_table

_MOST = 12
_WRONG = (213, 94, 0)
_OPACITY = 0.5
_TINT = 0.75  # of the colour of a mistake
_SURE = 0.5  # score from which a detection that found nothing is a mistake worth showing


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorstPicture:
    """One image three times, (H, W, 3) uint8 each. caption: plain text, what it costs and why."""

    image: ImageKey
    caption: str
    truth: Rgb
    prediction: Rgb
    mistakes: Rgb


def worst_pictures(pair: Paired, counts: Counts, question: Question, *, most: int = _MOST) -> list[WorstPicture]:
    """The images that cost most, the worst first; those that cannot be read again are left out."""
    places = {pair.key(place): place for place in range(len(pair))}
    shown = []
    for image, caption in _worst(counts, question)[:most]:
        if image.id not in places:
            continue
        try:
            shown.append(_drawn(pair, places[image.id], image, caption=caption, question=question))
        except SegweaveError:
            continue
    return shown


def _worst(counts: Counts, question: Question) -> Sequence[tuple[ImageKey, str]]:
    if counts.instances is not None:
        return _worst_instances(counts.instances)
    assert counts.segments is not None
    if question.task == "panoptic":
        found = analyse_errors(counts.segments, convention=question.convention).images
        return [(i.image, f"{100 * i.points:.2f} points, mainly {i.main}") for i in found[:_MOST]]
    by_image = count_semantic_by_image(counts.segments)
    total = by_image.truth.sum(axis=1)
    wrong = 1 - by_image.shared.sum(axis=1) / np.maximum(total, 1)
    wrong[total == 0] = 0
    order = [place for place in np.argsort(-wrong, kind="stable").tolist() if wrong[place] > 0]
    return [(counts.images[place], f"{100 * wrong[place]:.1f} % of the pixels are wrong") for place in order[:_MOST]]


def _worst_instances(table: InstanceTable) -> Sequence[tuple[ImageKey, str]]:
    missed, false = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    for found in match_detections(table).values():
        hit = found.hit[0] & found.counts[0]
        missed += found.truths - np.bincount(found.image[hit], minlength=len(table))
        wrong = ~found.hit[0] & found.counts[0] & (found.score >= _SURE)
        false += np.bincount(found.image[wrong], minlength=len(table))
    order = [place for place in np.argsort(-(missed + false), kind="stable").tolist() if missed[place] + false[place]]
    return [(table.images[k], f"{missed[k]} missed, {false[k]} detected where nothing is") for k in order[:_MOST]]


def _drawn(pair: Paired, place: int, image: ImageKey, *, caption: str, question: Question) -> WorstPicture:
    sample, guess = pair.samples(place)
    size = shown_size(sample.size)
    truth = scaled(painted(sample), size)
    prediction = scaled(edit.map_labels(painted(guess), pair.label_map), size)
    path = sample.image_path or guess.image_path
    photograph = scaled_photograph(None if path is None else read_image(path), size)
    marked = _wrong_pixels(truth, prediction) if question.task == "semantic" else _by_type(truth, prediction)
    return WorstPicture(
        image=image,
        caption=caption,
        truth=overlay(photograph, truth, opacity=_OPACITY),
        prediction=overlay(photograph, prediction, opacity=_OPACITY),
        mistakes=_marked(photograph, marked),
    )


def _wrong_pixels(truth: Segmentation, prediction: Segmentation) -> Rgb:
    """(H, W, 3): the colour of a mistake where the labels differ, black elsewhere; void of the truth is no mistake."""
    known = truth.label_indices() >= 0
    wrong = known & (truth.label_indices() != prediction.label_indices())
    return np.where(wrong[..., None], np.array(_WRONG, np.uint8), np.uint8(0))


def _by_type(truth: Segmentation, prediction: Segmentation) -> Rgb:
    """(H, W, 3): the colour of each mistake, black elsewhere. What was missed lies over what was invented."""
    table = overlap_table(truth, prediction, ImageKey(id=0, size=truth.size))
    matches = match(table, convention="strict")
    errors = segment_errors(matches)
    colors = np.array([*(ERROR_COLORS[kind] for kind in ERROR_TYPES), (0, 0, 0)], np.uint8)  # NO_ERROR is the last
    drawn = colors[errors.prediction][prediction.ids]
    missed = errors.truth[truth.ids] != NO_ERROR
    drawn[missed] = colors[errors.truth][truth.ids][missed]
    partner = np.zeros(len(truth) + 1, np.int64)
    partner[matches.truth_row] = matches.prediction_row
    matched = (truth.ids > 0) & (partner[truth.ids] > 0)
    edge = matched & (partner[truth.ids] != prediction.ids) & ~drawn.any(axis=2)
    drawn[edge] = ERROR_COLORS["ragged edge"]
    return drawn


def _marked(photograph: Rgb, colors: Rgb) -> Rgb:
    """The photograph in light grey, with colours where there are any."""
    grey = photograph.mean(axis=2, keepdims=True) * 0.5 + 100
    where = colors.any(axis=2, keepdims=True)
    mixed = np.where(where, (1 - _TINT) * grey + _TINT * colors, np.broadcast_to(grey, photograph.shape))
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
