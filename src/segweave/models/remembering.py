"""A network that does not answer the same question twice in a row: weaving asks secondaries several things about one
photograph, and most of them are read from the same outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.models.described import DescribedModel, Network, Shape
from segweave.models.protocol import SegmentationModel


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    inputs: Mapping[str, NDArray[Any]]
    names: tuple[str, ...]
    outputs: list[NDArray[Any]]


@dataclass(slots=True, eq=False)
class RememberingNetwork:
    """A `Network` that keeps its last inputs and outputs: while the inputs are the same, the outputs are."""

    network: Network
    last: _Asked | None = field(default=None, repr=False)

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name."""
        return self.network.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return self.network.outputs

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs; the network is asked when they are not known yet."""
        last = self.last  # another thread may replace it meanwhile
        if last is None or last.names != tuple(names) or not _same(last.inputs, inputs):
            self.last = last = None  # two photographs' outputs are never in memory
            self.last = last = _Asked(dict(inputs), tuple(names), self.network.run(inputs, names))
        return list(last.outputs)


def remembering(model: SegmentationModel) -> SegmentationModel:
    """A described model whose network remembers its last outputs; other models as they are."""
    return replace(model, network=RememberingNetwork(model.network)) if isinstance(model, DescribedModel) else model


def _same(mine: Mapping[str, NDArray[Any]], theirs: Mapping[str, NDArray[Any]]) -> bool:
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)
