"""What is traced of each kind of network of torch: a module that takes plain tensors and gives a tuple of them."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn


class QueriesOrPixels(nn.Module):
    """A network of transformers. names: of the outputs. It takes the image, and the question if it `asks`."""

    def __init__(self, network: nn.Module, names: Sequence[str], *, asks: bool) -> None:
        super().__init__()
        self.network, self.names, self.asks = network, tuple(names), asks

    def forward(self, values: Tensor, tokens: Tensor | None = None) -> tuple[Tensor, ...]:
        """The named outputs."""
        question = {"task_inputs": tokens} if self.asks else {}
        found = self.network(pixel_values=values, **question)
        return tuple(found[name] for name in self.names)


class PixelLogits(nn.Module):
    """A network whose logits a function reads, as `PixelModel` does."""

    def __init__(self, network: nn.Module, logits: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.network, self.logits = network, logits

    def forward(self, values: Tensor) -> tuple[Tensor, ...]:
        """The logits alone."""
        return (self.logits(self.network, values),)


class BoxParts(nn.Module):
    """A Mask R-CNN: boxes, scores, columns and masks, each with a first axis. shown: int64 (height, width) px."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, values: Tensor, shown: Tensor) -> tuple[Tensor, ...]:
        """Boxes, scores, columns, masks."""
        from segweave.models.adapters.torchvision import box_parts

        found = box_parts(self.network, values, (shown[0], shown[1]))
        return (
            found["boxes"][None],
            found["scores"][None],
            found["labels"][None],
            found["masks"][:, 0][None],
        )
