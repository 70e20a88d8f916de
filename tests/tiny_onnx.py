"""Tiny ONNX networks whose answers can be worked out by hand."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from segweave.labels import LabelSet
from segweave.models import Centers, Pixels, ModelDescription, Preprocess, describe_onnx


def channel_network(path: Path, *, sides: tuple[int | str, int | str] = ("h", "w"), channels: int = 3) -> Path:
    """Logits = the input's first channels: label 0 where red is largest, 1 for green, 2 for blue."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, *sides])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", channels, *sides])
    if channels == 3:
        nodes, constants = [helper.make_node("Identity", ["image"], ["logits"])], []
    else:
        axis = [
            helper.make_tensor(name, TensorProto.INT64, [1], [k]) for name, k in (("a", 0), ("b", channels), ("c", 1))
        ]
        nodes, constants = [helper.make_node("Slice", ["image", "a", "b", "c"], ["logits"])], axis
    return _save(path, helper.make_graph(nodes, "channels", [image], [logits], constants))


def failing_network(path: Path) -> Path:
    """A valid network that fails on every input that has not 1 x 3 x 7 x 11 values."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3, "h2", "w2"])
    shape = helper.make_tensor("shape", TensorProto.INT64, [4], [1, 3, 7, 11])
    nodes = [helper.make_node("Reshape", ["image", "shape"], ["logits"])]
    return _save(path, helper.make_graph(nodes, "failing", [image], [logits], [shape]))


def describe_channels(source: Path, target: Path, labels: LabelSet, *, pixels: int = 64, multiple: int = 1) -> Path:
    """Add the description that makes `channel_network` a model."""
    preprocess = Preprocess(pixels=pixels, multiple=multiple)
    describe_onnx(
        source, target, ModelDescription(labels=labels, preprocess=preprocess, decoder=Pixels(logits="logits"))
    )
    return target


def describe_centers(source: Path, target: Path, labels: LabelSet) -> Path:
    """A description whose outputs `channel_network` does not have."""
    preprocess = Preprocess(pixels=64)
    describe_onnx(source, target, ModelDescription(labels=labels, preprocess=preprocess, decoder=Centers()))
    return target


def _save(path: Path, graph: onnx.GraphProto) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
