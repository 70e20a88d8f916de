"""ONNX files through ONNX Runtime. The file's own description says how to use it (`models/description.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from segweave.errors import ModelError
from segweave.models.described import DescribedModel, Shape, described_model
from segweave.models.description import METADATA_KEY, ModelDescription

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WRITE_ONE = "segweave.models.describe_onnx(source, target, ModelDescription(labels=..., preprocess=..., decoder=...))"


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNetwork:
    """A `Network` that ONNX Runtime runs."""

    session: "InferenceSession"

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name."""
        return {
            node.name: tuple(side if isinstance(side, int) else None for side in node.shape)
            for node in self.session.get_inputs()
        }

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return tuple(node.name for node in self.session.get_outputs())

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs. `ModelError` when it fails, `MemoryError` when memory runs out."""
        try:
            found: list[NDArray[Any]] = self.session.run(list(names), dict(inputs))
        except _onnxruntime_errors() as error:
            if "alloc" in str(error):
                raise MemoryError(_one_line(error)) from None
            shapes = ", ".join(str(value.shape) for value in inputs.values())
            raise ModelError(f"the network failed on an input of {shapes}: {_one_line(error)}") from None
        return found


def open_onnx(path: str | Path, *, threads: int = 0) -> DescribedModel:
    """Open an ONNX file that carries a description. threads: for the network; 0 = all cores.

    `ModelError` when the file is not there, is no ONNX model, has no description, or does not fit it.
    """
    session = _session(path, threads)
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(
            f"{path}: has no {METADATA_KEY!r} metadata, so its labels are unknown; add it with {WRITE_ONE}"
        )
    try:
        return described_model(OnnxNetwork(session), ModelDescription.from_json(text))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _session(path: str | Path, threads: int) -> "InferenceSession":
    import onnxruntime

    if not Path(path).is_file():
        raise ModelError(f"{path}: there is no such file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised; they need not be printed into other people's terminals too
    # waiting threads sleep: spinning ones take the cores from those that read, draw and write other images
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _onnxruntime_errors() as error:
        raise ModelError(f"{path}: not an ONNX model that ONNX Runtime can run: {_one_line(error)}") from None


def _onnxruntime_errors() -> tuple[type[Exception], ...]:
    """Everything ONNX Runtime raises: a dozen kinds that share no base below Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return RuntimeError, ValueError, *kinds


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
