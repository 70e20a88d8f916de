"""What networks answer, read as results: which of their outputs mean what. One class a kind of network, `DECODERS`.

Each knows the names of its outputs, the tasks that they allow, and how they become a result in the photograph's own
pixels. Needs numpy alone, so that every library that runs networks shares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.labels import Label, LabelMap, LabelSet
from segweave.models.decode import CenterRule, decode_centers, decode_logits, semantic_result, softmax
from segweave.models.decode_boxes import decode_boxes
from segweave.models.decode_queries import (
    PAPERS,
    QueryRule,
    decode_queries_instances,
    decode_queries_panoptic,
    decode_queries_semantic,
    query_probabilities,
)
from segweave.models.evidence import laid_over
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import Size
from segweave.models.protocol import TASKS, Result, Task
from segweave.models.upsample import Maps, Window, upsampled_argmax
from segweave.segmentation import panoptic_to_instances
from segweave.segmentation.edit import map_labels

Outputs = Mapping[str, NDArray[Any]]
"""A network's outputs for one photograph, by name, without the first axis."""


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

    def grid(self, outputs: Outputs, seen: Size) -> Size:
        """(height, width) in cells of the grid that covers the input."""
        return _cells(outputs[self.logits])

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; what a column that means void wins is void."""
        logits = _columns(outputs, self.logits, labels)
        if labels.in_order:
            return decode_logits(logits, size, labels.labels, window=window)
        voids = tuple(Label(name=f"void: column {c}", is_thing=False) for c in labels.voids)
        wider = LabelSet(f"{labels.labels.name} and void", (*labels.labels, *voids))
        found = decode_logits(logits[[*labels.columns, *labels.voids]], size, wider, window=window)
        to_void = LabelMap(wider, labels.labels, (*range(len(labels.labels)), *(None for _ in voids)))
        return map_labels(found, to_void)

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) >= 0: the softmax over the labels, padding included; columns that mean void have no say."""
        logits = _columns(outputs, self.logits, labels)[list(labels.columns)]
        return softmax(logits).transpose(2, 0, 1)


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

    def grid(self, outputs: Outputs, seen: Size) -> Size:
        """(height, width) in cells of the grid that covers the input."""
        return _cells(outputs[self.logits])

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; window: the part of the logits that shows it."""
        logits = _maps(outputs, self.logits, len(labels.labels))
        nobody = np.zeros((1, *logits.shape[1:]), np.float32)  # the logit of 0.5
        winners = upsampled_argmax(np.concatenate([logits, nobody]), size, window=window)
        indices = np.where(winners == len(logits), np.int32(-1), winners)
        scores = np.ascontiguousarray(_sigmoid(logits).transpose(1, 2, 0))
        return semantic_result(indices, scores, labels.labels, window=window)

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) 0..1: the probability of each label, padding included."""
        return _sigmoid(_maps(outputs, self.logits, len(labels.labels)))


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

    def grid(self, outputs: Outputs, seen: Size) -> Size:
        """(height, width) in cells of the grid that covers the input."""
        return _cells(outputs[self.masks])

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
class Centers:
    """Label logits (columns, h, w), centres of things (1, h, w) in 0..1, and offsets to them (2, h, w), in cells."""

    logits: str = "semantic"
    heat: str = "center"
    offsets: str = "offset"
    rule: CenterRule = field(default_factory=CenterRule)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return self.logits, self.heat, self.offsets

    def tasks(self, labels: LabelSet) -> tuple[Task, ...]:
        """All three."""
        return TASKS

    def grid(self, outputs: Outputs, seen: Size) -> Size:
        """(height, width) in cells of the grid that covers the input."""
        return _cells(outputs[self.logits])

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; a column that means void has no say."""
        if task == "semantic":
            return Pixels(logits=self.logits).decode(outputs, size=size, labels=labels, task=task, window=window)
        logits = _columns(outputs, self.logits, labels)[list(labels.columns)]
        heat, offsets = _maps(outputs, self.heat, 1), _maps(outputs, self.offsets, 2)
        if not logits.shape[1:] == heat.shape[1:] == offsets.shape[1:]:
            raise ModelError(
                f"the outputs {', '.join(self.outputs)} must share one grid; found {logits.shape[1:]},"
                f" {heat.shape[1:]} and {offsets.shape[1:]}"
            )
        shown = [laid_over(maps, window) for maps in (logits, heat, offsets)]
        panoptic = decode_centers(shown[0], shown[1], shown[2], size=size, labels=labels.labels, rule=self.rule)
        return panoptic_to_instances(panoptic) if task == "instance" else panoptic

    def evidence(self, outputs: Outputs, *, labels: NetworkLabels) -> Maps:
        """(n, h, w) >= 0: the softmax over the labels, padding included."""
        return Pixels(logits=self.logits).evidence(outputs, labels=labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Boxes with masks in them (Mask R-CNN), best first.

    boxes: the output (k, 4) left, top, right, bottom, px of the input; scores, columns: (k,); masks: (k, h, w)
    probabilities, stretched over the box.
    """

    boxes: str = "boxes"
    scores: str = "scores"
    columns: str = "labels"
    masks: str = "masks"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that must be there."""
        return self.boxes, self.scores, self.columns, self.masks

    def tasks(self, labels: LabelSet) -> tuple[Task, ...]:
        """Instance alone: what is no thing has no box."""
        return ("instance",)

    def grid(self, outputs: Outputs, seen: Size) -> Size:
        """(height, width) px of the input: that is what boxes are measured in."""
        return seen

    def decode(self, outputs: Outputs, *, size: Size, labels: NetworkLabels, task: Task, window: Window) -> Result:
        """The result in the photograph's pixels; what is in a column that means void is left out."""
        boxes, scores, columns, masks = (outputs[name] for name in self.outputs)
        if boxes.shape != (len(columns), 4) or masks.ndim != 3 or not len(scores) == len(columns) == len(masks):
            shapes = " ".join(str(outputs[name].shape) for name in self.outputs)
            raise ModelError(f"the network must give {self.outputs} (k, 4) (k,) (k,) (k, h, w); found {shapes}")
        label_of = dict(zip(labels.columns, range(len(labels.labels)), strict=True))
        kept = [k for k, column in enumerate(columns.tolist()) if int(column) in label_of]
        down, right = size[0] / window[0], size[1] / window[1]
        return decode_boxes(
            boxes[kept][:, [1, 0, 3, 2]].astype(np.float64) * (down, right, down, right),
            scores[kept],
            np.array([label_of[int(columns[k])] for k in kept], np.int64),
            masks=masks[kept].astype(np.float32, copy=False),
            size=size,
            labels=labels.labels,
        )


Decoder = Pixels | Sigmoids | Queries | Centers | Boxes

DECODERS: Mapping[str, type[Decoder]] = {
    "pixels": Pixels,
    "sigmoids": Sigmoids,
    "queries": Queries,
    "centers": Centers,
    "boxes": Boxes,
}
"""What a file calls it -> the class; a new kind of answer is a class and a row here."""


def _cells(maps: NDArray[Any]) -> Size:
    height, width = maps.shape[-2:]
    return height, width


def _columns(outputs: Outputs, name: str, labels: NetworkLabels) -> Maps:
    """The output with a map for each column, those that mean void too."""
    return _maps(outputs, name, len(labels.columns) + len(labels.voids))


def _maps(outputs: Outputs, name: str, count: int) -> Maps:
    found = outputs[name]
    if found.ndim != 3 or len(found) != count:
        raise ModelError(f"the network must give {name} ({count}, h, w); found {found.shape}")
    maps: Maps = found.astype(np.float32, copy=False)
    return maps


def _sigmoid(logits: Maps) -> Maps:
    from scipy.special import expit

    chances: Maps = expit(logits.astype(np.float32, copy=False))
    return chances
