"""Pictures of the images that cost most: what is there, what was predicted, and where the two differ."""

from dataclasses import dataclass, replace

from segweave.draw import overlay
from segweave.errors import SegweaveError
from segweave.formats import Sample, read_image
from segweave.report.count import painted
from segweave.report.counts import Counts
from segweave.report.evaluation import Task
from segweave.report.mistakes import main_confusion, marked, mistakes_by_type, wrong_pixels
from segweave.report.paired import Paired
from segweave.report.scaling import Rgb, only, scaled, scaled_photograph, shown_size
from segweave.report.score import Question
from segweave.report.worst import WorstImage, worst_images
from segweave.segmentation import ImageKey, Instances, Segmentation, edit

_MOST = 12
_OPACITY = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WorstPicture:
    """One image three times, (H, W, 3) uint8 each. caption: plain text, what it costs and why.

    has_photograph: whether there was one to draw on. from_score: detections of a lower score are not shown, None where
    all are.
    """

    image: ImageKey
    caption: str
    truth: Rgb
    prediction: Rgb
    mistakes: Rgb
    has_photograph: bool
    from_score: float | None = None


def worst_pictures(pair: Paired, counts: Counts, question: Question, *, most: int = _MOST) -> list[WorstPicture]:
    """The images that cost most, the worst first; those that cannot be read again are left out."""
    places = {pair.key(place): place for place in range(len(pair))}
    worst = worst_images(counts, question, most=most)
    shown = []
    for found in worst.images:
        if found.image.id not in places:
            continue
        try:
            samples = pair.samples(places[found.image.id])
        except SegweaveError:
            continue
        guess = replace(samples[1], truth=_sure(samples[1].truth, worst.from_score))
        shown.append(_drawn(pair, (samples[0], guess), found, task=question.task, from_score=worst.from_score))
    return shown


def _drawn(
    pair: Paired, samples: tuple[Sample, Sample], worst: WorstImage, *, task: Task, from_score: float | None
) -> WorstPicture:
    sample, guess = samples
    size = shown_size(sample.size)
    truth = scaled(painted(sample), size)
    prediction = scaled(edit.map_labels(painted(guess), pair.label_map), size)
    found = _photograph(sample, guess)
    photograph = scaled_photograph(found, size)
    caption = worst.caption
    if task == "semantic":
        colors = wrong_pixels(truth, prediction)
        most = main_confusion(truth, prediction)
        caption += f", the largest part {most}" if most else ""
    else:
        if task == "instance":
            truth, prediction = only(truth, _things(truth)), only(prediction, _things(prediction))
        colors = mistakes_by_type(truth, prediction, void_counts=task == "instance")
    return WorstPicture(
        image=worst.image,
        caption=caption,
        truth=overlay(photograph, truth, opacity=_OPACITY),
        prediction=overlay(photograph, prediction, opacity=_OPACITY),
        mistakes=marked(photograph, colors),
        has_photograph=found is not None,
        from_score=from_score,
    )


def _photograph(sample: Sample, guess: Sample) -> Rgb | None:
    """(H, W, 3) uint8, of the size that the truth has; None where there is none that can be read."""
    for path in (sample.image_path, guess.image_path):
        if path is not None:
            try:
                return read_image(path)
            except SegweaveError:
                continue
    return None


def _sure(result: Segmentation | Instances, least: float | None) -> Segmentation | Instances:
    """Without segments of a lower score."""
    if least is None:
        return result
    kept = [k for k, segment in enumerate(result.segments) if segment.score is None or segment.score >= least]
    if isinstance(result, Segmentation):
        return only(result, kept)
    return replace(result, masks=tuple(result.masks[k] for k in kept), segments=tuple(result.segments[k] for k in kept))


def _things(seg: Segmentation) -> list[int]:
    return [k for k, segment in enumerate(seg.segments) if seg.labels[segment.label].is_thing]
