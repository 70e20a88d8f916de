"""`load_model` and what it gives: a model that takes a photograph in any form and says what is where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ImageError, UsageError, did_you_mean
from segweave.formats import Photo, from_pillow, read_image
from segweave.labels import LabelSet
from segweave.models.augmented import augmented
from segweave.models.confidence import ConfidenceMaps, confidence_maps
from segweave.models.opening import NetworkConfig, find_card, open_card, open_config, open_named
from segweave.models.protocol import TASKS, Result, SegmentationModel, Task
from segweave.models.tiles import tiled
from segweave.models.zoo import ModelCard, limits
from segweave.segmentation import Instances, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model ready to use.

    name: as it was asked for. network: the `SegmentationModel` that does the work. card: what is known about it,
    None for a file of the user's own. remarks: what a person should be told once, such as a licence.
    """

    name: str
    network: SegmentationModel
    card: ModelCard | None = None
    remarks: tuple[str, ...] = ()

    @property
    def labels(self) -> LabelSet:
        """What the model can see."""
        return self.network.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it can be asked for: what the network answers, and was trained for as far as that is known."""
        return tuple(task for task in self.network.tasks if self.card is None or task in self.card.tasks)

    @overload
    def predict(
        self, image: "str | Path | Image | NDArray[Any]", *, task: Literal["panoptic", "semantic"] = "panoptic"
    ) -> Segmentation: ...
    @overload
    def predict(self, image: "str | Path | Image | NDArray[Any]", *, task: Literal["instance"]) -> Instances: ...
    def predict(self, image: "str | Path | Image | NDArray[Any]", *, task: Task = "panoptic") -> Result:
        """What is where in one photograph.

        image: a path, a Pillow image, or an array: (H, W, 3) uint8 red green blue, or (H, W) uint8 grey. Returns a
        `Segmentation` (panoptic, semantic) or `Instances` (instance) in the photograph's pixels. Raises `ImageError`
        for what is not an image and `UsageError` for a task the model does not offer.

        >>> model = load_model("street")
        >>> model.predict(np.zeros((90, 120, 3), np.uint8), task="semantic").size
        (90, 120)
        """
        check_task(self, task)
        return self.network.predict([_photo(image)], task)[0]

    def confidence(self, image: "str | Path | Image | NDArray[Any]") -> ConfidenceMaps:
        """How sure the model is at each pixel: the probability of its label (0..1) and the entropy (nats).

        image and errors as `predict`'s; `UsageError` for a model that gives no probabilities.

        >>> load_model("street").confidence(np.zeros((90, 120, 3), np.uint8)).probability.shape
        (90, 120)
        """
        return confidence_maps(self.network, _photo(image))

    def tiled(self, tile: int, *, overlap: int | None = None, batch: int = 1) -> "Model":
        """The same model, which sees its images in tiles of `tile` px (`models.tiled`).

        >>> load_model("street").tiled(64).predict(np.zeros((90, 120, 3), np.uint8)).size
        (90, 120)
        """
        return replace(self, network=tiled(self.network, tile=tile, overlap=overlap, batch=batch))

    def augmented(self, *, flip: bool = False, scales: Sequence[float] = (1.0,)) -> "Model":
        """The same model, which sees mirrored and scaled copies of its images too (`models.augmented`)."""
        return replace(self, network=augmented(self.network, flip=flip, scales=scales))


def load_model(
    name: str | Path | NetworkConfig,
    *,
    labels: LabelSet | str | Path | None = None,
    weights: str | Path | None = None,
    threads: int = 0,
) -> Model:
    """Open a model by its name in the zoo (`segweave models list`), or one of your own: an ONNX file that carries a
    segweave description, an extension plan (`.yaml`), which weaves several models into one, a network of transformers
    or segmentation_models_pytorch, by its name on the hub (`owner/name`) or the folder it was saved to, or a name that
    says how to build it, `smp:unet/resnet34` or `torchvision:fcn_resnet50`, with a file of `weights`. A config object
    of transformers gives a network with random weights, the same every time.

    labels: what it can see, where its files do not say: a `LabelSet`, the name of one, or a CSV file. threads: for the
    network; 0 = all cores. Raises `UsageError` for a name that is not known, with near matches, `ModelError` for files
    that cannot be used or fetched, and `MissingExtra` where torch is needed.

    >>> load_model("street").tasks
    ('panoptic', 'instance', 'semantic')
    """
    if not isinstance(name, str | Path):
        if weights is not None:
            raise UsageError("a config object has random weights; save the network, and open its folder, for others")
        network = open_config(name, labels=labels, threads=threads)
        return Model(name.model_type, network, remarks=(f"{name.model_type}: its weights are random",))
    card = find_card(name)
    if card is None:
        network = open_named(name, labels=labels, weights=weights, threads=threads)
        return Model(str(name), network, remarks=getattr(network, "remarks", ()))
    if labels is not None or weights is not None:
        raise UsageError(f"{card.name}: the zoo knows its labels and its weights; leave out labels=... and weights=...")
    return Model(card.name, open_card(card, threads=threads), card, limits(card))


def check_task(model: Model, task: str) -> None:
    """`UsageError` with near matches when the model does not offer `task`."""
    if task not in model.tasks:
        known = f"is not offered by {model.name!r}" if task in TASKS else "is not known"
        raise UsageError(f"task {task!r} {known}; {did_you_mean(task, model.tasks)}")


def _photo(image: "str | Path | Image | NDArray[Any]") -> Photo:
    if isinstance(image, str | Path):
        return read_image(image)
    if not isinstance(image, np.ndarray):
        return from_pillow(image)
    array = image
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise ImageError(f"expected an image of (H, W, 3) or (H, W) uint8; found {array.dtype} of shape {array.shape}")
    return np.ascontiguousarray(array)
