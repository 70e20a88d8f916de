"""Do two models say the same? The largest difference of their networks' outputs, and the share of equal pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segweave.formats import Photo
from segweave.models.answers import Outputs
from segweave.models.described import DescribedModel
from segweave.models.preprocess import FramedInput, Size
from segweave.models.protocol import Result, SegmentationModel, Task
from segweave.segmentation import Instances, Segmentation, instances_to_panoptic, overlap

LEAST_EQUAL = 0.999
"""Share of the pixels that must be equal for two models to be the same; the rest lies on borders."""
MOST_DIFFERENT = 0.01
"""How far outputs may differ, as a share of the largest value among them: float32 in another order."""
ROUNDING = 1e-4
"""Outputs that differ by no more than this share are the same numbers, rounded otherwise. A segment that lies on the
edge of a threshold may then go either way, and all its pixels with it: they need not be equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two models agree about one photograph.

    size: (height, width) px of the photograph, seen: of the network's input. difference: the largest between two
    outputs, largest: the largest absolute value among them. equal: share of the pixels with the same result.
    """

    task: Task
    size: Size
    seen: Size
    difference: float
    largest: float
    equal: float

    @property
    def is_same(self) -> bool:
        """Are they one model in two forms?"""
        share = self.difference / max(self.largest, 1.0)
        return share <= ROUNDING or (share <= MOST_DIFFERENT and self.equal >= LEAST_EQUAL)

    def __str__(self) -> str:
        return (
            f"{self.task}, photograph {self.size[1]} x {self.size[0]} px, seen at {self.seen[1]} x {self.seen[0]}:"
            f" outputs differ by at most {self.difference:.2g} (largest {self.largest:.3g}),"
            f" {100 * self.equal:.3f} % of the pixels are equal"
        )


def agreements(
    model: SegmentationModel,
    described: DescribedModel,
    other: DescribedModel,
    *,
    photos: Sequence[Photo],
    tasks: Sequence[Task],
) -> tuple[Agreement, ...]:
    """One for each photograph and task. model: whose results are compared with those of `other`; described: the same
    network as its description says, whose outputs are."""
    asks = described.description.task_input is not None
    found = []
    for photo in photos:
        seen = described.to_input(photo)
        gaps = {task: _differences(described, other, seen, task) for task in (tasks if asks else tasks[:1])}
        for task in tasks:
            difference, largest = gaps[task if asks else tasks[0]]
            equal = equal_pixels(model.predict([photo], task)[0], other.predict([photo], task)[0])
            size, side = (photo.shape[0], photo.shape[1]), (seen.values.shape[2], seen.values.shape[3])
            found.append(
                Agreement(task=task, size=size, seen=side, difference=difference, largest=largest, equal=equal)
            )
    return tuple(found)


def equal_pixels(a: Result, b: Result) -> float:
    """Share of the pixels that are void in both, or of one label and of segments that match, 0..1.

    Of all pairs of segments with one label those that share most match. Instances are painted first.

    >>> from segweave.labels import Label, LabelSet
    >>> from segweave.segmentation import from_label_indices
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> a, b = (from_label_indices(np.array([row]), labels) for row in ([0, 0, 1, -1], [0, 1, 1, -1]))
    >>> equal_pixels(a, b)
    0.75
    """
    one, two = _painted(a), _painted(b)
    shared = overlap(one, two)
    for k, segment in enumerate(one.segments, start=1):
        shared[k, 1:] *= np.array([segment.label == other.label for other in two.segments], shared.dtype)
    shared[0, 1:], shared[1:, 0] = 0, 0
    equal, taken = int(shared[0, 0]), shared[1:, 1:].copy()
    while taken.size and taken.max() > 0:
        row, column = np.unravel_index(taken.argmax(), taken.shape)
        equal += int(taken[row, column])
        taken[row], taken[:, column] = 0, 0
    return equal / max(one.ids.size, 1)


def _painted(result: Result) -> Segmentation:
    return instances_to_panoptic(result) if isinstance(result, Instances) else result


def _differences(a: DescribedModel, b: DescribedModel, seen: FramedInput, task: Task) -> tuple[float, float]:
    """The largest difference and the largest value in all that the network sees."""
    pairs = [_difference(a.run(part, task), b.run(part, task)) for part in a.parts(seen)]
    return max(difference for difference, _ in pairs), max(largest for _, largest in pairs)


def _difference(a: Outputs, b: Outputs) -> tuple[float, float]:
    """The largest difference, infinite between outputs of other shapes, and the largest value."""
    most, largest = 0.0, 0.0
    for name, values in a.items():
        if values.shape != b[name].shape:
            return float("inf"), float(np.abs(values).max(initial=0))
        both_infinite = np.isinf(values) & (values == b[name])
        gaps = np.abs(np.where(both_infinite, 0, values.astype(np.float64) - b[name]))
        most = max(most, float(gaps.max(initial=0)))
        largest = max(largest, float(np.abs(values[np.isfinite(values)]).max(initial=0)))
    return most, largest
