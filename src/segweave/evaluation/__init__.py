"""How good a prediction is, where it loses, how far that can be trusted: counts that add, and scores of them.

Each metric counts first and scores then: `count_*` reads what two results share, counts of images add, `score_*` makes
numbers of them. `docs/evaluation.md` is the guide.
"""

from segweave.evaluation.agreement import (
    Agreement,
    AgreementCounts,
    Border,
    count_agreement,
    joined_agreements,
    score_agreement,
)
from segweave.evaluation.average_precision import PrecisionScore, average_precision
from segweave.evaluation.boundary import (
    BoundaryCounts,
    BoundaryScore,
    count_boundary,
    joined_boundaries,
    score_boundary,
)
from segweave.evaluation.cityscapes_precision import CityscapesScore, cityscapes_precision
from segweave.evaluation.confusion import (
    Confusion,
    SemanticCounts,
    SemanticScore,
    confusion_of_maps,
    count_confusion,
    count_semantic_by_image,
    score_semantic,
)
from segweave.evaluation.detection_matches import precision_statistics
from segweave.evaluation.error_analysis import (
    ErrorAnalysis,
    FixedQuality,
    ImageLoss,
    Losses,
    StuffAnswer,
    analyse_errors,
)
from segweave.evaluation.error_types import ERROR_TYPES, ErrorType
from segweave.evaluation.instance_table import (
    InstanceTable,
    instance_table,
    joined_instances,
    map_prediction_instances,
)
from segweave.evaluation.matching import Convention, Matches, match, match_boundary
from segweave.evaluation.panoptic_quality import (
    LabelQuality,
    MeanQuality,
    PanopticCounts,
    PanopticScore,
    count_panoptic,
    count_panoptic_by_image,
    score_panoptic,
)
from segweave.evaluation.significance import (
    Comparison,
    Difference,
    Interval,
    compare,
    intervals,
    panoptic_statistics,
    semantic_statistics,
)
from segweave.evaluation.slices import SliceScore, sliced

__all__ = [
    "ERROR_TYPES",
    "Agreement",
    "AgreementCounts",
    "Border",
    "BoundaryCounts",
    "BoundaryScore",
    "CityscapesScore",
    "Comparison",
    "Confusion",
    "Convention",
    "Difference",
    "ErrorAnalysis",
    "ErrorType",
    "FixedQuality",
    "ImageLoss",
    "InstanceTable",
    "Interval",
    "LabelQuality",
    "Losses",
    "Matches",
    "MeanQuality",
    "PanopticCounts",
    "PanopticScore",
    "PrecisionScore",
    "SemanticCounts",
    "SemanticScore",
    "SliceScore",
    "StuffAnswer",
    "analyse_errors",
    "average_precision",
    "cityscapes_precision",
    "compare",
    "confusion_of_maps",
    "count_agreement",
    "count_boundary",
    "count_confusion",
    "count_panoptic",
    "count_panoptic_by_image",
    "count_semantic_by_image",
    "instance_table",
    "intervals",
    "joined_agreements",
    "joined_boundaries",
    "joined_instances",
    "map_prediction_instances",
    "match",
    "match_boundary",
    "panoptic_statistics",
    "precision_statistics",
    "score_agreement",
    "score_boundary",
    "score_panoptic",
    "score_semantic",
    "semantic_statistics",
    "sliced",
]
