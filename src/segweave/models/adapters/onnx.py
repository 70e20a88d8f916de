"""ONNX files through ONNX Runtime. The file's own description says how to use it (`models/description.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError, did_you_mean
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.decode import softmax
from segweave.models.decoder import Outputs
from segweave.models.description import METADATA_KEY, ModelDescription
from segweave.models.preprocess import Size
from segweave.models.protocol import Result, Task

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WRITE_ONE = "segweave.models.describe_onnx(source, target, ModelDescription(labels=..., preprocess=..., decoder=...))"


@dataclass(frozen=True, slots=True, eq=False)
class OnnxModel:
    """A `SegmentationModel` made of an ONNX Runtime session and the description that was in the file.

    fixed_size: (height, width) when the network takes no other size.
    """

    session: "InferenceSession"
    description: ModelDescription
    fixed_size: Size | None

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.description.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What can be made of the network's outputs."""
        return self.description.decoder.tasks

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        if task not in self.tasks:
            raise UsageError(f"task {task!r} is not offered by this model; {did_you_mean(task, self.tasks)}")
        return [self.decode(self.run(self.to_input(image)), _size(image), task) for image in images]

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph: the softmax of its label logits (`ProbabilityModel`)."""
        found = []
        for image in images:
            logits = self.description.decoder.label_logits(self.run(self.to_input(image)), self.labels)
            found.append(softmax(logits).transpose(2, 0, 1))
        return found

    def at_scale(self, factor: float) -> "OnnxModel":
        """The same model, to whose network photographs are `factor` times as high and wide (`ScalableModel`)."""
        if self.fixed_size:
            raise UsageError(f"this network sees every photograph at {self.fixed_size} px (height, width)")
        scaled = self.description.preprocess.at_scale(factor)
        return replace(self, description=replace(self.description, preprocess=scaled))

    def to_input(self, image: Photo) -> NDArray[np.float32]:
        """(1, 3, h, w) float32: what the network sees of the photograph."""
        preprocess = self.description.preprocess
        return preprocess.to_input(image, self.fixed_size or preprocess.network_size(_size(image)))

    def run(self, network_input: NDArray[np.float32]) -> Outputs:
        """The network alone: its outputs by name."""
        names = list(self.description.decoder.outputs)
        try:
            found: list[Any] = self.session.run(names, {self.session.get_inputs()[0].name: network_input})
        except _onnxruntime_errors() as error:
            if "alloc" in str(error):
                raise MemoryError(_one_line(error)) from None
            raise ModelError(f"the network failed on an input of {network_input.shape}: {_one_line(error)}") from None
        return dict(zip(names, found, strict=True))

    def decode(self, outputs: Outputs, size: Size, task: Task) -> Result:
        """From the network's outputs to a result of `size` (height, width) px."""
        return self.description.decoder.decode(outputs, size=size, labels=self.labels, task=task)


def open_onnx(path: str | Path, *, threads: int = 0) -> OnnxModel:
    """Open an ONNX file that carries a description. threads: for the network; 0 = all cores.

    `ModelError` when the file is not there, is no ONNX model, has no description, or does not fit it.
    """
    import onnxruntime

    if not Path(path).is_file():
        raise ModelError(f"{path}: there is no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors only: the rest would be printed into other people's terminals
    # waiting threads sleep: spinning ones take the cores from those that read, draw and write other images
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _onnxruntime_errors() as error:
        raise ModelError(f"{path}: not an ONNX model that ONNX Runtime can run: {_one_line(error)}") from None
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(
            f"{path}: has no {METADATA_KEY!r} metadata, so its labels are unknown; add it with {WRITE_ONE}"
        )
    try:
        description = ModelDescription.from_json(text)
        return OnnxModel(session, description, _checked_input(session, description))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _checked_input(session: "InferenceSession", description: ModelDescription) -> Size | None:
    """The size the network insists on, if any; `ModelError` when inputs or outputs do not fit the description."""
    inputs = session.get_inputs()
    outputs = [output.name for output in session.get_outputs()]
    missing = [name for name in description.decoder.outputs if name not in outputs]
    if missing:
        raise ModelError(f"the description names the output {missing[0]!r}; the network has {', '.join(outputs)}")
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
        raise ModelError(f"the network must have one input, float32 (n, 3, height, width); found {found}")
    height, width = shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def _onnxruntime_errors() -> tuple[type[Exception], ...]:
    """Everything ONNX Runtime raises: a dozen kinds that share no base below Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return RuntimeError, ValueError, *kinds


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _size(image: Photo) -> Size:
    return image.shape[0], image.shape[1]
