"""`Evaluation`: everything that was found out about a prediction, from the tables alone; the page and the JSON show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.cityscapes_precision import CityscapesScore
from segweave.evaluation.error_analysis import ErrorAnalysis
from segweave.evaluation.significance import Comparison, Interval
from segweave.evaluation.slices import SliceScore

from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.confusion import SemanticScore
from segweave.evaluation.matching import Convention
from segweave.evaluation.panoptic_quality import PanopticScore

Task = Literal["panoptic", "semantic", "instance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is known of a prediction. None and empty: was not asked for, or cannot be said for the task.

    truth, prediction: what they are called. images: how many counted. skipped: one line for each image that was left
    out. notes: one line each. intervals: by "pq", "things.pq", "miou", "ap", ... and "label.NAME".
    """

    truth: str
    prediction: str
    task: Task
    convention: Convention
    images: int
    score: PanopticScore | SemanticScore | PrecisionScore
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    errors: ErrorAnalysis | None = None
    boundary: BoundaryScore | None = None
    slices: tuple[SliceScore, ...] = ()
    comparison: Comparison | None = None
    cityscapes: CityscapesScore | None = None
