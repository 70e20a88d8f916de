"""Tiny networks of the kinds that torchvision builds: its own heads on two layers, with random weights."""

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from segweave.labels import LabelSet
from segweave.models.preprocess import Frame


def tiny_network(builder: str, columns: int) -> Any:
    """The network that `builder` would build, small. columns: void and labels."""
    from segweave.models.adapters.torch_network import with_random_weights

    return with_random_weights(lambda: _boxes(builder, columns) if "rcnn" in builder else _pixels(builder, columns))


def tiny_torchvision(builder: str, labels: LabelSet | str | None = None) -> Any:
    """A tiny network as a model that sees photographs at about 64 px."""
    from segweave.models.adapters.torchvision import BUILDERS, torchvision_labels, torchvision_model

    known = torchvision_labels(builder, labels)
    network = tiny_network(builder, len(known.columns) + len(known.voids))
    row = BUILDERS[builder]
    small = replace(
        row.preprocess, frame=Frame(shortest=64, longest=128, pad_multiple=row.preprocess.frame.pad_multiple)
    )
    return torchvision_model(network, replace(row, preprocess=small), known, threads=1)


def _pixels(builder: str, columns: int) -> Any:
    from torch import nn
    from torchvision.models._utils import IntermediateLayerGetter
    from torchvision.models.segmentation import FCN, LRASPP, DeepLabV3
    from torchvision.models.segmentation.deeplabv3 import DeepLabHead
    from torchvision.models.segmentation.fcn import FCNHead

    layers = [("low", nn.Conv2d(3, 8, 3, 4, 1)), ("act", nn.ReLU()), ("high", nn.Conv2d(8, 16, 3, 2, 1))]
    stages = nn.Sequential(OrderedDict(layers))
    if builder.startswith("lraspp"):
        backbone = IntermediateLayerGetter(stages, {"low": "low", "high": "high"})
        return LRASPP(backbone, 8, 16, columns, inter_channels=16)
    backbone = IntermediateLayerGetter(stages, {"high": "out"})
    if builder.startswith("fcn"):
        return FCN(backbone, FCNHead(16, columns))
    return DeepLabV3(backbone, DeepLabHead(16, columns))


def _boxes(builder: str, columns: int) -> Any:
    from torch import nn
    from torchvision.models.detection import MaskRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
    from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
    from torchvision.models.detection.rpn import RPNHead
    from torchvision.ops import MultiScaleRoIAlign

    backbone = nn.Sequential(nn.Conv2d(3, 16, 3, 8, 1), nn.ReLU())
    backbone.out_channels = 16
    anchors = AnchorGenerator(((16, 32, 48),), ((0.5, 1.0, 2.0),))
    second = builder.endswith("v2")
    head = FastRCNNConvFCHead((16, 7, 7), [16], [32], nn.BatchNorm2d) if second else TwoMLPHead(16 * 49, 32)
    return MaskRCNN(
        backbone,
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(16, 9, conv_depth=2 if second else 1),
        box_roi_pool=MultiScaleRoIAlign(["0"], 7, 2),
        box_head=head,
        box_predictor=FastRCNNPredictor(32, columns),
        mask_roi_pool=MultiScaleRoIAlign(["0"], 14, 2),
        mask_head=MaskRCNNHeads(16, (8,), 1),
        mask_predictor=MaskRCNNPredictor(8, 8, columns),
        box_score_thresh=0.0,
        box_detections_per_img=20,
    )
