"""Tiny networks of every family of the library transformers, as configs: built in a moment, with random weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from segweave.labels import LabelSet, label_set
from segweave.models.decode_queries import QueryRule

LABELS = label_set("cityscapes")
"""What the tiny networks see."""


def names(labels: LabelSet = LABELS) -> dict[str, Any]:
    """The two entries of a config that name its labels."""
    id2label = dict(enumerate(labels.names))
    return {"id2label": id2label, "label2id": {name: k for k, name in id2label.items()}}


def _swin(**more: Any) -> Any:
    from transformers import SwinConfig

    stages = ["stage1", "stage2", "stage3", "stage4"]
    return SwinConfig(
        embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4, out_features=stages, **more
    )


_QUERIES = {"num_queries": 12}
_SMALL = {"hidden_dim": 32, "mask_feature_size": 32, "encoder_feedforward_dim": 16, "dim_feedforward": 16}


def mask2former(**more: Any) -> Any:
    """Swin, three deformable levels, two layers of the decoder."""
    from transformers import Mask2FormerConfig

    size = {**_SMALL, "feature_size": 32, "num_attention_heads": 2, "encoder_layers": 1, "decoder_layers": 2}
    return Mask2FormerConfig(backbone_config=_swin(), **size, **_QUERIES, **(names() | more))


def maskformer(**more: Any) -> Any:
    """Swin, a feature pyramid, DETR's decoder."""
    from transformers import DetrConfig, MaskFormerConfig

    decoder = DetrConfig(
        d_model=32,
        decoder_layers=2,
        encoder_layers=1,
        decoder_attention_heads=2,
        encoder_attention_heads=2,
        decoder_ffn_dim=16,
        encoder_ffn_dim=16,
        num_queries=12,
    )
    return MaskFormerConfig(
        backbone_config=_swin(), decoder_config=decoder, fpn_feature_size=32, mask_feature_size=32, **(names() | more)
    )


def oneformer(**more: Any) -> Any:
    """Swin; the task is an input."""
    from transformers import OneFormerConfig

    size = {
        **_SMALL,
        "conv_dim": 32,
        "mask_dim": 32,
        "num_attention_heads": 2,
        "encoder_layers": 1,
        "decoder_layers": 2,
    }
    rest = {"is_training": False, "query_dec_layers": 1, "text_encoder_width": 64, "text_encoder_num_layers": 1}
    return OneFormerConfig(**({"backbone_config": _swin()} | size | rest | _QUERIES | names() | more))


def oneformer_dinat(**more: Any) -> Any:
    """OneFormer with neighbourhood attention instead of windows."""
    from transformers import DinatConfig

    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = DinatConfig(
        embed_dim=8,
        depths=[2, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        kernel_size=3,
        dilations=[[1, 3], [2], [1], [1]],
        layer_scale_init_value=0.5,
        out_features=stages,
    )
    return oneformer(backbone_config=backbone, **more)


_VIT = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 16}


def eomt(**more: Any) -> Any:
    """A plain transformer of 64 x 64 px."""
    from transformers import EomtConfig

    return EomtConfig(
        **(_VIT | {"image_size": 64, "patch_size": 8, "num_blocks": 2, "num_queries": 12} | names() | more)
    )


def eomt_dinov3(**more: Any) -> Any:
    """The same with rotary positions."""
    from transformers import EomtDinov3Config

    size = {"image_size": 64, "patch_size": 8, "num_blocks": 2, "num_queries": 12}
    return EomtDinov3Config(**(_VIT | size | names() | more))


def detr(**more: Any) -> Any:
    """ResNet and a transformer; its columns are in the order of the labels here."""
    from transformers import DetrConfig, ResNetConfig

    backbone = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    return DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone_config=backbone,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=12,
        **(names() | more),
    )


def segformer(**more: Any) -> Any:
    """Four stages of attention on thinned maps."""
    from transformers import SegformerConfig

    size = {"hidden_sizes": [8, 8, 16, 16], "depths": [1] * 4, "num_attention_heads": [1, 1, 2, 2]}
    return SegformerConfig(**(size | {"decoder_hidden_size": 16, "mlp_ratios": [1] * 4} | names() | more))


def upernet(**more: Any) -> Any:
    """ConvNeXt and pyramid pooling, with the second head that only training uses."""
    from transformers import ConvNextConfig, UperNetConfig

    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1] * 4, out_features=stages)
    return UperNetConfig(
        backbone_config=backbone, hidden_size=16, auxiliary_in_channels=16, auxiliary_channels=8, **(names() | more)
    )


def dpt(**more: Any) -> Any:
    """A plain transformer and convolutions."""
    from transformers import DPTConfig

    size = {"image_size": 64, "patch_size": 16, "backbone_out_indices": [0, 1, 2, 3], "fusion_hidden_size": 16}
    return DPTConfig(**(_VIT | size | {"neck_hidden_sizes": [8, 8, 16, 16]} | names() | more))


def beit(**more: Any) -> Any:
    """A plain transformer of 64 x 64 px and pyramid pooling."""
    from transformers import BeitConfig

    size = {"image_size": 64, "patch_size": 16, "out_indices": [1, 2, 3, 4], "use_relative_position_bias": True}
    return BeitConfig(**(_VIT | size | {"auxiliary_channels": 8} | names() | more))


def data2vec(**more: Any) -> Any:
    """BEiT's shape, trained otherwise."""
    from transformers import Data2VecVisionConfig

    size = {"image_size": 64, "patch_size": 16, "out_indices": [1, 2, 3, 4], "use_relative_position_bias": True}
    return Data2VecVisionConfig(**(_VIT | size | {"auxiliary_channels": 8} | names() | more))


def mobilevit(**more: Any) -> Any:
    """Convolutions and a little attention, with DeepLab's head."""
    from transformers import MobileViTConfig

    size = {"hidden_sizes": [16, 16, 16], "neck_hidden_sizes": [8, 8, 8, 8, 16, 16, 16], "aspp_out_channels": 16}
    return MobileViTConfig(**(size | {"num_attention_heads": 2, "image_size": 64} | names() | more))


def mobilevitv2(**more: Any) -> Any:
    """The same with another attention."""
    from transformers import MobileViTV2Config

    size = {"width_multiplier": 0.25, "n_attn_blocks": [1, 1, 1], "base_attn_unit_dims": [32, 32, 32]}
    return MobileViTV2Config(**(size | {"aspp_out_channels": 16, "image_size": 64} | names() | more))


def mobilenet_v2(**more: Any) -> Any:
    """Convolutions alone, with DeepLab's head."""
    from transformers import MobileNetV2Config

    return MobileNetV2Config(**({"depth_multiplier": 0.25, "min_depth": 4, "image_size": 64} | names() | more))


TINY: Mapping[str, Callable[..., Any]] = {
    "mask2former": mask2former,
    "maskformer": maskformer,
    "oneformer": oneformer,
    "oneformer_dinat": oneformer_dinat,
    "eomt": eomt,
    "eomt_dinov3": eomt_dinov3,
    "detr": detr,
    "segformer": segformer,
    "upernet": upernet,
    "dpt": dpt,
    "beit": beit,
    "data2vec-vision": data2vec,
    "mobilevit": mobilevit,
    "mobilevitv2": mobilevitv2,
    "mobilenet_v2": mobilenet_v2,
}
"""Family -> its tiny config; every row of `FAMILIES` is there."""


def tiny_model(family: str, **more: Any) -> Any:
    """A tiny network as a model that sees photographs at about 64 px and has something to say about them."""
    from segweave.models.adapters.transformers import open_transformers

    model = open_transformers(TINY[family](**more), threads=1)  # more only wait for each other in networks this small
    liven(model.network)
    return eager(at_64_px(model))


def eager(model: Any) -> Any:
    """The same model, hearing queries that are far from sure: else random weights have hardly a segment."""
    answer = model.family.answer
    if not hasattr(answer, "rule"):
        return model
    loose = replace(answer, rule=QueryRule(score=0.1, overlap=0.05))
    return replace(model, family=replace(model.family, answer=loose))


def at_64_px(model: Any) -> Any:
    """The same model, quicker."""
    frame = model.preprocess.frame
    small = replace(frame, exact=(64, 64)) if frame.exact else replace(frame, shortest=64, longest=128)
    small = small if frame.pad_to is None else frame
    return replace(model, preprocess=replace(model.preprocess, frame=small))


def liven(network: Any) -> None:
    """Larger weights than a network starts with, the same every time: else every pixel and query says the same."""
    import torch

    chance = torch.Generator().manual_seed(3)
    for name, weight in network.named_parameters():
        decides = any(head in name for head in ("class_predictor", "class_embed", "class_labels_classifier"))
        spread = 40.0 if decides else 1.5
        if weight.ndim > 1:
            weight.normal_(0, spread / weight[0].numel() ** 0.5, generator=chance)
        elif name.endswith("bias") and "norm" not in name:
            weight.normal_(0, 0.1, generator=chance)
