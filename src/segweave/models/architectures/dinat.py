"""DiNAT, the dilated neighbourhood attention transformer (Hassani & Shi 2022, arXiv 2209.15001), as a backbone.

Modules and weights are named as in the library transformers, so that its files fit. Its own DiNAT needs the compiled
package natten, in a version that current torch cannot load.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segweave.models.architectures.neighborhood import neighborhood_attention


@dataclass(frozen=True, slots=True, kw_only=True)
class DinatShape:
    """The numbers that make a DiNAT. depths, num_heads, dilations: one entry a stage; dilations: one a layer in it.

    layer_scale: each branch is weighted by learned factors. out_features: stages whose maps are given, of "stem",
    "stage1", ...
    """

    embed_dim: int
    depths: Sequence[int]
    num_heads: Sequence[int]
    dilations: Sequence[Sequence[int]]
    out_features: Sequence[str]
    kernel_size: int = 7
    mlp_ratio: float = 3.0
    qkv_bias: bool = True
    layer_scale: bool = False
    eps: float = 1e-5


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """What a backbone gives: (n, channels, height, width), the finest first."""

    feature_maps: tuple[Tensor, ...]


class DinatBackbone(nn.Module):
    """(n, 3, height, width) -> `FeatureMaps` at 1/4, 1/8, 1/16 and 1/32 of its size. Inference only."""

    def __init__(self, shape: DinatShape) -> None:
        super().__init__()
        self.embeddings = _Embeddings(shape.embed_dim)
        self.encoder = _Encoder(shape)
        names = ["stem", *(f"stage{i + 1}" for i in range(len(shape.depths)))]
        widths = [shape.embed_dim, *(shape.embed_dim * 2**i for i in range(len(shape.depths)))]
        self.taken = [i for i, name in enumerate(names) if name in shape.out_features]
        self.channels = [widths[i] for i in self.taken]
        self.hidden_states_norms = nn.ModuleDict({names[i]: nn.LayerNorm(widths[i]) for i in self.taken})

    def forward(self, pixel_values: Tensor) -> FeatureMaps:
        """pixel_values: (n, 3, height, width)."""
        maps = self.embeddings(pixel_values)
        stages = [maps]
        for level in self.encoder.levels:
            maps, before = level(maps)
            stages.append(before)
        norms = self.hidden_states_norms.values()
        found = [norm(stages[i]).permute(0, 3, 1, 2) for i, norm in zip(self.taken, norms, strict=True)]
        return FeatureMaps(tuple(found))


class _Embeddings(nn.Module):
    """Two convolutions of stride 2: (n, 3, h, w) -> (n, h / 4, w / 4, dim); channels stand last from here on."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.patch_embeddings = nn.Module()
        self.patch_embeddings.projection = nn.Sequential(
            nn.Conv2d(3, dim // 2, 3, stride=2, padding=1), nn.Conv2d(dim // 2, dim, 3, stride=2, padding=1)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.norm(self.patch_embeddings.projection(pixel_values).permute(0, 2, 3, 1))


class _Encoder(nn.Module):
    def __init__(self, shape: DinatShape) -> None:
        super().__init__()
        last = len(shape.depths) - 1
        self.levels = nn.ModuleList([_Stage(shape, i, is_last=i == last) for i in range(last + 1)])


class _Stage(nn.Module):
    """Layers of one width, and a convolution that halves the map and doubles the width."""

    def __init__(self, shape: DinatShape, index: int, *, is_last: bool) -> None:
        super().__init__()
        dim = shape.embed_dim * 2**index
        dilations = shape.dilations[index][: shape.depths[index]]
        self.layers = nn.ModuleList([_Layer(shape, dim, shape.num_heads[index], dilation=d) for d in dilations])
        self.downsample = None if is_last else _Downsampler(dim)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        for layer in self.layers:
            maps = layer(maps)
        return (self.downsample(maps) if self.downsample else maps), maps


class _Downsampler(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reduction = nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=False)
        self.norm = nn.LayerNorm(2 * dim)

    def forward(self, maps: Tensor) -> Tensor:
        return self.norm(self.reduction(maps.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


class _Layer(nn.Module):
    """Attention and two linear layers, each added to what came in."""

    def __init__(self, shape: DinatShape, dim: int, heads: int, *, dilation: int) -> None:
        super().__init__()
        self.least = shape.kernel_size * dilation
        hidden = int(shape.mlp_ratio * dim)
        self.layernorm_before = nn.LayerNorm(dim, eps=shape.eps)
        self.attention = nn.Module()
        self.attention.self = _Attention(shape, dim, heads, dilation=dilation)
        self.attention.output = _dense(dim, dim)
        self.layernorm_after = nn.LayerNorm(dim, eps=shape.eps)
        self.intermediate = _dense(dim, hidden)
        self.output = _dense(hidden, dim)
        self.layer_scale_parameters = nn.Parameter(torch.ones(2, dim)) if shape.layer_scale else None

    def forward(self, maps: Tensor) -> Tensor:
        height, width = maps.shape[1:3]
        right, down = max(0, self.least - width), max(0, self.least - height)
        seen = nn.functional.pad(self.layernorm_before(maps), (0, 0, 0, right, 0, down))  # small maps get zeros
        attended = self.attention.output.dense(self.attention.self(seen)[:, :height, :width])
        first, second = (1.0, 1.0) if self.layer_scale_parameters is None else self.layer_scale_parameters
        maps = maps + first * attended
        hidden = nn.functional.gelu(self.intermediate.dense(self.layernorm_after(maps)))
        return maps + second * self.output.dense(hidden)


class _Attention(nn.Module):
    def __init__(self, shape: DinatShape, dim: int, heads: int, *, dilation: int) -> None:
        super().__init__()
        self.heads, self.kernel, self.dilation = heads, shape.kernel_size, dilation
        self.rpb = nn.Parameter(torch.zeros(heads, 2 * shape.kernel_size - 1, 2 * shape.kernel_size - 1))
        self.query, self.key, self.value = (nn.Linear(dim, dim, bias=shape.qkv_bias) for _ in range(3))

    def forward(self, maps: Tensor) -> Tensor:
        n, height, width, dim = maps.shape
        query, key, value = (
            layer(maps).view(n, height, width, self.heads, dim // self.heads).permute(0, 3, 1, 2, 4)
            for layer in (self.query, self.key, self.value)
        )
        query = query / math.sqrt(dim // self.heads)
        found = neighborhood_attention(query, key, value, bias=self.rpb, kernel=self.kernel, dilation=self.dilation)
        return found.permute(0, 2, 3, 1, 4).reshape(n, height, width, dim)


def _dense(inputs: int, outputs: int) -> nn.Module:
    """A linear layer called `dense` in a module of its own, for the names in the files."""
    module = nn.Module()
    module.dense = nn.Linear(inputs, outputs)
    return module
