"""Decoding takes memory for its answer, not for every label or query at the photograph's size."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from plain_decoding import upsampled
from segweave.labels import Label, LabelSet
from segweave.models.decode_queries import decode_queries_instances, decode_queries_panoptic, decode_queries_semantic
from segweave.models.upsample import score_maps, upsampled_argmax

N, GRID, SIZE = 60, (16, 24), (512, 768)
LABELS = LabelSet("many", tuple(Label(name=f"label {k}", is_thing=k % 2 == 0) for k in range(N)))
MAPS = (upsampled(np.random.default_rng(0).normal(size=(N, 4, 6)), GRID) * 8).astype(np.float32)
QUERIES = {"class_logits": np.eye(N, N + 1, dtype=np.float32) * 20, "mask_logits": MAPS, "size": SIZE, "labels": LABELS}


@pytest.mark.parametrize(
    "decode",
    [
        lambda: upsampled_argmax(MAPS, SIZE),
        lambda: score_maps(MAPS, SIZE),
        lambda: decode_queries_panoptic(**QUERIES),
        lambda: decode_queries_instances(**QUERIES),
        lambda: decode_queries_semantic(**QUERIES),
    ],
    ids=["argmax", "score maps", "panoptic", "instances", "semantic"],
)
def test_the_peak_is_a_fraction_of_all_maps_at_full_size(decode: Callable[[], object]) -> None:
    decode()  # compiles
    tracemalloc.start()
    decode()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < N * SIZE[0] * SIZE[1] * 4 / 8  # 7.5 numbers a pixel; the plain way keeps 60 and more
