"""OpenVINO files (.xml with a .bin beside it). The description lies in the file's own runtime information.

Needs `pip install "segweave[openvino]"`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import MissingExtra, ModelError
from segweave.models.described import DescribedModel, Shape, described_model
from segweave.models.description import METADATA_KEY, ModelDescription

_EXTRA = 'pip install "segweave[openvino]"'


@dataclass(frozen=True, slots=True, eq=False)
class OpenvinoNetwork:
    """A `Network` that OpenVINO runs. compiled: a `CompiledModel`."""

    compiled: Any

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name."""
        return {
            # a port has the names of all that it became; its node keeps the one that it was exported with
            port.get_node().get_friendly_name(): tuple(
                side.get_length() if side.is_static else None for side in port.get_partial_shape()
            )
            for port in self.compiled.inputs
        }

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return tuple(name for port in self.compiled.outputs for name in sorted(port.get_names()))

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs. `ModelError` when it fails, `MemoryError` when memory runs out."""
        try:
            request = self.compiled.create_infer_request()
            found = request.infer(dict(inputs))
            return [np.array(found[name]) for name in names]
        except (RuntimeError, ValueError, TypeError) as error:
            said = " ".join(str(error).split())
            if "alloc" in said:
                raise MemoryError(said) from None
            shapes = ", ".join(str(value.shape) for value in inputs.values())
            raise ModelError(f"the network failed on an input of {shapes}: {said}") from None


def need_openvino() -> None:
    """`MissingExtra`, which names the extra, unless OpenVINO can be imported."""
    try:
        import openvino
    except ImportError as error:
        raise MissingExtra(f"OpenVINO files need the openvino extra ({error}): {_EXTRA}") from None
    del openvino


def open_openvino(path: str | Path, *, threads: int = 0) -> DescribedModel:
    """Open an OpenVINO file that carries a description. threads: for the network; 0 = all cores.

    `MissingExtra` without OpenVINO; `ModelError` when the file is not there, cannot be run, has no description, or
    does not fit it.
    """
    need_openvino()
    import openvino

    for needed in (Path(path), Path(path).with_suffix(".bin")):
        if not needed.is_file():
            raise ModelError(f"{needed}: there is no such file; an OpenVINO network is an .xml and a .bin beside it")
    # float32 whatever the processor would like better: the same answer everywhere
    wishes: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    if threads:
        wishes["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        model = core.read_model(str(path))
        text = model.get_rt_info(METADATA_KEY).astype(str) if model.has_rt_info(METADATA_KEY) else None
        compiled = core.compile_model(model, "CPU", wishes)
    except RuntimeError as error:
        raise ModelError(f"{path}: OpenVINO cannot run it: {' '.join(str(error).split())[:300]}") from None
    if text is None:
        raise ModelError(f"{path}: has no {METADATA_KEY!r} in its rt_info, so its labels are unknown")
    try:
        return described_model(OpenvinoNetwork(compiled), ModelDescription.from_json(text))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def write_openvino(source: Path, target: Path, description: ModelDescription) -> None:
    """An ONNX network as OpenVINO's .xml and .bin, in the precision that it has, with its description."""
    need_openvino()
    import openvino

    try:
        model = openvino.convert_model(str(source))
        model.set_rt_info(description.to_json(), METADATA_KEY)
        openvino.save_model(model, str(target), compress_to_fp16=False)
    except RuntimeError as error:
        raise ModelError(f"OpenVINO cannot convert this network: {' '.join(str(error).split())[:300]}") from None
