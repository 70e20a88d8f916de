"""Image -> result: networks behind one protocol, decoded exactly, and the folder that predictions are written to."""

from segweave.models.decode import CenterRule
from segweave.models.decoder import CentersDecoder, LogitsDecoder
from segweave.models.description import ModelDescription, describe_onnx
from segweave.models.predict import Model, load_model
from segweave.models.preprocess import Preprocess
from segweave.models.protocol import TASKS, Result, SegmentationModel, Task
from segweave.models.zoo import ZOO, ModelCard

__all__ = [
    "TASKS",
    "ZOO",
    "CenterRule",
    "CentersDecoder",
    "LogitsDecoder",
    "Model",
    "ModelCard",
    "ModelDescription",
    "Preprocess",
    "Result",
    "SegmentationModel",
    "Task",
    "describe_onnx",
    "load_model",
]
