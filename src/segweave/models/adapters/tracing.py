"""Networks of torch written as they run: traced once, as TorchScript or as an ONNX graph.

A trace follows tensors, not Python's numbers. What loses a size of the image on the way, or has no counterpart in
ONNX, is replaced by the same computation in plain tensors while a trace is made (`traceable`).
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_MOBILENET = "transformers.models.mobilenet_v2.modeling_mobilenet_v2"
_SWINS = (  # module, how its classes begin: their `maybe_pad` asks sizes whether to fill up, which a trace sees once
    ("transformers.models.swin.modeling_swin", "Swin"),
    ("transformers.models.maskformer.modeling_maskformer_swin", "MaskFormerSwin"),
    ("transformers.models.swinv2.modeling_swinv2", "Swinv2"),
)
OPSET = 18  # of ONNX: the first with all that grid_sample and its kin need, and known to every current runtime


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Traceable:
    """A module with what a trace needs: inputs to run it with, the names of inputs and outputs.

    free: may height and width of the image, the first input, be any? maps: outputs whose last two sides follow them.
    compiles: torch compiles parts of it from their source, and there only its own functions will do.
    """

    module: torch.nn.Module
    examples: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    free: bool
    maps: tuple[str, ...]
    compiles: bool = False


def write_onnx(network: Traceable, path: Path) -> None:
    """The network as an ONNX file, its weights inside."""
    free = {network.inputs[0]: {2: "height", 3: "width"}}
    free |= {name: {2: f"{name}_height", 3: f"{name}_width"} for name in network.maps}
    free |= {name: {1: "found"} for name in network.outputs if name not in network.maps and len(network.outputs) > 2}
    with traceable(compiles=network.compiles):
        torch.onnx.export(
            network.module,
            network.examples,
            str(path),
            dynamo=False,  # the newer exporter takes 20 times as long and refuses OneFormer (torch 2.14)
            opset_version=OPSET,
            input_names=list(network.inputs),
            output_names=list(network.outputs),
            dynamic_axes=free if network.free else None,
        )


def write_torchscript(network: Traceable, path: Path, *, extra: dict[str, str]) -> None:
    """The network as a TorchScript file. extra: text by name, kept in it."""
    with traceable(compiles=network.compiles):
        traced = torch.jit.trace(network.module, network.examples, check_trace=False, strict=False)
    torch.jit.save(traced, str(path), _extra_files={name: text.encode() for name, text in extra.items()})


@contextmanager
def traceable(*, compiles: bool = False) -> Iterator[None]:
    """Traces made inside keep sizes as tensors, and what they call has a counterpart in ONNX. compiles: leave it."""
    places: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (torch, "tensor", _tensor(torch.tensor)),
        (torch, "as_tensor", _tensor(torch.as_tensor)),
        (functional, "adaptive_avg_pool2d", _mean_of_parts),
        (functional, "unfold", _unfold(functional.unfold)),
        (functional, "fold", _fold(functional.fold)),
        *((module, "apply_tf_padding", _same_padding) for module in (sys.modules.get(_MOBILENET),) if module),
        *((layer, "maybe_pad", _always_cut(layer.maybe_pad)) for layer in _swins("Layer")),
        *((merging, "maybe_pad", _filled_to_even) for merging in _swins("PatchMerging")),
    )
    places = () if compiles else places
    before = [getattr(module, name) for module, name, _ in places]
    for module, name, instead in places:
        setattr(module, name, instead)
    try:
        with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
            warnings.simplefilter("ignore")  # of the tracer, about every number; what comes out is compared
            yield
    finally:
        for (module, name, _), was in zip(places, before, strict=True):
            setattr(module, name, was)


def _tensor(real: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`torch.tensor` that keeps the tensors in nested lists: sizes of a traced image are some."""

    def made(data: Any, *args: Any, **options: Any) -> Tensor:
        if isinstance(data, list | tuple) and _holds_tensors(data):
            return _stacked(data, real).to(**options)
        return real(data, *args, **options)

    return made


def _holds_tensors(data: Any) -> bool:
    return isinstance(data, Tensor) or (isinstance(data, list | tuple) and any(map(_holds_tensors, data)))


def _stacked(data: Any, real: Callable[..., Tensor]) -> Tensor:
    if isinstance(data, Tensor):
        return data
    return torch.stack([_stacked(part, real) for part in data]) if isinstance(data, list | tuple) else real(data)


def _mean_of_parts(maps: Tensor, output_size: int | Sequence[int | None]) -> Tensor:
    """`adaptive_avg_pool2d` as two products of matrices, for parts of any size."""
    wanted = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
    rows, columns = (maps.shape[2 + k] if side is None else side for k, side in enumerate(wanted))
    if (rows, columns) == (1, 1):
        return maps.mean((2, 3), keepdim=True)
    return _shares(maps.shape[2], rows, maps) @ maps @ _shares(maps.shape[3], columns, maps).T


def _shares(length: int, parts: int, like: Tensor) -> Tensor:
    """(parts, length): what each place along a side adds to the mean of each part."""
    part, place = torch.arange(parts)[:, None], torch.arange(length)
    first = (part * length).div(parts, rounding_mode="floor")
    last = ((part + 1) * length + parts - 1).div(parts, rounding_mode="floor")
    inside = ((place >= first) & (place < last)).to(like.dtype)
    return inside / inside.sum(1, keepdim=True)


def _unfold(real: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`unfold` into patches beside each other as a reshape."""

    def _unfolded(maps: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
        if not _beside(kernel_size, dilation, padding, stride):
            return real(maps, kernel_size, dilation, padding, stride)
        (p, q), (n, channels, height, width) = kernel_size, maps.shape
        whole = maps[:, :, : height // p * p, : width // q * q]
        cut = whole.reshape(n, channels, height // p, p, width // q, q)
        return cut.permute(0, 1, 3, 5, 2, 4).reshape(n, channels * p * q, -1)

    return _unfolded


def _fold(real: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`fold` of patches beside each other as a reshape; what no patch reaches is 0."""

    def _folded(
        patches: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> Tensor:
        if not _beside(kernel_size, dilation, padding, stride):
            return real(patches, output_size, kernel_size, dilation, padding, stride)
        (p, q), (height, width), n = kernel_size, output_size, patches.shape[0]
        rows, columns = height // p, width // q
        cut = patches.reshape(n, patches.shape[1] // (p * q), p, q, rows, columns)
        whole = cut.permute(0, 1, 4, 2, 5, 3).reshape(n, patches.shape[1] // (p * q), rows * p, columns * q)
        return functional.pad(whole, (0, width - columns * q, 0, height - rows * p))

    return _folded


def _same_padding(maps: Tensor, layer: torch.nn.Conv2d) -> Tensor:
    """TensorFlow's padding "SAME" of MobileNetV2, without asking a size what it is."""
    padding: list[Any] = []
    for side in (1, 0):  # columns first, as `pad` wants them
        kernel, stride, dilation = layer.kernel_size[side], layer.stride[side], layer.dilation[side]
        # kernel - stride, and what is missing to the next multiple of the stride; kernels are as long as strides
        along = max(kernel - stride, 0) + (-maps.shape[2 + side] % stride if stride > 1 else 0)
        before = along // 2
        padding += [before * dilation, (along - before) * dilation]
    return functional.pad(maps, padding)


def _swins(part: str) -> Iterator[Any]:
    """The classes of a part of Swin, of those that are loaded."""
    for name, begins in _SWINS:
        if hasattr(sys.modules.get(name), begins + part):
            yield getattr(sys.modules[name], begins + part)


def _filled_to_even(merging: Any, maps: Tensor, height: Any, width: Any) -> Tensor:
    """Swin's padding to whole pairs of rows and columns (n, h, w, channels), of 0 px where they are whole."""
    return functional.pad(maps, (0, 0, 0, width % 2, 0, height % 2))


def _always_cut(real: Callable[..., Any]) -> Callable[..., Any]:
    """Swin's padding to whole windows, said to be there even where it is 0 px: it is cut off again only where it is
    said to be, and a trace keeps what it has seen. Cutting off 0 px changes nothing."""

    def _padded(layer: Any, maps: Tensor, height: Any, width: Any) -> tuple[Tensor, tuple[int, ...]]:
        filled, sides = real(layer, maps, height, width)
        return filled, (1,) * len(sides)

    return _padded


def _beside(kernel: Any, dilation: Any, padding: Any, stride: Any) -> bool:
    """Patches that touch and do not overlap."""
    return isinstance(kernel, tuple) and kernel == stride and dilation in (1, (1, 1)) and padding in (0, (0, 0))
