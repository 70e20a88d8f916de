"""Image -> result: networks behind one protocol, decoded exactly, and the folder that predictions are written to."""

from segweave.models.augmented import augmented
from segweave.models.confidence import ConfidenceMaps, confidence_maps
from segweave.models.decode import CenterRule
from segweave.models.decoder import CentersDecoder, LogitsDecoder
from segweave.models.description import ModelDescription, describe_onnx
from segweave.models.predict import Model, load_model
from segweave.models.preprocess import Preprocess
from segweave.models.protocol import TASKS, ProbabilityModel, Result, SegmentationModel, Task
from segweave.models.tiles import tiled
from segweave.models.zoo import ZOO, ModelCard

__all__ = [
    "TASKS",
    "ZOO",
    "CenterRule",
    "CentersDecoder",
    "ConfidenceMaps",
    "LogitsDecoder",
    "Model",
    "ModelCard",
    "ModelDescription",
    "Preprocess",
    "ProbabilityModel",
    "Result",
    "SegmentationModel",
    "Task",
    "augmented",
    "confidence_maps",
    "describe_onnx",
    "load_model",
    "tiled",
]
