"""Image -> result: networks behind one protocol, decoded exactly, and the folder that predictions are written to."""

from segweave.models.answers import Boxes, Centers, Pixels, Queries, Sigmoids
from segweave.models.augmented import augmented
from segweave.models.confidence import ConfidenceMaps, confidence_maps
from segweave.models.decode import CenterRule
from segweave.models.decode_queries import QueryRule
from segweave.models.description import ModelDescription
from segweave.models.description_onnx import describe_onnx
from segweave.models.predict import Model, load_model
from segweave.models.preprocess import Frame, FramedPreprocess, Preprocess
from segweave.models.protocol import TASKS, ProbabilityModel, Result, SegmentationModel, Task
from segweave.models.tiles import tiled
from segweave.models.zoo import ZOO, ModelCard

__all__ = [
    "TASKS",
    "ZOO",
    "Boxes",
    "CenterRule",
    "Centers",
    "ConfidenceMaps",
    "Frame",
    "FramedPreprocess",
    "Model",
    "ModelCard",
    "ModelDescription",
    "Pixels",
    "Preprocess",
    "ProbabilityModel",
    "Queries",
    "QueryRule",
    "Result",
    "SegmentationModel",
    "Sigmoids",
    "Task",
    "augmented",
    "confidence_maps",
    "describe_onnx",
    "load_model",
    "tiled",
]
