"""OneFormer with our own DiNAT in it: the library's needs the compiled package natten."""

import copy
from typing import Any

from segweave.errors import ModelError


def oneformer_with_dinat() -> type[Any]:
    """transformers' OneFormer whose backbone is `architectures/dinat.py`; weights fit by name."""
    from transformers import OneFormerForUniversalSegmentation, SwinConfig

    from segweave.models.architectures.dinat import DinatBackbone

    class OneFormerWithDinat(OneFormerForUniversalSegmentation):
        def __init__(self, config: Any) -> None:
            shape = dinat_shape(config.backbone_config)
            stand_in = copy.deepcopy(config)  # a small backbone of the same widths, built and thrown away
            stand_in.backbone_config = SwinConfig(
                embed_dim=shape.embed_dim,
                depths=[1] * len(shape.depths),
                num_heads=[1] * len(shape.depths),
                window_size=1,
                mlp_ratio=0.1,
                out_features=list(shape.out_features),
            )
            super().__init__(stand_in)
            self.config = config
            self.model.config = config
            self.model.pixel_level_module.encoder = DinatBackbone(shape)

    return OneFormerWithDinat


def dinat_shape(config: Any) -> Any:
    """The `DinatShape` that a DinatConfig of transformers describes."""
    from segweave.models.architectures.dinat import DinatShape

    if config.hidden_act != "gelu" or config.patch_size != 4 or config.num_channels != 3:
        raise ModelError(
            "DiNAT is known with hidden_act gelu, patch_size 4 and num_channels 3; found"
            f" {config.hidden_act}, {config.patch_size} and {config.num_channels}"
        )
    return DinatShape(
        embed_dim=config.embed_dim,
        depths=tuple(config.depths),
        num_heads=tuple(config.num_heads),
        dilations=tuple(tuple(d) for d in config.dilations),
        out_features=tuple(config.out_features),
        kernel_size=config.kernel_size,
        mlp_ratio=config.mlp_ratio,
        qkv_bias=config.qkv_bias,
        layer_scale=config.layer_scale_init_value > 0,
        eps=config.layer_norm_eps,
    )
