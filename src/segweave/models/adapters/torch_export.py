"""Models of torch made ready to leave it: the network as a module of plain tensors, all else as a description."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError
from segweave.models.adapters.pixels import PixelModel
from segweave.models.adapters.torch_network import run_torch
from segweave.models.adapters.torchvision import ANSWER, BoxModel
from segweave.models.adapters.transformers import TransformersModel
from segweave.models.answers import Boxes
from segweave.models.described import DescribedModel, Shape
from segweave.models.description import METADATA_KEY, ModelDescription
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import Frame, FramedPreprocess, Size
from segweave.models.protocol import SegmentationModel
from segweave.models.task_tokens import task_tokens
from segweave.models.windows import Windows

IMAGE, QUESTION, SHOWN = "image", "task", "shown"
"""Names of the inputs of what is exported."""
_ORDINARY = (428, 640)  # px, a photograph

TorchModel = TransformersModel | PixelModel | BoxModel


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TorchExport:
    """A model of torch that can be written.

    module: what is traced. fixed: (height, width) px, the only size that its file will take; None: any.
    """

    model: TorchModel
    module: Any
    description: ModelDescription
    fixed: Size | None

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name (`Network`)."""
        sides: Size | tuple[None, None] = self.fixed or (None, None)
        shapes: dict[str, Shape] = {IMAGE: (1, 3, *sides)}
        if self.description.task_input:
            shapes[QUESTION] = tuple(task_tokens("semantic").shape)
        if self.description.shown_input:
            shapes[SHOWN] = (2,)
        return shapes

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives (`Network`)."""
        return self.description.decoder.outputs

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs, computed by torch (`Network`)."""
        return _run_module(self.module, [inputs[name] for name in self.inputs], self.outputs, names)

    def write_onnx(self, path: Path) -> None:
        """The network alone as an ONNX file; `ModelError` says what torch's exporter cannot write."""
        from segweave.models.adapters.tracing import write_onnx

        with _said_in_one_line("ONNX"):
            write_onnx(self._traceable(), path)

    def write_torchscript(self, path: Path) -> None:
        """The network as TorchScript with its description in it, in an extra file `segweave`."""
        from segweave.models.adapters.tracing import write_torchscript

        with _said_in_one_line("TorchScript"):
            write_torchscript(self._traceable(), path, extra={METADATA_KEY: self.description.to_json()})

    def _traceable(self) -> Any:
        import torch

        from segweave.models.adapters.tracing import Traceable

        height, width = self.fixed or _example_size(self.model.preprocess.frame)
        examples = {
            IMAGE: np.random.default_rng(0).normal(size=(1, 3, height, width)).astype(np.float32),
            QUESTION: task_tokens("panoptic"),
            SHOWN: np.array([height - 8, width - 5], np.int64),
        }
        boxes = isinstance(self.description.decoder, Boxes)
        return Traceable(
            module=self.module,
            examples=tuple(torch.from_numpy(examples[name]) for name in self.inputs),
            inputs=tuple(self.inputs),
            outputs=self.outputs,
            free=self.fixed is None,
            maps=() if boxes else self.outputs[-1:],
            compiles=boxes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TorchScriptNetwork:
    """A `Network` that was read back from a TorchScript file that we have just written."""

    module: Any
    export: TorchExport

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """Shape of each input by name."""
        return self.export.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it gives."""
        return self.export.outputs

    def run(self, inputs: Mapping[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
        """The named outputs."""
        return _run_module(self.module, [inputs[name] for name in self.inputs], self.outputs, names)


def read_torchscript(path: Path, export: TorchExport) -> TorchScriptNetwork:
    """What `export` has just written. Files of others may run anything and are not opened."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated, which whoever asks for it knows
        return TorchScriptNetwork(torch.jit.load(str(path)), export)


def possible_exports(model: SegmentationModel, *, side: int | None = None) -> tuple[TorchExport, ...]:
    """Ways to export a model, the best one first: for images of any size, or for the one size that it sees.

    side: for squares of this many px alone, photographs scaled to fit and padded. `UsageError` for a model that is not
    of torch.
    """
    if isinstance(model, DescribedModel):
        raise UsageError("this model is a file that runs without torch already; there is nothing to export")
    if not isinstance(model, TransformersModel | PixelModel | BoxModel):
        raise UsageError(
            "networks of transformers, torchvision and segmentation_models_pytorch can be exported; this model is a"
            f" {type(model).__name__}"
        )
    if side is not None:
        if _is_fixed(model):
            raise UsageError(f"this network takes one size alone, {_one_size(model.preprocess)}; leave the side out")
        return (_export(_squared(model, side), (side, side)),)
    windows = model.windows if isinstance(model, TransformersModel) else None
    one = (windows.side, windows.side) if windows else _one_size(model.preprocess)
    if _is_fixed(model):
        return (_export(model, one),)
    frame = model.preprocess.frame
    square = frame.longest or (2 * frame.shortest if frame.shortest else None)
    if one is None and square is not None:
        square = -(-square // 64) * 64  # what the deepest maps of every network known here divide
        return _export(model, None), _export(_squared(model, square), (square, square))
    return (_export(model, None), _export(model, one)) if one else (_export(model, None),)


def _is_fixed(model: TorchModel) -> bool:
    if isinstance(model, TransformersModel):
        return model.family.fixed
    return isinstance(model, PixelModel) and model.fixed


def _one_size(preprocess: FramedPreprocess) -> Size | None:
    """(height, width) px of the input, when it is the same for every photograph."""
    frame = preprocess.frame
    whole = frame.exact is not None and not frame.keep_aspect
    padded = frame.pad_to is not None and frame.longest is not None and frame.longest <= min(frame.pad_to)
    return frame.padded(frame.scaled((64, 64))) if whole or padded else None


def _squared(model: TorchModel, side: int) -> TorchModel:
    """The same model whose photographs are made to fit into a square, and padded to it."""
    frame = model.preprocess.frame
    shortest = min(frame.shortest, side) if frame.shortest else None
    square = Frame(shortest=shortest, longest=side, pad_to=(side, side))
    return replace(model, preprocess=replace(model.preprocess, frame=square))


def _export(model: TorchModel, fixed: Size | None) -> TorchExport:
    from segweave.models.adapters import torch_modules

    module: Any
    if isinstance(model, TransformersModel):
        answer, asks = model.family.answer, model.family.asks
        module = torch_modules.QueriesOrPixels(model.network, answer.outputs, asks=asks)
        described = _described(model, answer, windows=model.windows, question=QUESTION if asks else None)
    elif isinstance(model, PixelModel):
        module = torch_modules.PixelLogits(model.network, model.logits)
        described = _described(model, model.answer)
    else:
        module = torch_modules.BoxParts(model.network)
        described = _described(model, ANSWER, shown=SHOWN)
    return TorchExport(model=model, module=module.eval(), description=described, fixed=fixed)


def _described(
    model: TorchModel,
    answer: Any,
    *,
    windows: Windows | None = None,
    question: str | None = None,
    shown: str | None = None,
) -> ModelDescription:
    known: NetworkLabels = model.known
    return ModelDescription(
        labels=known.labels,
        preprocess=model.preprocess,
        decoder=answer,
        columns=None if known.in_order else known.columns,
        voids=known.voids,
        windows=windows,
        task_input=question,
        shown_input=shown,
    )


def _example_size(frame: Frame) -> Size:
    """As an ordinary photograph is seen: where a network does something else for small ones, a trace holds one way."""
    return frame.padded(frame.scaled(_ORDINARY))


def _run_module(
    module: Any, inputs: Sequence[NDArray[Any]], outputs: Sequence[str], names: Sequence[str]
) -> list[NDArray[Any]]:
    import torch

    rest = [torch.from_numpy(value) for value in inputs[1:]]
    found = run_torch(lambda values: module(values, *rest), inputs[0], threads=0)
    by_name = dict(zip(outputs, found, strict=True))
    return [by_name[name].numpy() for name in names]


@contextmanager
def _said_in_one_line(what: str) -> Iterator[None]:
    """What torch's exporters raise, and print, as one `ModelError`."""
    from segweave.models.adapters.transformers_network import quietly

    try:
        with quietly(), redirect_stdout(StringIO()):
            yield
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # exporters raise anything
        said = " ".join(str(error).split())
        raise ModelError(f"torch cannot write this network as {what}: {said[:300]}") from None
