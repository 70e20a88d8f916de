"""Test-time augmentation: a model looks at flipped and scaled copies of a photograph, and the mean is its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.errors import UsageError
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.decode import semantic_result
from segweave.models.protocol import ProbabilityModel, Result, ScalableModel, SegmentationModel, Task
from segweave.models.resample import on_grid
from segweave.models.upsample import Maps, channels_last, upsampled_argmax

_SMALLEST, _LARGEST = 0.1, 10.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AugmentedModel:
    """A `ProbabilityModel` whose probabilities are the mean over views of the photograph; for the task semantic.

    views: the networks that look, one for each scale. flip: each of them looks at the mirror image too.
    """

    views: tuple[ProbabilityModel, ...]
    flip: bool = False

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.views[0].labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Semantic alone: probabilities of labels tell no things apart."""
        return ("semantic",)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """The label of the largest mean at each pixel of each photograph."""
        if task != "semantic":
            raise UsageError(f"the mean of several views tells no things apart; found task {task!r}, expected semantic")
        means = self.probabilities(images)
        return [self.decoded(maps, image) for maps, image in zip(means, images, strict=True)]

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, on the finest grid among its views."""
        seen = [view.probabilities(images) for view in self.views]
        if self.flip:
            mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in images]
            seen += [[maps[:, :, ::-1] for maps in view.probabilities(mirrored)] for view in self.views]
        return [_mean(maps) for maps in zip(*seen, strict=True)]

    def decoded(self, maps: Maps, image: Photo) -> Result:
        """The result of a photograph from its (len(labels), h, w) `probabilities`."""
        winners = upsampled_argmax(maps, (image.shape[0], image.shape[1]))
        return semantic_result(winners, channels_last(maps), self.labels)


def augmented(network: SegmentationModel, *, flip: bool = False, scales: Sequence[float] = (1.0,)) -> AugmentedModel:
    """A model that sees its photographs several times. flip: mirrored left to right too. scales: of what the network
    sees, 1 = as always.

    `UsageError` for a network that gives no probabilities, and for scales that it cannot see at.

    >>> from segweave.models import load_model
    >>> street = augmented(load_model("street").network, flip=True, scales=(0.75, 1, 1.25))
    >>> street.predict([np.zeros((90, 120, 3), np.uint8)], "semantic")[0].size
    (90, 120)
    """
    if not isinstance(network, ProbabilityModel):
        raise UsageError("flips and scales average probabilities, and this model gives none")
    if not scales or not all(_SMALLEST <= scale <= _LARGEST for scale in scales):
        raise UsageError(f"scales lie in {_SMALLEST:g}..{_LARGEST:g}, at least one of them; found {tuple(scales)}")
    return AugmentedModel(views=tuple(_at_scale(network, float(scale)) for scale in scales), flip=flip)


def _at_scale(network: ProbabilityModel, scale: float) -> ProbabilityModel:
    if scale == 1:
        return network
    if not isinstance(network, ScalableModel):
        raise UsageError(f"this model cannot look at photographs at the scale {scale:g}; leave the scales out")
    scaled = network.at_scale(scale)
    assert isinstance(scaled, ProbabilityModel)
    return scaled


def _mean(seen: Sequence[Maps]) -> Maps:
    finest = max(((maps.shape[1], maps.shape[2]) for maps in seen), key=lambda size: size[0] * size[1])
    total = np.zeros((len(seen[0]), *finest), np.float32)
    for maps in seen:
        total += on_grid(maps, finest)
    total /= len(seen)
    return total
