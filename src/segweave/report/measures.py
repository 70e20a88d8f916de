"""The main numbers of a task: what they are called, where they stand, and what they mean in a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.labels import LabelSet
from segweave.report.evaluation import Score

CONVENTIONS = {
    "coco": "what the COCO reference scripts compute, to the last digit: areas as the files state them, and of several"
    " crowds of a label in an image only the last one",
    "strict": "the definition, counted from the pixels alone",
}
TASKS = {
    "panoptic": "panoptic: a label for every pixel, an identity for every thing",
    "semantic": "semantic: a label for every pixel",
    "instance": "instance: a mask and a score for every thing",
}
GROUPS = (("all", ""), ("things", "things."), ("stuff", "stuff."))
_QUALITIES = (
    ("pq", "PQ", "panoptic quality, SQ times RQ of each label, then the mean over labels"),
    ("sq", "SQ", "segmentation quality: the mean IoU of what was found"),
    ("rq", "RQ", "recognition quality: what was found, as an F1 score"),
)
_SEMANTIC = (
    ("miou", "mIoU", "mean IoU over labels that truth or prediction has"),
    ("miou_present", "mIoU, present", "mean IoU over labels that the truth has"),
    ("pixel_accuracy", "Pixel accuracy", "share of pixels with the right label"),
    ("mean_accuracy", "Mean accuracy", "that share in each label of the truth, then the mean over labels"),
    ("fw_iou", "Frequency-weighted IoU", "IoU weighted by how many pixels of the truth each label has"),
)
_PRECISION = (
    ("ap", "AP", "average precision, mean over IoU 0.50 to 0.95, by the COCO protocol"),
    ("ap50", "AP50", "average precision at IoU 0.50"),
    ("ap75", "AP75", "average precision at IoU 0.75"),
    ("aps", "AP small", "things under 32 x 32 px"),
    ("apm", "AP medium", "things from 32 x 32 to 96 x 96 px"),
    ("apl", "AP large", "things from 96 x 96 px"),
    ("ar1", "AR, 1", "average recall with 1 prediction an image"),
    ("ar10", "AR, 10", "average recall with 10 predictions an image"),
    ("ar100", "AR, 100", "average recall with 100 predictions an image"),
    ("ars", "AR small", "average recall of things under 32 x 32 px"),
    ("arm", "AR medium", "average recall of things from 32 x 32 to 96 x 96 px"),
    ("arl", "AR large", "average recall of things from 96 x 96 px"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One of the main numbers. key: of its interval. name, meaning: plain text. value: 0..1, None where undefined."""

    key: str
    name: str
    meaning: str
    value: float | None


def measures(score: Score) -> tuple[Measure, ...]:
    """The main numbers over all labels, the most important first."""
    if isinstance(score, PanopticScore):
        return tuple(
            Measure(key=key, name=name, meaning=meaning, value=getattr(score.all, key))
            for key, name, meaning in _QUALITIES
        )
    rows = _SEMANTIC if isinstance(score, SemanticScore) else _PRECISION
    return tuple(Measure(key=key, name=name, meaning=meaning, value=getattr(score, key)) for key, name, meaning in rows)


def by_label(score: Score) -> tuple[float | None, ...]:
    """The task's first number for each label: PQ, IoU or AP, 0..1."""
    if isinstance(score, PanopticScore):
        return tuple(None if found is None else found.pq for found in score.by_label)
    return score.by_label


def label_name(labels: LabelSet, index: int) -> str:
    """A label's name, "void" outside the set."""
    return labels[index].name if 0 <= index < len(labels) else "void"


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *rest, last = list(names) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last
