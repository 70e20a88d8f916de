"""Decoding alone, on the maps that `street` gives for a photograph: exact and without full-resolution logits."""

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import numpy as np
from photo import street_photo
from scipy.ndimage import map_coordinates
from timing import race, show

from segweave.models import ZOO
from segweave.models.adapters.onnx import OnnxModel, open_onnx
from segweave.models.decode import upsampled_argmax
from segweave.models.preprocess import resized
from segweave.models.weights import asset_path


def interpolate_then_argmax(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What people write first: all maps at full size, then the argmax."""
    rows, columns = ((np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(size, logits.shape[1:], strict=True))
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.stack([map_coordinates(m, grid, order=1, mode="nearest") for m in logits]).argmax(axis=0)


def measure(network: OnnxModel, photo: np.ndarray, size: tuple[int, int]) -> None:
    """Print what decoding to `size` costs."""
    outputs = network.run(network.to_input(resized(photo, size)))
    logits = outputs["semantic"][0]
    differ = (upsampled_argmax(logits, size) != interpolate_then_argmax(logits, size)).mean()
    print(f"labels that differ from interpolate + argmax: {differ:.1e} of the pixels")
    medians = race(
        {
            "argmax of upsampled logits": lambda: upsampled_argmax(logits, size),
            "interpolate, then argmax": lambda: interpolate_then_argmax(logits, size),
            "semantic result": lambda: network.decode(outputs, size, "semantic"),
            "panoptic result": lambda: network.decode(outputs, size, "panoptic"),
            "instance result": lambda: network.decode(outputs, size, "instance"),
        },
        rounds=7,
    )
    show(f"{size[1]} x {size[0]}, one thread", medians, against="argmax of upsampled logits")


for size in ((360, 480), (1080, 1920)):
    measure(open_onnx(asset_path(ZOO[0]), threads=1), street_photo(), size)
