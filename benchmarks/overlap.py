"""`overlap` and `contact` on Voronoi-like maps of 40 segments: compiled, numpy, and what people write first."""

import time

import numpy as np
from timing import race, show

from segweave import Segment, Segmentation, contact, label_set, overlap
from segweave.segmentation import assemble, overlap_numpy


def blobs(seed: int, height: int, width: int, n: int = 40) -> Segmentation:
    """Every pixel belongs to the nearest of n random points, on a grid of 4 px: runs as long as in real maps."""
    points = np.random.default_rng(seed).random((n, 2)) * (height, width)
    rows, columns = np.mgrid[0:height:4, 0:width:4]
    nearest = ((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2).argmin(axis=-1)
    ids = nearest.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
    return assemble(ids, [Segment(label=2)] * n, label_set("coco_panoptic"))


def by_unique(a: Segmentation, b: Segmentation) -> tuple[np.ndarray, np.ndarray]:
    """What the reference script of COCO panoptic does: sort all pixels."""
    return np.unique(a.ids.astype(np.uint64) * 256**3 + b.ids.astype(np.uint64), return_counts=True)


for height, width in ((480, 640), (1024, 2048)):
    a, b = blobs(1, height, width), blobs(2, height, width)
    assert np.array_equal(overlap(a, b), overlap_numpy(a, b))
    medians = race(
        {
            "overlap (compiled)": lambda a=a, b=b: overlap(a, b),
            "overlap_numpy": lambda a=a, b=b: overlap_numpy(a, b),
            "numpy.unique of joint ids": lambda a=a, b=b: by_unique(a, b),
            "contact": lambda a=a: contact(a),
            "Segmentation(...) with its checks": lambda a=a: Segmentation(a.ids, a.segments, a.labels),
        },
        clock=time.process_time,
    )
    show(f"{width} x {height}, one thread", medians, against="overlap (compiled)")
