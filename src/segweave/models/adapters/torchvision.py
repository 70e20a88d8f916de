"""Networks of the library torchvision: FCN, DeepLabv3, LR-ASPP, and Mask R-CNN. Network and weights from there,
everything before and after by us. Needs `pip install "segweave[torch]"`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from segweave.errors import LabelError, ModelError, UsageError, did_you_mean
from segweave.formats import Photo
from segweave.labels import LabelSet, label_set, label_table
from segweave.models.adapters.pixels import PixelModel
from segweave.models.adapters.torch_network import need_modules, run_torch, to_array, with_random_weights
from segweave.models.adapters.torch_weights import Weights, fill_network, read_weights
from segweave.models.answers import Boxes, Outputs
from segweave.models.network_labels import NetworkLabels, given_labels
from segweave.models.preprocess import Frame, FramedInput, FramedPreprocess
from segweave.models.protocol import Result, Task, check_offered

ANSWER = Boxes()
_TRAINING_ONLY = (r"^aux_classifier\.",)
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@dataclass(frozen=True, slots=True)
class Builder:
    """A function of torchvision that builds a network, and how that network is run and read.

    kind: logits of every pixel, or boxes with masks. head: where the number of columns can be read in the weights.
    """

    kind: Literal["pixels", "boxes"]
    head: str
    preprocess: FramedPreprocess


# torchvision's references/segmentation (520 px, the shorter side) and references/detection (800 to 1333 px, as in the
# paper of Mask R-CNN); nothing is cropped.
_PIXELS = FramedPreprocess(frame=Frame(shortest=520), mean=_MEAN, std=_STD)
_BOXES = FramedPreprocess(frame=Frame(shortest=800, longest=1333, pad_multiple=32), mean=_MEAN, std=_STD)

BUILDERS: Mapping[str, Builder] = {
    "fcn_resnet50": Builder("pixels", "classifier.4.weight", _PIXELS),
    "fcn_resnet101": Builder("pixels", "classifier.4.weight", _PIXELS),
    "deeplabv3_resnet50": Builder("pixels", "classifier.4.weight", _PIXELS),
    "deeplabv3_resnet101": Builder("pixels", "classifier.4.weight", _PIXELS),
    "deeplabv3_mobilenet_v3_large": Builder("pixels", "classifier.4.weight", _PIXELS),
    "lraspp_mobilenet_v3_large": Builder("pixels", "classifier.low_classifier.weight", _PIXELS),
    "maskrcnn_resnet50_fpn": Builder("boxes", "roi_heads.box_predictor.cls_score.weight", _BOXES),
    "maskrcnn_resnet50_fpn_v2": Builder("boxes", "roi_heads.box_predictor.cls_score.weight", _BOXES),
}
"""Name of a function in `torchvision.models.segmentation` or `.detection` -> how its networks are run and read."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BoxModel:
    """A `SegmentationModel` made of a Mask R-CNN, for the task instance: boxes with masks that may overlap.

    network: the torch module; its own scaling, padding and pasting of masks are not used. known: its labels, and the
    columns they have; what it takes for a column that means void is left out. threads: for the network; 0 = as torch
    is set. Photographs go through it one by one.
    """

    network: Any
    known: NetworkLabels
    preprocess: FramedPreprocess = _BOXES
    threads: int = 0

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.known.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Instance alone: what is no thing has no box."""
        return ("instance",)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        check_offered(task, self.tasks)
        return [self._predict(image) for image in images]

    def _predict(self, image: Photo) -> Result:
        size = image.shape[0], image.shape[1]
        seen = self.preprocess.to_input(image)
        outputs = self.run(seen)
        window = seen.window((seen.values.shape[2], seen.values.shape[3]))
        return ANSWER.decode(outputs, size=size, labels=self.known, task="instance", window=window)

    def run(self, seen: FramedInput) -> Outputs:
        """The network alone: what `ANSWER` names."""
        found = run_torch(lambda values: box_parts(self.network, values, seen.shown), seen.values, threads=self.threads)
        outputs = {name: to_array(found[name]) for name in ANSWER.outputs}
        return {**outputs, "masks": outputs["masks"][:, 0]}


def box_parts(network: Any, values: Any, shown: Any) -> Any:
    """What a Mask R-CNN finds in an input, (height, width) px of which show the photograph, as torchvision names it."""
    from torchvision.models.detection.image_list import ImageList

    images = ImageList(values, [shown])  # what lies in the padding is cut off
    features = network.backbone(values)
    features = features if isinstance(features, Mapping) else {"0": features}  # torchvision's name for one
    proposals, _ = network.rpn(images, features)
    return network.roi_heads(features, proposals, images.image_sizes)[0][0]


def open_torchvision(
    builder: str,
    *,
    labels: LabelSet | str | Path | None = None,
    weights: str | Path | None = None,
    threads: int = 0,
) -> PixelModel | BoxModel:
    """A network of torchvision.

    builder: a name in `BUILDERS`. labels: what it can see: a `LabelSet`, the name of one, or a CSV file; without, the
    21 labels of VOC or the 80 of COCO, whose ids are the columns. weights: a file, safetensors or a state_dict that
    torch saved; without, they are random, the same every time. threads: for the network; 0 = as torch is set.

    `UsageError` with near matches for a builder that is not known, `MissingExtra` without torch, `ModelError` for
    weights that do not fit, `LabelError` for labels of another number.

    >>> open_torchvision("lraspp")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    segweave.errors.UsageError: torchvision has no network 'lraspp'; there is 'deeplabv3_mobilenet_v3_large', ...
    """
    if builder not in BUILDERS:
        raise UsageError(f"torchvision has no network {builder!r}; {did_you_mean(builder, BUILDERS)}")
    need_modules("torchvision", "torchvision")
    row = BUILDERS[builder]
    found = read_weights(weights) if weights else None
    columns = _columns(found, row, str(weights)) if found else None
    try:
        known = torchvision_labels(builder, labels, columns=columns)
    except LabelError as error:
        raise LabelError(f"{weights or builder}: {error}") from None
    network = _built(builder, len(known.columns) + len(known.voids))
    if found:
        fill_network(network, found, name=str(weights), harmless=_TRAINING_ONLY)
        if row.kind == "boxes":
            _as_frozen(network, found)
    return torchvision_model(network, row, known, threads=threads)


def torchvision_model(
    network: Any, builder: Builder, known: NetworkLabels, *, threads: int = 0
) -> PixelModel | BoxModel:
    """A network that is built already, read as `builder` says."""
    if builder.kind == "boxes":
        return BoxModel(network=network, known=known, preprocess=builder.preprocess, threads=threads)
    return PixelModel(network=network, logits=_head_logits, known=known, preprocess=builder.preprocess, threads=threads)


def torchvision_labels(
    builder: str, labels: LabelSet | str | Path | None = None, *, columns: int | None = None
) -> NetworkLabels:
    """Which column of a network is which label. columns: how many it has; None: as many as the labels ask for.

    The first column of Mask R-CNN is never a label. Without `labels`: VOC, whose first label is background, as in its
    official score, or COCO. A table without background whose ids count from 1 makes column 0 void.

    >>> torchvision_labels("fcn_resnet50").labels[0].name, torchvision_labels("maskrcnn_resnet50_fpn").voids[:3]
    ('background', (0, 12, 26))
    """
    has_boxes = BUILDERS[builder].kind == "boxes"
    if labels is None:
        labels = "coco" if has_boxes else "voc"
    found = labels if isinstance(labels, LabelSet) else label_set(str(labels))
    if has_boxes and found.stuff:
        raise LabelError(f"Mask R-CNN has boxes for things alone; {found[found.stuff[0]].name!r} is stuff")
    if columns is None:
        ids = () if isinstance(labels, LabelSet) else label_table(str(labels)).source_ids
        columns = max(len(found) + has_boxes, 1 + max(ids, default=0))
    if has_boxes and len(found) == columns - 1:
        return NetworkLabels(found, tuple(range(1, columns)), (0,))
    return given_labels(labels, columns)


def _head_logits(network: Any, values: Any) -> Any:
    """The head's logits as they are: the network itself would stretch them over the input first."""
    features = network.backbone(values)
    return network.classifier(features.get("out", features))


def _built(builder: str, columns: int) -> Any:
    from torchvision import models

    module = models.segmentation if BUILDERS[builder].kind == "pixels" else models.detection
    build = getattr(module, builder)
    return with_random_weights(lambda: build(weights=None, weights_backbone=None, num_classes=columns))


def _columns(weights: Weights, row: Builder, name: str) -> int:
    if row.head not in weights:
        raise ModelError(f"{name}: these weights are not of this network: {row.head} is missing")
    return int(weights[row.head].shape[0])


def _as_frozen(network: Any, weights: Weights) -> None:
    """Statistics that were frozen when they were saved are used as they are: eps 0, as torchvision does for its own.

    Frozen ones have no count of batches (`FrozenBatchNorm2d`).
    """
    from torch import nn

    if any(name.endswith("num_batches_tracked") for name in weights):
        return
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
