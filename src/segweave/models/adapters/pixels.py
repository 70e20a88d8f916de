"""Networks that give every pixel logits, whichever library builds them, as models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError, did_you_mean
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.adapters.torch_network import run_torch, to_array
from segweave.models.adapters.transformers_answers import Outputs, Pixels, probabilities_shown
from segweave.models.decode import semantic_result
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import FramedPreprocess, Size
from segweave.models.protocol import Result, Task
from segweave.models.upsample import Maps, Window, upsampled_argmax

LOGITS = "logits"
PIXELS = Pixels(logits=LOGITS)


@dataclass(frozen=True, slots=True)
class Sigmoids:
    """Logits of every pixel, each label for itself: a label is there where its probability is at least 0.5.

    A pixel goes to its surest label; where none reaches 0.5 it is void.
    """

    def tasks(self, labels: LabelSet) -> tuple[Task, ...]:
        """Semantic alone."""
        return ("semantic",)

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; window: the part of the logits that shows it."""
        logits = self._read(outputs, labels)
        nobody = np.zeros((1, *logits.shape[1:]), np.float32)  # the logit of 0.5
        winners = upsampled_argmax(np.concatenate([logits, nobody]), size, window=window)
        indices = np.where(winners == len(logits), np.int32(-1), winners)
        scores = np.ascontiguousarray(_sigmoid(logits).transpose(1, 2, 0))
        return semantic_result(indices, scores, labels.labels, window=window)

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) 0..1: the probability of each label, padding included."""
        return _sigmoid(self._read(outputs, labels))

    def _read(self, outputs: Outputs, labels: NetworkLabels) -> Maps:
        found = outputs[LOGITS]
        if found.ndim != 3 or len(found) != len(labels.labels):
            raise ModelError(f"the network must give {LOGITS} ({len(labels.labels)}, h, w); found {found.shape}")
        return found


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PixelModel:
    """A `SegmentationModel`, and a `ProbabilityModel`, for the task semantic.

    network: the torch module. logits: what it says of an input, (network, (1, 3, h, w)) -> (1, columns, h, w); at any
    scale. known: its labels, and the columns they have. answer: how the columns compete. threads: for the network;
    0 = as torch is set. Photographs go through it one by one, so that the others in a batch change nothing.
    """

    network: Any
    logits: Callable[[Any, Any], Any]
    known: NetworkLabels
    preprocess: FramedPreprocess
    answer: Pixels | Sigmoids = PIXELS
    threads: int = 0

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
        if task not in self.tasks:
            raise UsageError(f"task {task!r} is not offered by this model; {did_you_mean(task, self.tasks)}")
        return [self._predict(image, task) for image in images]

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, summing to 1, on the network's grid without the padding."""
        found = []
        for image in images:
            outputs, window = self._run(image)
            found.append(probabilities_shown(self.answer.evidence(outputs, labels=self.known), window))
        return found

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


def _sigmoid(logits: Maps) -> Maps:
    from scipy.special import expit

    chances: Maps = expit(logits.astype(np.float32, copy=False))
    return chances
