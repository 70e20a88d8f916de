"""An evaluation as the JSON that `segweave evaluate --json` prints."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from segweave.apps.cli.output import Json
from segweave.evaluation import LabelQuality, MeanQuality, PanopticScore
from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.confusion import SemanticScore

if TYPE_CHECKING:
    from segweave.report.evaluation import Evaluation


def evaluation_json(found: "Evaluation") -> Json:
    """Everything that was asked for; numbers lie in 0..1, null is what is not defined."""
    whole: dict[str, Json] = {"task": found.task, "convention": found.convention, "images": found.images}
    whole |= score_json(found.score)
    if found.cityscapes is not None:
        whole["cityscapes"] = _cityscapes(found)
    if found.intervals:
        whole["intervals"] = {name: asdict(interval) for name, interval in found.intervals.items()}
    if found.errors is not None:
        whole["errors"] = errors_json(found.errors)
    if found.boundary is not None:
        whole["boundary"] = boundary_json(found.boundary)
    if found.slices:
        whole["slices"] = [slice_json(piece) for piece in found.slices]
    if found.comparison is not None:
        whole["against"] = comparison_json(found.comparison)
    return whole | {"skipped": list(found.skipped), "notes": list(found.notes)}


def score_json(score: "PanopticScore | SemanticScore | PrecisionScore") -> dict[str, Json]:
    """The numbers of one score, by task."""
    match score:
        case PanopticScore():
            return panoptic_json(score)
        case SemanticScore():
            return {
                "miou": score.miou,
                "miou_present": score.miou_present,
                "pixel_accuracy": score.pixel_accuracy,
                "mean_accuracy": score.mean_accuracy,
                "fw_iou": score.fw_iou,
                "labels": _by_name(score.labels.names, score.by_label),
            }
        case PrecisionScore():
            names = ("ap", "ap50", "ap75", "aps", "apm", "apl", "ar1", "ar10", "ar100", "ars", "arm", "arl")
            numbers: dict[str, Json] = {name: getattr(score, name) for name in names}
            return numbers | {"labels": _by_name(score.labels.names, score.by_label)}


def panoptic_json(score: PanopticScore) -> dict[str, Json]:
    """PQ, SQ, RQ of all, things, stuff and each label; a label that nobody saw is null."""
    labels: dict[str, Json] = {
        name: None if quality is None else _quality(quality)
        for name, quality in zip(score.labels.names, score.by_label, strict=True)
    }
    means: dict[str, Json] = {"all": _mean(score.all), "things": _mean(score.things), "stuff": _mean(score.stuff)}
    return means | {"labels": labels}


def _mean(mean: MeanQuality) -> Json:
    return {"pq": mean.pq, "sq": mean.sq, "rq": mean.rq, "n": mean.n}


def _quality(quality: LabelQuality) -> Json:
    return {
        "pq": quality.pq,
        "sq": quality.sq,
        "rq": quality.rq,
        "tp": quality.tp,
        "fp": quality.fp,
        "fn": quality.fn,
        "iou_sum": quality.iou_sum,
    }


def _by_name(names: Iterable[str], values: Iterable[float | None]) -> Json:
    return dict(zip(names, values, strict=True))
