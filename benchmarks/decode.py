"""Decoding alone, one thread: maps of `street` for a photograph, label logits and mask queries at 2048 x 1024.

Peers: torch and transformers, where they are installed (`pip install -e ".[torch]"`).
"""

import os

os.environ |= {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

from collections.abc import Callable, Mapping

import numpy as np
from decode_peers import torch_argmax, torch_panoptic, transformers_panoptic
from decode_scenes import label_logits, query_logits
from peak_memory import peak_megabytes
from photo import street_photo
from scipy.ndimage import map_coordinates
from timing import race, show

from segweave import label_set
from segweave.models import ZOO
from segweave.models.adapters.onnx import open_onnx
from segweave.models.decode import decode_logits
from segweave.models.decode_queries import decode_queries_instances, decode_queries_panoptic, decode_queries_semantic
from segweave.models.described import DescribedModel
from segweave.models.preprocess import resized
from segweave.models.upsample import score_maps, upsampled_argmax
from segweave.models.weights import asset_path

SIZE = (1024, 2048)
Calls = Mapping[str, Callable[[], object]]


def interpolate_then_argmax(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What people write first: all maps at full size, then the argmax."""
    rows, columns = ((np.arange(n) + 0.5) * m / n - 0.5 for n, m in zip(size, logits.shape[1:], strict=True))
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.stack([map_coordinates(m, grid, order=1, mode="nearest") for m in logits]).argmax(axis=0)


def street(network: DescribedModel, photo: np.ndarray, size: tuple[int, int]) -> None:
    """Print what decoding `street`'s answer to `size` costs."""
    seen = network.to_input(resized(photo, size))
    outputs = network.run(seen, "panoptic")
    logits = outputs["semantic"]
    differ = (upsampled_argmax(logits, size) != interpolate_then_argmax(logits, size)).mean()
    print(f"labels that differ from interpolate + argmax: {differ:.1e} of the pixels")
    medians = race(
        {
            "argmax by cells": lambda: upsampled_argmax(logits, size),
            "interpolate, then argmax (scipy)": lambda: interpolate_then_argmax(logits, size),
            "semantic result": lambda: network.decode(outputs, seen, size=size, task="semantic"),
            "panoptic result": lambda: network.decode(outputs, seen, size=size, task="panoptic"),
            "instance result": lambda: network.decode(outputs, seen, size=size, task="instance"),
        },
        rounds=7,
    )
    show(f"street, {size[1]} x {size[0]}", medians, against="argmax by cells")


def with_memory(title: str, calls: Calls, *, against: str) -> None:
    """Print times and ratios, then how much memory each call takes at most."""
    show(title, race(calls, rounds=7), against=against)
    peaks = {name: peak_megabytes(call) for name, call in calls.items()}
    print(f"{'':34}{'MB at most':>10}{'times ' + against:>24}")
    for name, peak in peaks.items():
        if peak is None or not peaks[against]:
            print(f"{name:34}  not measured: this system does not say")
        else:
            print(f"{name:34}{peak:10.1f}{peak / peaks[against]:24.2f}")


def semantic() -> None:
    """19 labels, 128 x 256 cells."""
    logits, labels = label_logits(19, (128, 256)), label_set("cityscapes")
    calls: dict[str, Callable[[], object]] = {
        "argmax by cells": lambda: upsampled_argmax(logits, SIZE),
        "semantic result, with scores": lambda: decode_logits(logits, SIZE, labels),
        "winner, probability and entropy": lambda: score_maps(logits, SIZE),
    }
    peer = torch_argmax()
    if peer is None:
        print("torch: not installed")
    else:
        calls["interpolate + argmax (torch)"] = lambda: peer(logits, SIZE)
        differ = (peer(logits, SIZE) != upsampled_argmax(logits, SIZE)).mean()
        print(f"labels that differ from torch's: {differ:.1e} of the pixels")
    with_memory("19 labels, 256 x 128 to 2048 x 1024", calls, against="argmax by cells")


def queries() -> None:
    """100 queries, 133 labels and none, 256 x 512 cells."""
    labels = label_set("coco_panoptic")
    answer = query_logits(100, len(labels), (256, 512))
    calls: dict[str, Callable[[], object]] = {
        "panoptic result": lambda: decode_queries_panoptic(*answer, size=SIZE, labels=labels),
        "instance result": lambda: decode_queries_instances(*answer, size=SIZE, labels=labels),
        "semantic result": lambda: decode_queries_semantic(*answer, size=SIZE, labels=labels),
    }
    for name, peer in (("papers' order (torch)", torch_panoptic()), ("transformers", transformers_panoptic())):
        if peer is None:
            print(f"{name}: not installed")
        else:
            calls[f"{name}, panoptic"] = lambda peer=peer: peer(*answer, SIZE, labels)
            if "torch" in name:
                ids = decode_queries_panoptic(*answer, size=SIZE, labels=labels).ids
                print(f"ids that differ from torch's: {(peer(*answer, SIZE, labels) != ids).mean():.1e} of the pixels")
    with_memory("100 queries x 134, 512 x 256 to 2048 x 1024", calls, against="panoptic result")


for size in ((360, 480), (1080, 1920)):
    street(open_onnx(asset_path(ZOO[0]), threads=1), street_photo(), size)
semantic()
queries()
