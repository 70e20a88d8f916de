"""What networks answer, read as results: which of their outputs mean what. One class a kind of network.

Each knows the names of its outputs, the tasks that they allow, and how they become a result in the photograph's own
pixels. Needs numpy alone, so that every library that runs networks shares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.labels import Label, LabelMap, LabelSet
from segweave.models.decode import decode_logits, semantic_result, softmax
from segweave.models.decode_queries import (
    PAPERS,
    QueryRule,
    decode_queries_instances,
    decode_queries_panoptic,
    decode_queries_semantic,
    query_probabilities,
)
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import Size
from segweave.models.protocol import TASKS, Result, Task
from segweave.models.upsample import Maps, Window, upsampled_argmax
from segweave.segmentation.edit import map_labels

Outputs = Mapping[str, NDArray[Any]]
"""A network's outputs for one photograph, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Mask queries. classes: the output (q, columns + 1), the last one = no label; masks: (q, h, w) logits."""

    classes: str = "class_queries_logits"
    masks: str = "masks_queries_logits"
    rule: QueryRule = PAPERS

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return self.classes, self.masks

    def tasks(self, labels: LabelSet) -> tuple[Task, ...]:
        """All three where there are things and stuff; a network of things alone leaves the rest void."""
        without_stuff: tuple[Task, ...] = ("panoptic", "instance")
        without_things: tuple[Task, ...] = ("panoptic", "semantic")
        return TASKS if labels.things and labels.stuff else without_stuff if labels.things else without_things

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; window: the part of the masks that shows it."""
        class_logits, mask_logits = self._read(outputs, labels)
        if task == "semantic":
            return decode_queries_semantic(class_logits, mask_logits, size=size, labels=labels.labels, window=window)
        decode = decode_queries_panoptic if task == "panoptic" else decode_queries_instances
        return decode(class_logits, mask_logits, size=size, labels=labels.labels, rule=self.rule, window=window)

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) >= 0: the evidence for each label in each cell, padding included."""
        return query_probabilities(*self._read(outputs, labels))

    def _read(self, outputs: Outputs, labels: NetworkLabels) -> tuple[NDArray[np.float32], Maps]:
        """Class and mask logits; columns that mean void are counted as "no label"."""
        found, masks = outputs[self.classes], outputs[self.masks]
        columns = len(labels.columns) + len(labels.voids)
        if found.ndim != 2 or found.shape[1] != columns + 1 or masks.ndim != 3 or len(masks) != len(found):
            raise ModelError(
                f"the network must give {self.classes} (q, {columns + 1}) and {self.masks} (q, h, w); found"
                f" {found.shape} and {masks.shape}"
            )
        if labels.in_order:
            return found, masks
        none = np.logaddexp.reduce(found[:, [*labels.voids, columns]], axis=1, keepdims=True)
        return np.concatenate([found[:, list(labels.columns)], none], axis=1), masks


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Logits of every pixel. logits: the output (columns, h, w)."""

    logits: str = "logits"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return (self.logits,)

    def tasks(self, labels: LabelSet) -> tuple[Task, ...]:
        """Semantic alone: things are not told apart."""
        return ("semantic",)

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; what a column that means void wins is void."""
        logits = self._read(outputs, labels)
        if labels.in_order:
            return decode_logits(logits, size, labels.labels, window=window)
        voids = tuple(Label(name=f"void: column {c}", is_thing=False) for c in labels.voids)
        wider = LabelSet(f"{labels.labels.name} and void", (*labels.labels, *voids))
        found = decode_logits(logits[[*labels.columns, *labels.voids]], size, wider, window=window)
        to_void = LabelMap(wider, labels.labels, (*range(len(labels.labels)), *(None for _ in voids)))
        return map_labels(found, to_void)

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) >= 0: the softmax over the labels, padding included; columns that mean void have no say."""
        logits = self._read(outputs, labels)[list(labels.columns)]
        return softmax(logits).transpose(2, 0, 1)

    def _read(self, outputs: Outputs, labels: NetworkLabels) -> Maps:
        found = outputs[self.logits]
        columns = len(labels.columns) + len(labels.voids)
        if found.ndim != 3 or len(found) != columns:
            raise ModelError(f"the network must give {self.logits} ({columns}, h, w); found {found.shape}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoids:
    """Logits of every pixel, each label for itself: a label is there where its probability is at least 0.5.

    A pixel goes to its surest label; where none reaches 0.5 it is void. logits: the output (labels, h, w).
    """

    logits: str = "logits"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return (self.logits,)

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
        found = outputs[self.logits]
        if found.ndim != 3 or len(found) != len(labels.labels):
            raise ModelError(f"the network must give {self.logits} ({len(labels.labels)}, h, w); found {found.shape}")
        return found


def _sigmoid(logits: Maps) -> Maps:
    from scipy.special import expit

    chances: Maps = expit(logits.astype(np.float32, copy=False))
    return chances
