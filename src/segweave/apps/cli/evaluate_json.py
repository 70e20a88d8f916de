"""An evaluation as the JSON that `segweave evaluate --json` prints."""

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from segweave.apps.cli.output import Json
from segweave.evaluation import LabelQuality, MeanQuality, PanopticScore
from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.cityscapes_precision import CityscapesScore
from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.error_analysis import ErrorAnalysis, Losses
from segweave.evaluation.significance import Comparison, Difference
from segweave.evaluation.slices import SliceScore
from segweave.report.evaluation import Evaluation, Score


def evaluation_json(found: Evaluation) -> Json:
    """Everything that was asked for, and what was left out or noted; numbers lie in 0..1, null is not defined."""
    whole: dict[str, Json] = {"task": found.task, "convention": found.convention, "images": found.images}
    whole |= score_json(found.score)
    if found.cityscapes is not None:
        whole["cityscapes"] = _cityscapes(found.cityscapes)
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
    said = {"skipped": found.skipped, "notes": found.notes}
    return whole | {name: list(lines) for name, lines in said.items() if lines}


def score_json(score: Score) -> dict[str, Json]:
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


def errors_json(found: ErrorAnalysis) -> Json:
    """Lost points, what fixing gives, confused segments and images, the worst first."""
    names = found.labels.names
    where = np.argwhere(found.confusion).tolist()
    return {
        "lost": {name: _losses(getattr(found, name)) for name in ("all", "things", "stuff")},
        "labels": {name: _losses(losses) for name, losses in zip(names, found.by_label, strict=True)},
        "fixed": {kind: asdict(quality) for kind, quality in found.fixed.items()},
        "background": asdict(found.stuff_caused),
        "confusion": [
            {
                "truth": names[row] if row < len(names) else None,
                "prediction": names[column] if column < len(names) else None,
                "segments": int(found.confusion[row, column]),
            }
            for row, column in where
        ],
        "images": [
            {
                "id": i.image.id,
                "name": i.image.name,
                "points": i.points,
                "main": i.main,
                "mistakes": {kind: n for kind, n in i.mistakes.items()},
            }
            for i in found.images
        ],
    }


def boundary_json(found: BoundaryScore) -> Json:
    """Boundary IoU and F by label, and boundary PQ."""
    return {
        "iou": found.mean_iou,
        "f": found.mean_f,
        "iou_labels": _by_name(found.labels.names, found.iou_by_label),
        "f_labels": _by_name(found.labels.names, found.f_by_label),
        "pq": panoptic_json(found.pq),
    }


def slice_json(piece: SliceScore[Score]) -> Json:
    """One slice, with its score."""
    head: dict[str, Json] = {"attribute": piece.attribute, "value": piece.value, "images": piece.images}
    return head | score_json(piece.score)


def comparison_json(found: Comparison) -> Json:
    """Every difference, a less b."""
    return {
        "a": found.a,
        "b": found.b,
        "images": found.images,
        "scores": {d.name: _difference(d) for d in found.scores},
        "labels": {d.name.removeprefix("label."): _difference(d) for d in found.labels},
    }


def _difference(d: Difference) -> Json:
    return {"a": d.a, "b": d.b, "difference": asdict(d.difference), "p": d.p_value}


def _losses(losses: Losses | None) -> Json:
    return None if losses is None else {kind: points for kind, points in losses.by_type.items()}


def _cityscapes(score: CityscapesScore) -> Json:
    return {"ap": score.ap, "ap50": score.ap50, "labels": _by_name(score.labels.names, score.by_label)}


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
