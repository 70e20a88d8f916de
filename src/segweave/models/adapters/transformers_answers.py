"""What networks of the library transformers answer, read as results: mask queries, or logits of every pixel."""

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
from segweave.segmentation import Segmentation
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


def decode_evidence(evidence: Maps, size: Size, labels: LabelSet, *, window: Window) -> Segmentation:
    """Semantic result of (n, h, w) evidence >= 0: the label of the most; scores are its share, averaged."""
    return semantic_result(upsampled_argmax(evidence, size, window=window), _shares(evidence), labels, window=window)


def probabilities_shown(evidence: Maps, window: Window) -> Maps:
    """(n, h, w) float32: evidence as shares that sum to 1, on a grid laid over the window alone."""
    shares = _shares(laid_over(evidence, window)).transpose(2, 0, 1)
    return np.ascontiguousarray(shares)


def laid_over(maps: Maps, window: Window) -> Maps:
    """Maps on a grid that ends where the window does: cut, or interpolated where it ends within a cell."""
    for axis, length in ((1, window[0]), (2, window[1])):
        cells = max(1, round(length))
        places = np.maximum((np.arange(cells) + 0.5) * (length / cells) - 0.5, 0)
        first = np.minimum(places.astype(np.int64), maps.shape[axis] - 1)
        if cells == length:
            maps = maps.take(first, axis=axis)
            continue
        weight = (places - first).astype(np.float32)
        weight = weight[:, None] if axis == 1 else weight
        second = np.minimum(first + 1, maps.shape[axis] - 1)
        maps = (1 - weight) * maps.take(first, axis=axis) + weight * maps.take(second, axis=axis)
    return maps


def _shares(evidence: Maps) -> NDArray[np.float32]:
    """(h, w, n) float32: each cell sums to 1; a cell without evidence gives every label the same share."""
    shares = evidence.transpose(1, 2, 0).astype(np.float32)
    total = shares.sum(axis=2, keepdims=True)
    empty = total <= np.finfo(np.float32).tiny
    return np.where(empty, np.float32(1 / max(len(evidence), 1)), shares / np.where(empty, 1, total))
