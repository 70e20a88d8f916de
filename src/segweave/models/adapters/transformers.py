"""Networks of the library transformers, by name, from a folder or from a config: weights and network from there,
everything before and after by us. Needs `pip install "segweave[torch]"`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, UsageError
from segweave.formats import Photo
from segweave.formats.label_file import find_label_file
from segweave.labels import LabelSet
from segweave.models.adapters.transformers_families import Family
from segweave.models.adapters.transformers_files import find_files, need_torch
from segweave.models.adapters.transformers_network import family_of, load_network, random_network, run_network
from segweave.models.adapters.transformers_preprocess import cuts_windows, default_preprocess, read_preprocess
from segweave.models.answers import Outputs
from segweave.models.evidence import decode_evidence, probabilities_shown
from segweave.models.network_labels import Labels, NetworkLabels, read_labels
from segweave.models.preprocess import FramedPreprocess, Size
from segweave.models.protocol import Result, Task, check_offered
from segweave.models.upsample import Maps, Window
from segweave.models.windows import Windows

_SIZE_OF_THE_TEST = (384, 384)  # see `_published_with_the_wrong_size`


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TransformersModel:
    """A `SegmentationModel`, and a `ProbabilityModel`, made of a network of the library transformers.

    network: the torch module. family: how it is read. known: its labels, and the columns they have. windows: how it
    sees a photograph piece by piece, if it does; then its results are semantic. threads: for the network; 0 = as torch
    is set. Photographs go through it one by one, so that the others in a batch change nothing.
    """

    network: Any
    family: Family
    known: NetworkLabels
    preprocess: FramedPreprocess
    windows: Windows | None = None
    threads: int = 0

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.known.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What can be made of the network's answer; whether it was trained for it, its label set cannot tell."""
        return ("semantic",) if self.windows else self.family.answer.tasks(self.labels)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        check_offered(task, self.tasks)
        return [self._predict(image, task) for image in images]

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, summing to 1, on the network's grid without the padding.

        The softmax of each pixel's logits; of mask queries the share of each label in the evidence of all.
        """
        return [probabilities_shown(*self._evidence(image)) for image in images]

    def at_scale(self, factor: float) -> "TransformersModel":
        """The same model, to whose network photographs are `factor` times as high and wide (`ScalableModel`)."""
        if self.family.fixed:
            raise UsageError("this network sees every photograph at one size")
        return replace(self, preprocess=self.preprocess.at_scale(factor))

    def run(self, values: NDArray[np.float32], task: Task) -> Outputs:
        """The network alone. values: (1, 3, h, w), as `preprocess` gives them. task: heard by OneFormer only."""
        asked = task if self.family.asks else None
        return run_network(self.network, values, names=self.family.answer.outputs, task=asked, threads=self.threads)

    def _predict(self, image: Photo, task: Task) -> Result:
        size = image.shape[0], image.shape[1]
        if self.windows:
            evidence, window = self._evidence(image)
            return decode_evidence(evidence, size, self.labels, window=window)
        seen = self.preprocess.to_input(image)
        outputs = self.run(seen.values, task)
        window = seen.window(self._grid(outputs))
        return self.family.answer.decode(outputs, size=size, labels=self.known, task=task, window=window)

    def _evidence(self, image: Photo) -> tuple[Maps, Window]:
        """(n, h, w) >= 0, and the part of it that shows the photograph."""
        seen = self.preprocess.to_input(image)
        if self.windows:
            parts = [self._evidence_in(part) for part in self.windows.cut(seen.values)]
            evidence = self.windows.joined(parts, (seen.values.shape[2], seen.values.shape[3]))
        else:
            evidence = self._evidence_in(seen.values)
        return evidence, seen.window((evidence.shape[1], evidence.shape[2]))

    def _evidence_in(self, values: NDArray[np.float32]) -> Maps:
        return self.family.answer.evidence(self.run(values, "semantic"), labels=self.known)

    def _grid(self, outputs: Outputs) -> Size:
        height, width = outputs[self.family.answer.outputs[-1]].shape[1:]
        return height, width


def open_transformers(
    source: "str | Path | Any", *, labels: Labels | None = None, threads: int = 0
) -> TransformersModel:
    """Open a network of the library transformers; `FAMILIES` lists which.

    source: a name on the hub ("facebook/mask2former-swin-tiny-coco-panoptic", also "owner/name@revision"), a folder
    that transformers saved, or a config object: then the weights are random, the same every time. labels: where
    config.json does not name the labels of a set that ships: a `LabelSet`, the name of one, or a CSV file; a file
    NAME.labels.csv in the folder says the same. threads: for the network; 0 = as torch is set.

    `MissingExtra` without torch. `ModelError` for a name that cannot be had, a family that is not known, pickled
    weights, weights that do not fit. `LabelError` when the labels are not known or of another number.

    >>> open_transformers("nobody/nothing/here") # doctest: +SKIP
    Traceback (most recent call last):
    segweave.errors.ModelError: nobody/nothing/here: is neither a folder nor a name of the form owner/name
    """
    need_torch()
    if not isinstance(source, str | Path):
        return _of_config(source, labels=labels, threads=threads)
    files = find_files(source)
    family = family_of(files.model_type, name=files.name)
    network = load_network(files, family)
    said = find_label_file(files.folder) if labels is None else labels
    known = _labels_of(network.config, said, where=f"{files.name}: config.json")
    side = _image_side(network.config)
    how = default_preprocess(family, labels=known.labels.name, image_size=side)
    windows = None
    if files.processor is not None and not _published_with_the_wrong_size(files.name, files.processor):
        try:
            how = read_preprocess(files.processor, how, fixed=side if family.fixed else None)
            windows = _windows(network.config, side) if cuts_windows(files.processor) and family.fixed else None
        except ModelError as error:
            raise ModelError(f"{files.name}: preprocessor_config.json: {error}") from None
    how = windows.framed(how) if windows else how
    return TransformersModel(
        network=network, family=family, known=known, preprocess=how, windows=windows, threads=threads
    )


def _of_config(config: Any, *, labels: Labels | None, threads: int) -> TransformersModel:
    name = type(config).__name__
    family = family_of(getattr(config, "model_type", "") or name, name=name)
    known = _labels_of(config, labels, where=name)
    how = default_preprocess(family, labels=known.labels.name, image_size=_image_side(config))
    network = random_network(config, family)
    return TransformersModel(network=network, family=family, known=known, preprocess=how, threads=threads)


def _labels_of(config: Any, labels: Labels | None, *, where: str) -> NetworkLabels:
    names = [str(config.id2label.get(k, "")) for k in range(config.num_labels)]
    return read_labels(names, labels, where=where)


def _image_side(config: Any) -> int | None:
    """`image_size` of a network's config, where it has one."""
    found = getattr(config, "image_size", None)
    sides = set(found) if isinstance(found, list | tuple) else {found}
    if len(sides) != 1:
        raise ModelError(f"image_size must be one length, for squares; found {found}")
    side = sides.pop()
    return side if isinstance(side, int) else None


def _windows(config: Any, side: int | None) -> Windows | None:
    patch = getattr(config, "patch_size", 1)
    return Windows(side=side, step=patch if isinstance(patch, int) else max(patch)) if side else None


def _published_with_the_wrong_size(name: str, processor: Any) -> bool:
    """Mask2Former's files on the hub say 384 x 384, the size of transformers' own test, for networks that the paper
    trained and tested at 800 to 1333 px (COCO), 640 (ADE20K) and 1024 (Cityscapes)."""
    size = processor.get("size") or {}
    stated = (size.get("height"), size.get("width")) if isinstance(size, dict) else None
    return name.startswith("facebook/mask2former-") and stated == _SIZE_OF_THE_TEST
