"""Networks that give every pixel logits, whichever library builds them, as models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import UsageError
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.adapters.torch_network import run_torch, to_array
from segweave.models.answers import Outputs, Pixels, Sigmoids
from segweave.models.evidence import probabilities_shown
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import FramedPreprocess
from segweave.models.protocol import Result, Task, check_offered
from segweave.models.upsample import Window

LOGITS = "logits"
PIXELS = Pixels(logits=LOGITS)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PixelModel:
    """A `SegmentationModel`, and a `ProbabilityModel`, for the task semantic.

    network: the torch module. logits: what it says of an input, (network, (1, 3, h, w)) -> (1, columns, h, w); at any
    scale. known: its labels, and the columns they have. answer: how the columns compete. threads: for the network;
    0 = as torch is set. fixed: takes inputs of one size alone. Photographs go through it one by one, so that the others
    in a batch change nothing.
    """

    network: Any
    logits: Callable[[Any, Any], Any]
    known: NetworkLabels
    preprocess: FramedPreprocess
    answer: Pixels | Sigmoids = PIXELS
    threads: int = 0
    fixed: bool = False

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.known.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Semantic alone: things are not told apart."""
        return self.answer.tasks(self.labels)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        check_offered(task, self.tasks)
        return [self._predict(image, task) for image in images]

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, summing to 1, on the network's grid without the padding."""
        found = []
        for image in images:
            outputs, window = self._run(image)
            found.append(probabilities_shown(self.answer.evidence(outputs, labels=self.known), window))
        return found

    def at_scale(self, factor: float) -> "PixelModel":
        """The same model, to whose network photographs are `factor` times as high and wide (`ScalableModel`)."""
        if self.fixed:
            raise UsageError(f"this network sees every photograph at {self.preprocess.frame.exact} px (height, width)")
        return replace(self, preprocess=self.preprocess.at_scale(factor))

    def _predict(self, image: Photo, task: Task) -> Result:
        outputs, window = self._run(image)
        size = image.shape[0], image.shape[1]
        return self.answer.decode(outputs, size=size, labels=self.known, task=task, window=window)

    def _run(self, image: Photo) -> tuple[Outputs, Window]:
        seen = self.preprocess.to_input(image)
        logits = run_torch(
            lambda values: to_array(self.logits(self.network, values)[0]), seen.values, threads=self.threads
        )
        return {LOGITS: logits}, seen.window((logits.shape[1], logits.shape[2]))
