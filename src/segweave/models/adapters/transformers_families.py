"""The families of networks in the library transformers that segweave runs: a table to read, `FAMILIES`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from segweave.models.answers import Pixels, Queries
from segweave.models.decode_queries import QueryRule
from segweave.models.preprocess import Frame, FramedPreprocess


def _imagenet(frame: Frame, *, black: bool = False) -> FramedPreprocess:
    return FramedPreprocess(frame=frame, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), black=black)


def _half(frame: Frame, *, cubic: bool = False) -> FramedPreprocess:
    return FramedPreprocess(frame=frame, mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5), cubic=cubic)


_PADDED = _imagenet(Frame(shortest=800, longest=1333, pad_multiple=32))
_SQUARE = _imagenet(Frame(exact=(512, 512)))
_VIT = _half(Frame(exact=(640, 640)), cubic=True)
_MOBILE = FramedPreprocess(frame=Frame(shortest=544, multiple=32), std=(255.0, 255.0, 255.0), bgr=True)

EDGES: Mapping[str, tuple[int, int]] = {
    "coco_panoptic": (800, 1333),
    "coco": (800, 1333),
    "ade20k": (640, 2560),
    "cityscapes": (1024, 2048),
}
"""Label set -> shortest and longest side (px) at which the papers of the mask queries test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How networks of one model_type (`config.json`) are run and read.

    network: the class in transformers. answer: which outputs mean what. preprocess: where the files say nothing.
    fixed: the network takes squares of `image_size` (`config.json`) alone. asks: the task is an input. papers_edges:
    without a file that says a size, `EDGES` does. settings: entries of the config that must be so. training_only:
    weights (regular expressions) that may be in the file or not, because prediction does not use them.
    """

    network: str
    answer: Queries | Pixels
    preprocess: FramedPreprocess
    paper: str
    fixed: bool = False
    asks: bool = False
    papers_edges: bool = False
    settings: Mapping[str, bool] = field(default_factory=dict)
    training_only: tuple[str, ...] = field(default=())


def _pixels(network: str, preprocess: FramedPreprocess, paper: str, *, fixed: bool = False) -> Family:
    training = (r"auxiliary_head\.",)  # a second head, for the loss
    return Family(
        network=network,
        answer=Pixels(),
        preprocess=preprocess,
        paper=paper,
        fixed=fixed,
        training_only=training,
    )


def _eomt(network: str, paper: str) -> Family:
    black = _imagenet(Frame(shortest=640, longest=640, pad_to=(640, 640)), black=True)
    training = (r"^criterion\.", r"attn_mask_probs$", r"mask_token$")
    return Family(network=network, answer=Queries(), preprocess=black, paper=paper, fixed=True, training_only=training)


_LOSS = (r"^criterion\.",)

FAMILIES: Mapping[str, Family] = {
    "mask2former": Family(
        network="Mask2FormerForUniversalSegmentation",
        answer=Queries(),
        preprocess=_PADDED,
        paper="Cheng et al. 2022, arXiv 2112.01527",
        settings={"use_auxiliary_loss": True},  # without it, transformers 5.24 loops over None
        papers_edges=True,
        training_only=_LOSS,
    ),
    "maskformer": Family(
        network="MaskFormerForInstanceSegmentation",
        answer=Queries(),
        preprocess=_PADDED,
        paper="Cheng et al. 2021, arXiv 2107.06278",
        settings={"use_auxiliary_loss": False},  # masks of the last layer alone
        papers_edges=True,
        training_only=_LOSS,
    ),
    "oneformer": Family(
        network="OneFormerForUniversalSegmentation",
        answer=Queries(),
        preprocess=_PADDED,
        paper="Jain et al. 2023, arXiv 2211.06220",
        asks=True,
        papers_edges=True,
        training_only=(*_LOSS, r"text_mapper\.", r"logit_scale$"),  # the texts of training
    ),
    "eomt": _eomt("EomtForUniversalSegmentation", "Kerssies et al. 2025, arXiv 2503.19108"),
    "eomt_dinov3": _eomt("EomtDinov3ForUniversalSegmentation", "Kerssies et al. 2025, arXiv 2503.19108"),
    "detr": Family(
        network="DetrForSegmentation",
        answer=Queries(classes="logits", masks="pred_masks", rule=QueryRule(score=0.85)),
        preprocess=_imagenet(Frame(shortest=800, longest=1333)),
        paper="Carion et al. 2020, arXiv 2005.12872, §4.4",
    ),
    "segformer": _pixels("SegformerForSemanticSegmentation", _SQUARE, "Xie et al. 2021, arXiv 2105.15203"),
    "upernet": _pixels("UperNetForSemanticSegmentation", _SQUARE, "Xiao et al. 2018, arXiv 1807.10221"),
    "dpt": _pixels(
        "DPTForSemanticSegmentation",
        _half(Frame(exact=(384, 384), multiple=32), cubic=True),
        "Ranftl et al. 2021, arXiv 2103.13413",
    ),
    "beit": _pixels("BeitForSemanticSegmentation", _VIT, "Bao et al. 2022, arXiv 2106.08254", fixed=True),
    "data2vec-vision": _pixels(
        "Data2VecVisionForSemanticSegmentation", _VIT, "Baevski et al. 2022, arXiv 2202.03555", fixed=True
    ),
    "mobilevit": _pixels("MobileViTForSemanticSegmentation", _MOBILE, "Mehta & Rastegari 2022, arXiv 2110.02178"),
    "mobilevitv2": _pixels("MobileViTV2ForSemanticSegmentation", _MOBILE, "Mehta & Rastegari 2022, arXiv 2206.02680"),
    "mobilenet_v2": _pixels(
        "MobileNetV2ForSemanticSegmentation",
        _half(Frame(shortest=513)),
        "Sandler et al. 2018, arXiv 1801.04381; Chen et al. 2018, arXiv 1802.02611",
    ),
}
"""model_type (`config.json`) -> how such networks are run and read."""
