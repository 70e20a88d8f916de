"""What a model is to the rest of segweave: images in, one result each out."""

from collections.abc import Sequence
from typing import Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from segweave.errors import UsageError, did_you_mean
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Segmentation

Task = Literal["panoptic", "instance", "semantic"]
TASKS: tuple[Task, ...] = ("panoptic", "instance", "semantic")

Result = Segmentation | Instances
"""`Segmentation` for the tasks panoptic and semantic, `Instances` for the task instance."""


def check_offered(task: str, tasks: Sequence[Task], *, by: str = "this model") -> None:
    """`UsageError` with near matches for a task that is not among `tasks`. by: who offers them."""
    if task not in tasks:
        raise UsageError(f"task {task!r} is not offered by {by}; {did_you_mean(task, tasks)}")


class SegmentationModel(Protocol):
    """A network with everything around it: preprocessing, decoding, its label set.

    `predict` takes photographs of any sizes and returns one result each, in order, in pixels of that photograph.
    It raises `UsageError` for a task that is not in `tasks`.
    """

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        ...

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it can be asked for."""
        ...

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        ...


@runtime_checkable
class ProbabilityModel(SegmentationModel, Protocol):
    """A model that also says how probable each label is: what class extension weighs (`combine.apply_odds`)."""

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """For each photograph (len(labels), h, w) float32, 0..1, sums to 1 over the labels.

        h x w is the network's own grid, laid over the whole photograph with half-pixel centres.
        """
        ...


@runtime_checkable
class ScalableModel(SegmentationModel, Protocol):
    """A model that can look at photographs larger or smaller than it would by itself (test-time augmentation)."""

    def at_scale(self, factor: float) -> Self:
        """The same model, to whose network every photograph is `factor` times as high and wide as it is to this one's.

        `UsageError` where the network sees everything at one size.
        """
        ...
