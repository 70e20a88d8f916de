"""`Evaluation`: everything that was found out about a prediction; the page, the JSON and the terminal show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from segweave.evaluation.average_precision import PrecisionScore
from segweave.evaluation.boundary import BoundaryScore
from segweave.evaluation.cityscapes_precision import CityscapesScore
from segweave.evaluation.confusion import Confusion, SemanticScore
from segweave.evaluation.error_analysis import ErrorAnalysis
from segweave.evaluation.matching import Convention
from segweave.evaluation.panoptic_quality import PanopticScore
from segweave.evaluation.significance import Comparison, Interval
from segweave.evaluation.slices import SliceScore

Task = Literal["panoptic", "semantic", "instance"]
Score = PanopticScore | SemanticScore | PrecisionScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is known of a prediction. None and empty: was not asked for, or cannot be said for the task.

    truth, prediction: what they are called. images: how many counted. skipped: one line for each image that was left
    out. notes: one line each. intervals: by "pq", "things.pq", "miou", "ap", ... and "label.NAME".
    confusion: of pixels, for the semantic task.
    """

    truth: str
    prediction: str
    task: Task
    convention: Convention
    images: int
    score: Score
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    errors: ErrorAnalysis | None = None
    boundary: BoundaryScore | None = None
    slices: tuple[SliceScore[Score], ...] = ()
    comparison: Comparison | None = None
    confusion: Confusion | None = None
    cityscapes: CityscapesScore | None = None
