"""Which of a network's outputs mean what, and what results can be made of them. One class a kind of network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.labels import LabelSet
from segweave.models.decode import CenterRule, decode_centers, decode_logits
from segweave.models.preprocess import Size
from segweave.models.protocol import TASKS, Result, Task
from segweave.models.upsample import Maps
from segweave.segmentation import panoptic_to_instances

Outputs = Mapping[str, NDArray[Any]]
"""A network's outputs by name, each (1, n, h, w)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitsDecoder:
    """A network with one output: label logits (1, len(labels), h, w). Semantic results only."""

    tasks: ClassVar[tuple[Task, ...]] = ("semantic",)
    logits: str = "semantic"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return (self.logits,)

    def decode(self, outputs: Outputs, *, size: Size, labels: LabelSet, task: Task) -> Result:
        """The result in the photograph's pixels; size: (height, width)."""
        return decode_logits(self.label_logits(outputs, labels), size, labels)

    def label_logits(self, outputs: Outputs, labels: LabelSet) -> Maps:
        """(len(labels), h, w): the label logits among the outputs."""
        return _maps(outputs, self.logits, len(labels))


@dataclass(frozen=True, slots=True, kw_only=True)
class CentersDecoder:
    """A network with label logits, object centres (1, 1, h, w) and offsets to them (1, 2, h, w): all three tasks."""

    tasks: ClassVar[tuple[Task, ...]] = TASKS
    logits: str = "semantic"
    heat: str = "center"
    offsets: str = "offset"
    rule: CenterRule = field(default_factory=CenterRule)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return self.logits, self.heat, self.offsets

    def decode(self, outputs: Outputs, *, size: Size, labels: LabelSet, task: Task) -> Result:
        """The result in the photograph's pixels; size: (height, width)."""
        logits = self.label_logits(outputs, labels)
        if task == "semantic":
            return decode_logits(logits, size, labels)
        heat, offsets = _maps(outputs, self.heat, 1), _maps(outputs, self.offsets, 2)
        if not logits.shape[1:] == heat.shape[1:] == offsets.shape[1:]:
            raise ModelError(
                f"the outputs {', '.join(self.outputs)} must share one grid; found {logits.shape[1:]},"
                f" {heat.shape[1:]} and {offsets.shape[1:]}"
            )
        panoptic = decode_centers(logits, heat, offsets, size=size, labels=labels, rule=self.rule)
        return panoptic_to_instances(panoptic) if task == "instance" else panoptic

    def label_logits(self, outputs: Outputs, labels: LabelSet) -> Maps:
        """(len(labels), h, w): the label logits among the outputs."""
        return _maps(outputs, self.logits, len(labels))


Decoder = LogitsDecoder | CentersDecoder

DECODERS: Mapping[str, type[LogitsDecoder] | type[CentersDecoder]] = {
    "logits": LogitsDecoder,
    "centers": CentersDecoder,
}


def _maps(outputs: Outputs, name: str, channels: int) -> Maps:
    found: NDArray[Any] = outputs[name]
    if found.ndim != 4 or found.shape[:2] != (1, channels):
        raise ModelError(f"output {name!r} must be (1, {channels}, h, w); found {found.shape}")
    maps: Maps = found[0].astype(np.float32, copy=False)
    return maps
