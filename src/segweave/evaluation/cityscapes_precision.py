"""The Cityscapes AP protocol: PLACEHOLDER by the lead until the helper's file lands; replace it wholly."""

from dataclasses import dataclass

from segweave.evaluation.instance_table import InstanceTable
from segweave.labels import LabelSet


@dataclass(frozen=True, slots=True, kw_only=True)
class CityscapesScore:
    """Scores."""

    labels: LabelSet
    ap: float | None
    ap50: float | None
    by_label: tuple[float | None, ...]


def cityscapes_precision(table: InstanceTable) -> CityscapesScore:
    """To be replaced."""
    raise AssertionError(len(table))
