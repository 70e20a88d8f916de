"""What `segweave check --fix` mends beyond what every reader repairs."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segweave.formats.check import Speck, repeated, stray_parts
from segweave.formats.dataset import Dataset, Note, Sample
from segweave.segmentation import Instances, Rle, Segmentation
from segweave.segmentation.edit import erase


def repaired_dataset(data: Dataset, path: Path) -> Dataset:
    """The same data set with every sample `repaired` when it is read; path: where it is, for the notes."""
    return replace(data, load=partial(_load, data.load, path))


def repaired(sample: Sample, path: Path) -> Sample:
    """A thing annotated twice is kept once, and specks of things become void; a note says so for each image.

    What contradicts itself in the files (segments without pixels, pixels without a segment, stuff in pieces) has been
    repaired by the reader already. Slivers, gaps and overlaps are left: only a person knows what was meant.
    """
    truth, notes = sample.truth, list(sample.notes)
    place = f"image {sample.image_id!r}"
    if isinstance(truth, Instances) and (twice := {later for _, later in repeated(truth)}):
        truth = _only(truth, [k for k in range(len(truth)) if k not in twice])
        notes.append(Note(path, place, f"{len(twice)} annotated twice, kept once", "repaired"))
    specks = {k: _mask_of(parts, truth.size) for k, parts in stray_parts(truth)}
    if specks:
        pixels = sum(int(mask.sum()) for mask in specks.values())
        truth = _without(truth, specks)
        notes.append(Note(path, place, f"specks of {len(specks)} things made void, {pixels} px", "repaired"))
    return replace(sample, truth=truth, notes=tuple(notes))


def _mask_of(specks: list[Speck], size: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    for speck in specks:
        speck.put_on(mask)
    return mask


def _load(load: Callable[[int], Sample], path: Path, place: int) -> Sample:
    return repaired(load(place), path)


def _only(instances: Instances, kept: list[int]) -> Instances:
    masks = tuple(instances.masks[k] for k in kept)
    return replace(instances, masks=masks, segments=tuple(instances.segments[k] for k in kept))


def _without(truth: Segmentation | Instances, specks: dict[int, NDArray[np.bool_]]) -> Segmentation | Instances:
    if isinstance(truth, Segmentation):
        return erase(truth, np.logical_or.reduce(list(specks.values())))
    masks = [Rle.from_mask(m.mask() & ~specks[k]) if k in specks else m for k, m in enumerate(truth.masks)]
    return replace(truth, masks=tuple(masks))
