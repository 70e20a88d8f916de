"""Tiny ONNX networks whose answers can be worked out by hand."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from segweave.labels import Label, LabelSet
from segweave.models import (
    Centers,
    Frame,
    FramedPreprocess,
    ModelDescription,
    Pixels,
    Preprocess,
    Queries,
    describe_onnx,
)

PETS = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
SURE = 9.0
CLASSES = [[SURE, 0, 0], [0, SURE, 0], [0, 0, SURE]]  # red is a cat, green is grass, blue is nothing
CATS = [[SURE, 0, 0], [SURE, 0, 0], [0, 0, SURE]]
QUERIES = Queries(classes="classes", masks="masks")
# the network sees -9 (black) to 9 (full), and 8 rows and 8 columns, the rest of them 0
FRAMED = FramedPreprocess(frame=Frame(pad_to=(8, 8)), mean=(127.5,) * 3, std=(127.5 / 9,) * 3)
FLAG = np.repeat(np.array([[[255, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8), 2, axis=0)  # 2 x 4 px


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


def query_network(path: Path, classes: list[list[float]], *, when_instance: list[list[float]] | None = None) -> Path:
    """Mask queries: the masks are the image's three channels, the class logits stand here.

    when_instance: the class logits when the input `task` asks for instances, whose fifth token is 34572.
    """
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])
    q, columns = len(classes), len(classes[0])
    found = helper.make_tensor_value_info("classes", TensorProto.FLOAT, [1, q, columns])
    masks = helper.make_tensor_value_info("masks", TensorProto.FLOAT, [1, 3, "h", "w"])
    constants = [_floats("plain", [1, q, columns], _flat(classes))]
    nodes = [helper.make_node("Identity", ["image"], ["masks"])]
    inputs = [image]
    if when_instance is None:
        nodes.append(helper.make_node("Identity", ["plain"], ["classes"]))
    else:
        inputs.append(helper.make_tensor_value_info("task", TensorProto.FLOAT, [1, 77]))
        constants += [_floats("asked", [1, q, columns], _flat(when_instance)), _floats("instance", [1], [34572])]
        constants.append(helper.make_tensor("fifth", TensorProto.INT64, [1], [4]))
        nodes += [
            helper.make_node("Gather", ["task", "fifth"], ["word"], axis=1),
            helper.make_node("Equal", ["word", "instance"], ["is_instance"]),
            helper.make_node("Where", ["is_instance", "asked", "plain"], ["classes"]),
        ]
    return _save(path, helper.make_graph(nodes, "queries", inputs, [found, masks], constants))


def box_network(path: Path, *, columns: list[int]) -> Path:
    """Boxes: the left half of what is shown, for each of the columns, with a full mask; scores 0.9, 0.8, ..."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])
    shown = helper.make_tensor_value_info("shown", TensorProto.INT64, [2])
    k = len(columns)
    shapes = {"boxes": [1, k, 4], "scores": [1, k], "labels": [1, k], "masks": [1, k, 28, 28]}
    kinds = {name: TensorProto.INT64 if name == "labels" else TensorProto.FLOAT for name in shapes}
    outputs = [helper.make_tensor_value_info(name, kinds[name], shape) for name, shape in shapes.items()]
    constants = [
        _floats("edges", [2, 4], [0, 0, 0, 1, 0, 0, 0.5, 0]),  # (height, width) @ this = left, top, right, bottom
        _floats("given_scores", [1, k], [0.9 - 0.1 * n for n in range(k)]),
        helper.make_tensor("given_labels", TensorProto.INT64, [1, k], columns),
        _floats("given_masks", [1, k, 28, 28], [1.0] * (k * 28 * 28)),
        helper.make_tensor("shape", TensorProto.INT64, [3], [1, 1, 4]),
        helper.make_tensor("repeats", TensorProto.INT64, [3], [1, k, 1]),
        helper.make_tensor("row", TensorProto.INT64, [2], [1, 2]),
    ]
    nodes = [
        helper.make_node("Cast", ["shown"], ["size"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["size", "row"], ["sizes"]),
        helper.make_node("MatMul", ["sizes", "edges"], ["box"]),
        helper.make_node("Reshape", ["box", "shape"], ["one"]),
        helper.make_node("Tile", ["one", "repeats"], ["boxes"]),
        helper.make_node("Identity", ["given_scores"], ["scores"]),
        helper.make_node("Identity", ["given_labels"], ["labels"]),
        helper.make_node("Identity", ["given_masks"], ["masks"]),
    ]
    return _save(path, helper.make_graph(nodes, "boxes", [image, shown], outputs, constants))


def _flat(rows: list[list[float]]) -> list[float]:
    return [value for row in rows for value in row]


def _floats(name: str, shape: list[int], values: list[float]) -> TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, shape, values)


def _save(path: Path, graph: onnx.GraphProto) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
