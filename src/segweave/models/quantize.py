"""ONNX networks in 8-bit integers: ranges from photographs, and what that changes.

Static, QDQ, weights by channel (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", arXiv 1712.05877), by ONNX Runtime. Needs `pip install "segweave[export]"`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError
from segweave.evaluation import Confusion, confusion_of_maps, score_semantic
from segweave.formats import Photo
from segweave.models.agreement import equal_pixels
from segweave.models.described import DescribedModel
from segweave.models.protocol import Result, Task
from segweave.segmentation import Instances, instances_to_panoptic

_OPERATORS = ["Conv", "ConvTranspose", "Gemm", "MatMul"]
_HELD_OUT = 4  # every so-manieth photograph is not calibrated on
MOST = 200
"""So many photographs are calibrated on at most: more change no range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Int8Agreement:
    """How far a network in 8-bit integers agrees with itself in float32, on photographs that it was not calibrated on.

    calibrated, held_out: numbers of photographs. equal: mean share of equal pixels. miou: mean IoU of the labels, one
    model as the truth of the other; None when neither sees any.
    """

    task: Task
    calibrated: int
    held_out: int
    equal: float
    miou: float | None

    def __str__(self) -> str:
        miou = "no label" if self.miou is None else f"mIoU {100 * self.miou:.1f}"
        return (
            f"int8 against float32, {self.task}, {self.held_out} held-out photographs ({self.calibrated} calibrated):"
            f" {100 * self.equal:.2f} % of the pixels are equal, {miou}"
        )


def split_photos(photos: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Which to calibrate on, and which to hold out: every fourth. `UsageError` for fewer than two."""
    if len(photos) < 2:
        raise UsageError(
            f"int8 needs at least 2 photographs, one to calibrate on and one held out; found {len(photos)}"
        )
    held = list(photos[::_HELD_OUT])
    return [path for path in photos if path not in set(held)][:MOST], held


def quantize_onnx(source: Path, target: Path, *, model: DescribedModel, photos: Iterator[Photo]) -> None:
    """Write the network of an ONNX file in 8-bit integers, its ranges those it has on the photographs.

    model: opened from that network, for what it makes of a photograph.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    inputs = _inputs(model, photos)

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # Any to mypy
        def get_next(self) -> dict[str, NDArray[Any]] | None:
            return next(inputs, None)

    try:
        with _quiet():
            quantize_static(
                str(source),
                str(target),
                Reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=_OPERATORS,
                per_channel=True,
                reduce_range=True,  # 7 bits for weights: without VNNI the sums of two products would overflow
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # onnx, protobuf and ONNX Runtime raise what they like
        raise ModelError(f"ONNX Runtime cannot quantise this network: {' '.join(str(error).split())[:300]}") from None


def int8_agreement(
    model: DescribedModel, other: DescribedModel, photos: Iterator[Photo], *, calibrated: int
) -> Int8Agreement:
    """How far `other` agrees with `model` on the photographs; on labels where it can, else on things."""
    task: Task = next(task for task in ("semantic", "panoptic", "instance") if task in model.tasks)
    shares: list[float] = []
    confusion: Confusion | None = None
    for photo in photos:
        one, two = (network.predict([photo], task)[0] for network in (model, other))
        shares.append(equal_pixels(one, two))
        found = confusion_of_maps(_indices(one), _indices(two), model.labels)
        confusion = found if confusion is None else confusion + found
    assert confusion is not None
    miou = score_semantic(confusion.counts()).miou
    return Int8Agreement(
        task=task, calibrated=calibrated, held_out=len(shares), equal=float(np.mean(shares)), miou=miou
    )


def _inputs(model: DescribedModel, photos: Iterator[Photo]) -> Iterator[dict[str, NDArray[Any]]]:
    tasks = model.tasks if model.description.task_input else model.tasks[:1]
    for photo in photos:
        for part in model.parts(model.to_input(photo)):
            for task in tasks:
                yield model.feed(part, task)


def _indices(result: Result) -> NDArray[np.int32]:
    return (instances_to_panoptic(result) if isinstance(result, Instances) else result).label_indices()


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime's quantiser gives its advice to the root logger."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)
