"""Models made of a network's file and the description in it, whichever library runs the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.answers import Boxes, Outputs
from segweave.models.description import ModelDescription
from segweave.models.evidence import decode_evidence, probabilities_shown
from segweave.models.preprocess import FramedInput, Preprocess, Size
from segweave.models.protocol import Result, Task, check_offered
from segweave.models.task_tokens import task_tokens
from segweave.models.upsample import Maps, Window

Shape = tuple[int | None, ...]
"""Of an input or output; None where any length will do."""


class Network(Protocol):
    """A network that a library has opened."""

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        ...

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs. `ModelError` when it fails, `MemoryError` when memory runs out."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DescribedModel:
    """A `SegmentationModel` made of a network and the description that was in its file.

    fixed_size: (height, width) px when the network takes no other size. Photographs go through it one by one.
    """

    network: Network
    description: ModelDescription
    fixed_size: Size | None = None

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.description.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What can be made of the network's outputs."""
        return ("semantic",) if self.description.windows else self.description.decoder.tasks(self.labels)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        check_offered(task, self.tasks)
        return [self._predict(image, task) for image in images]

    def at_scale(self, factor: float) -> Self:
        """The same model, to whose network photographs are `factor` times as high and wide (`ScalableModel`)."""
        if self.fixed_size:
            raise UsageError(f"this network sees every photograph at {self.fixed_size} px (height, width)")
        scaled = self.description.preprocess.at_scale(factor)
        return replace(self, description=replace(self.description, preprocess=scaled))

    def to_input(self, image: Photo) -> FramedInput:
        """What the network sees of the photograph, and which part of that is no padding."""
        preprocess = self.description.preprocess
        if not isinstance(preprocess, Preprocess):
            return preprocess.to_input(image)
        size = self.fixed_size or preprocess.network_size(_size(image))
        return FramedInput(values=preprocess.to_input(image, size), shown=size)

    def feed(self, seen: FramedInput, task: Task) -> dict[str, NDArray[Any]]:
        """All inputs of the network by name."""
        values = seen.values
        if self.fixed_size and values.shape[2:] != self.fixed_size:
            raise ModelError(f"the network takes {self.fixed_size} px (height, width) alone; found {values.shape[2:]}")
        inputs: dict[str, NDArray[Any]] = {self._image_input: values}
        if self.description.task_input:
            inputs[self.description.task_input] = task_tokens(task)
        if self.description.shown_input:
            inputs[self.description.shown_input] = np.array(seen.shown, np.int64)
        return inputs

    def parts(self, seen: FramedInput) -> list[FramedInput]:
        """What the network sees at once: all of it, or window by window."""
        windows = self.description.windows
        return [FramedInput(values=v, shown=_side(v)) for v in windows.cut(seen.values)] if windows else [seen]

    def run(self, seen: FramedInput, task: Task) -> Outputs:
        """The network alone: its outputs by name, without the first axis."""
        names = self.description.decoder.outputs
        found = dict(zip(names, self.network.run(self.feed(seen, task), names), strict=True))
        for name, output in found.items():
            if output.ndim < 2 or len(output) != 1:
                raise ModelError(f"the network must give {name} of one photograph, (1, ...); found {output.shape}")
        return {name: output[0] for name, output in found.items()}

    def decode(self, outputs: Outputs, seen: FramedInput, *, size: Size, task: Task) -> Result:
        """From the network's outputs to a result of `size` (height, width) px."""
        decoder = self.description.decoder
        window = seen.window(decoder.grid(outputs, _side(seen.values)))
        return decoder.decode(outputs, size=size, labels=self.description.known, task=task, window=window)

    def evidence(self, seen: FramedInput) -> tuple[Maps, Window]:
        """(n, h, w) >= 0, the evidence for each label, and the part of it that shows the photograph."""
        decoder, windows = self.description.decoder, self.description.windows
        assert not isinstance(decoder, Boxes)  # `described_model` sees to it
        known = self.description.known
        maps = [decoder.evidence(self.run(part, "semantic"), labels=known) for part in self.parts(seen)]
        evidence = windows.joined(maps, _side(seen.values)) if windows else maps[0]
        return evidence, seen.window((evidence.shape[1], evidence.shape[2]))

    @property
    def _image_input(self) -> str:
        others = (self.description.task_input, self.description.shown_input)
        return next(name for name in self.network.inputs if name not in others)

    def _predict(self, image: Photo, task: Task) -> Result:
        seen = self.to_input(image)
        if self.description.windows:
            evidence, window = self.evidence(seen)
            return decode_evidence(evidence, _size(image), self.labels, window=window)
        return self.decode(self.run(seen, task), seen, size=_size(image), task=task)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DescribedProbabilityModel(DescribedModel):
    """A `DescribedModel` whose network says something of every label, so that it is a `ProbabilityModel`."""

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, summing to 1, on the network's grid without the padding.

        The softmax of each pixel's logits; of mask queries the share of each label in the evidence of all.
        """
        return [probabilities_shown(*self.evidence(self.to_input(image))) for image in images]


def described_model(network: Network, description: ModelDescription) -> DescribedModel:
    """A model, when the network has what the description says; `ModelError` when not."""
    missing = [name for name in description.decoder.outputs if name not in network.outputs]
    if missing:
        raise ModelError(
            f"the description names the output {missing[0]!r}; the network has {', '.join(network.outputs)}"
        )
    others = [name for name in (description.task_input, description.shown_input) if name]
    absent = [name for name in others if name not in network.inputs]
    if absent:
        raise ModelError(f"the description names the input {absent[0]!r}; the network has {', '.join(network.inputs)}")
    images = [shape for name, shape in network.inputs.items() if name not in others]
    if len(images) != 1 or len(images[0]) != 4 or images[0][1] != 3:
        found = ", ".join(f"{name} {shape}" for name, shape in network.inputs.items())
        raise ModelError(f"the network must have one input, float32 (n, 3, height, width); found {found}")
    height, width = images[0][2:]
    fixed = None if height is None or width is None else (height, width)
    if description.windows and fixed != (description.windows.side,) * 2:
        raise ModelError(f"windows of {description.windows.side} px need a network of that size; found {fixed}")
    build = DescribedModel if isinstance(description.decoder, Boxes) else DescribedProbabilityModel
    return build(network=network, description=description, fixed_size=fixed)


def _size(image: Photo) -> Size:
    return image.shape[0], image.shape[1]


def _side(values: NDArray[np.float32]) -> Size:
    return values.shape[2], values.shape[3]
