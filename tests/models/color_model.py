"""A model that reads the answer off the colours: what it says of a pixel depends on that pixel alone."""

from collections.abc import Sequence

import numpy as np

from scenes import SOME_LABELS
from segweave.formats import Photo
from segweave.models import TASKS, Result, Task
from segweave.segmentation import Segment, Segmentation, assemble, panoptic_to_instances, panoptic_to_semantic

VOID = 255


def painted(seg: Segmentation) -> Photo:
    """A photograph whose red is each pixel's label, whose green and blue are the number of its segment."""
    indices = seg.label_indices()
    return np.stack([np.where(indices < 0, VOID, indices), seg.ids & 255, seg.ids >> 8], axis=2).astype(np.uint8)


class ColorModel:
    """Reads `painted` photographs; remembers how large those were that it has seen, and how many came at once."""

    labels = SOME_LABELS
    tasks = TASKS

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.batches: list[int] = []

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        self.batches.append(len(images))
        return [self._one(image, task) for image in images]

    def _one(self, image: Photo, task: Task) -> Result:
        self.sizes.append((image.shape[0], image.shape[1]))
        red, green, blue = image.astype(np.int32).transpose(2, 0, 1)
        keys = np.where(red == VOID, 0, 1 + red + 256 * (green + 256 * blue))
        found, ids = np.unique(keys, return_inverse=True)
        if found[0] != 0:
            found, ids = np.concatenate(([0], found)), ids + 1
        segments = [Segment(label=int(key - 1) % 256) for key in found[1:]]
        seg = assemble(ids.reshape(keys.shape), segments, self.labels)
        if task == "semantic":
            return panoptic_to_semantic(seg)
        return panoptic_to_instances(seg) if task == "instance" else seg


class ShareModel(ColorModel):
    """Also gives probabilities, a cell for every `step` x `step` pixels: the first labels' are red, green, blue / 255,
    the fourth's what is missing to 1. Photographs need sides that are multiples of `step`."""

    tasks = ("semantic",)

    def __init__(self, step: int = 1) -> None:
        super().__init__()
        self.step = step

    def probabilities(self, images: Sequence[Photo]) -> list[np.ndarray]:
        found = []
        for image in images:
            height, width = image.shape[0] // self.step, image.shape[1] // self.step
            blocks = image.reshape(height, self.step, width, self.step, 3).mean(axis=(1, 3))
            maps = np.zeros((len(self.labels), height, width), np.float32)
            maps[:3] = blocks.transpose(2, 0, 1) / 255
            maps[3] = 1 - maps.sum(axis=0)
            found.append(maps)
        return found
