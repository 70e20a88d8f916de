"""Mask AP by the COCO protocol (https://cocodataset.org/#detection-eval), computed by hotcoco."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segweave.errors import LabelError
from segweave.evaluation.instance_table import Floats, InstanceSide, InstanceTable
from segweave.evaluation.matching import Convention
from segweave.labels import LabelSet
from segweave.segmentation.overlap_table import Ints

if TYPE_CHECKING:
    from hotcoco import COCO, COCOeval

_FIFTY, _SEVENTY_FIVE = 0, 5  # places of IoU 0.50 and 0.75 among the ten thresholds
_ALL, _SMALL, _MEDIUM, _LARGE = range(4)  # ranges of area
_ONE, _TEN, _HUNDRED = range(3)  # most detections of a label an image


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionScore:
    """Average precision and recall, 0..1, None where no truth defines them.

    ap: mean over IoU 0.50, 0.55, .. 0.95 and over labels; ap50, ap75: at one IoU; aps, apm, apl: of small (under 32 x
    32 px), medium and large (over 96 x 96 px) things. ar1, ar10, ar100: recall with so many detections a label and
    image; ars, arm, arl: by area. by_label: AP of each label, in label order; None for stuff and for labels that no
    truth has.
    """

    labels: LabelSet
    ap: float | None
    ap50: float | None
    ap75: float | None
    aps: float | None
    apm: float | None
    apl: float | None
    ar1: float | None
    ar10: float | None
    ar100: float | None
    ars: float | None
    arm: float | None
    arl: float | None
    by_label: tuple[float | None, ...]


def average_precision(table: InstanceTable, *, convention: Convention = "coco") -> PrecisionScore:
    """The twelve numbers of COCO, and AP by label; equal to pycocotools'.

    convention: coco takes the areas that files state (polygon areas of the truth, box areas of listed detections) to
    sort instances by size, strict counts the pixels; only aps, apm, apl, ars, arm, arl depend on it. Detections of
    equal score count in the order of the table. Raises `LabelError` when the label sets differ.
    """
    ran = evaluated(table, convention)
    assert ran.eval is not None
    precision, recall = np.asarray(ran.eval["precision"]), np.asarray(ran.eval["recall"])
    by_label = [_mean(precision[:, :, k, _ALL, _HUNDRED]) for k in range(len(table.truth.labels))]
    return PrecisionScore(
        labels=table.truth.labels,
        ap=_mean(precision[..., _ALL, _HUNDRED]),
        ap50=_mean(precision[_FIFTY, ..., _ALL, _HUNDRED]),
        ap75=_mean(precision[_SEVENTY_FIVE, ..., _ALL, _HUNDRED]),
        aps=_mean(precision[..., _SMALL, _HUNDRED]),
        apm=_mean(precision[..., _MEDIUM, _HUNDRED]),
        apl=_mean(precision[..., _LARGE, _HUNDRED]),
        ar1=_mean(recall[..., _ALL, _ONE]),
        ar10=_mean(recall[..., _ALL, _TEN]),
        ar100=_mean(recall[..., _ALL, _HUNDRED]),
        ars=_mean(recall[..., _SMALL, _HUNDRED]),
        arm=_mean(recall[..., _MEDIUM, _HUNDRED]),
        arl=_mean(recall[..., _LARGE, _HUNDRED]),
        by_label=tuple(by_label),
    )


def evaluated(table: InstanceTable, convention: Convention) -> "COCOeval":
    """hotcoco's evaluation of a table: image k has the id k + 1, label k the id k + 1."""
    from hotcoco import COCOeval

    if table.truth.labels != table.prediction.labels:
        names = f"{table.truth.labels.name!r} and the prediction {table.prediction.labels.name!r}"
        raise LabelError(f"the truth has the labels {names}; say both in one set first (`map_prediction_instances`)")
    truth = _truth(table, convention)
    ran = COCOeval(truth, _detections(table, convention, truth), "segm")
    ran.params.cat_ids = list(range(1, len(table.truth.labels) + 1))  # those too that nobody has
    ran.params.img_ids = list(range(1, len(table) + 1))
    ran.evaluate()
    ran.accumulate()
    return ran


def _truth(table: InstanceTable, convention: Convention) -> "COCO":
    from hotcoco import COCO

    side = table.truth
    kept, area, masks = _things(side, convention)
    made: COCO = COCO.from_arrays(
        [
            {"id": k + 1, "height": image.size[0], "width": image.size[1], "file_name": ""}
            for k, image in enumerate(table.images)
        ],
        [{"id": k + 1, "name": label.name} for k, label in enumerate(side.labels)],
        image_ids=side.image[kept] + 1,
        category_ids=side.label[kept] + 1,
        boxes=np.zeros((len(kept), 4)),
        area=area,
        iscrowd=side.crowd[kept].astype(np.int64),
        segmentation=masks,
    )
    return made


def _detections(table: InstanceTable, convention: Convention, truth: "COCO") -> "COCO":
    side = table.prediction
    kept, area, masks = _things(side, convention)
    rows = np.zeros((len(kept), 7))
    rows[:, 0], rows[:, 6] = side.image[kept] + 1, side.label[kept] + 1
    rows[:, 3], rows[:, 4] = area, 1  # a box only says its area here: width x height
    rows[:, 5] = np.nan_to_num(side.score[kept], nan=1.0)
    return truth.load_res(rows, segmentation=masks)


def _things(side: InstanceSide, convention: Convention) -> tuple[Ints, Floats, list[Any]]:
    """(kept,) rows of thing labels, their areas, their masks as hotcoco takes them."""
    is_thing = np.array([label.is_thing for label in side.labels], np.bool_)
    kept = np.flatnonzero(is_thing[side.label]) if len(side) else np.zeros(0, np.int64)
    masks = [side.masks[k] for k in kept.tolist()]
    counted = np.array([mask.area() for mask in masks], np.float64)
    area = counted if convention == "strict" else side.area[kept]
    return kept, area, [{"size": list(mask.size), "counts": mask.counts.decode("ascii")} for mask in masks]


def _mean(values: Floats) -> float | None:
    """Of what is defined: hotcoco writes -1 where nothing is.

    The protocol adds 2e-16 to a denominator, so that a perfect precision is 0.9999999999999998; the last digit goes.
    """
    defined = values[values > -1]
    return round(float(defined.mean()), 15) if defined.size else None
