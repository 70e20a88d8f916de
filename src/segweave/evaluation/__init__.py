"""How good a prediction is: counts that add, and scores of them."""

from segweave.evaluation.matching import Convention, Matches, match
from segweave.evaluation.panoptic_quality import (
    LabelQuality,
    MeanQuality,
    PanopticCounts,
    PanopticScore,
    count_panoptic,
    count_panoptic_by_image,
    score_panoptic,
)

__all__ = [
    "Convention",
    "LabelQuality",
    "Matches",
    "MeanQuality",
    "PanopticCounts",
    "PanopticScore",
    "count_panoptic",
    "count_panoptic_by_image",
    "match",
    "score_panoptic",
]
