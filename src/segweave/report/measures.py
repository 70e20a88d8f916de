"""What stands behind the numbers of a task: what they are called, what they mean, how void and crowds count."""

from dataclasses import dataclass

from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.matching import Convention
from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.report.evaluation import Score, Task

CONVENTIONS: dict[tuple[Task, Convention], str] = {
    ("panoptic", "coco"): "coco: what the COCO reference script computes, to the last digit: areas as the files state"
    " them, and of several crowds of a label in an image only the last one",
    ("panoptic", "strict"): "strict: the definition (Kirillov et al. 2019), counted from the pixels alone",
    ("instance", "coco"): "coco: the COCO protocol; small, medium and large go by the areas that the files state",
    ("instance", "strict"): "strict: the COCO protocol; small, medium and large go by the pixels alone",
}
"""What numbers by a convention are. The semantic task has one way to count, and none of these."""

TASKS: dict[Task, str] = {
    "panoptic": "panoptic: a label for every pixel, an identity for every thing",
    "semantic": "semantic: a label for every pixel",
    "instance": "instance: a mask and a score for every thing",
}
VOIDS: dict[Task, str] = {
    "panoptic": "Pixels that the truth leaves void do not count: they are cut from what was predicted, and a prediction"
    " that lies mostly on void or on a crowd of its label is no mistake. Void in the prediction finds nothing.",
    "semantic": "Pixels that the truth leaves void are left out. Void in the prediction is wrong wherever the truth has"
    " a label.",
    "instance": "Where the truth has no thing, a detection is wrong, whether or not anybody labelled the pixels; a"
    " crowd excuses the detections of its label on it.",
}
"""What becomes of pixels without a label."""

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


def label_measure(score: Score) -> str:
    """What `by_label` is called."""
    name = measures(score)[0].name
    return "IoU" if name == "mIoU" else name


def score_name(score: Score, key: str) -> str:
    """What people call a score: "pq" is PQ, "things.pq" is PQ of things; its key where nobody calls it anything."""
    group, _, last = key.rpartition(".")
    name = next((measure.name for measure in measures(score) if measure.key == last), last)
    return f"{name} of {group}" if group else name
