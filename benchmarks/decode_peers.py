"""How others decode: the papers' order of operations in plain torch, and transformers; None where not installed."""

from collections.abc import Callable
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np

from segweave.labels import LabelSet

Peer = Callable[[np.ndarray, np.ndarray, tuple[int, int], LabelSet], object]


def torch_argmax() -> Callable[[np.ndarray, tuple[int, int]], np.ndarray] | None:
    """Interpolate all maps, then argmax."""
    if find_spec("torch") is None:
        return None
    import torch
    from torch.nn.functional import interpolate

    torch.set_num_threads(1)

    def decode(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        maps = torch.from_numpy(logits)[None]
        return interpolate(maps, size=size, mode="bilinear", align_corners=False)[0].argmax(0).numpy()

    return decode


def torch_panoptic() -> Peer | None:
    """MaskFormer's and Mask2Former's order: upsample every query, sigmoid, argmax, then one query after another."""
    if find_spec("torch") is None:
        return None
    import torch
    from torch.nn.functional import interpolate, softmax

    torch.set_num_threads(1)

    def decode(
        class_logits: np.ndarray, mask_logits: np.ndarray, size: tuple[int, int], labels: LabelSet
    ) -> np.ndarray:
        maps = torch.from_numpy(mask_logits)[None]
        masks = interpolate(maps, size=size, mode="bilinear", align_corners=False)[0].sigmoid()
        scores, found = softmax(torch.from_numpy(class_logits), dim=-1).max(-1)
        keep = found.ne(len(labels)) & (scores > 0.8)
        scores, found, masks = scores[keep], found[keep], masks[keep]
        winner = (scores.view(-1, 1, 1) * masks).argmax(0)
        ids, of_stuff, n = torch.zeros(size, dtype=torch.int32), {}, 0
        for k, label in enumerate(found.tolist()):
            won, inside = (winner == k).sum().item(), (masks[k] >= 0.5).sum().item()
            mask = (winner == k) & (masks[k] >= 0.5)
            if not (won and inside and mask.sum().item()) or won / inside < 0.8:
                continue
            if label not in of_stuff:
                n += 1
                if not labels[label].is_thing:
                    of_stuff[label] = n
            ids[mask] = of_stuff.get(label, n)
        return ids.numpy()

    return decode


def transformers_panoptic() -> Peer | None:
    """transformers' own post-processing of Mask2Former, which resizes every mask to 384 x 384 first."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        return None
    import torch
    from transformers import Mask2FormerImageProcessor

    torch.set_num_threads(1)
    processor = Mask2FormerImageProcessor()

    def decode(class_logits: np.ndarray, mask_logits: np.ndarray, size: tuple[int, int], labels: LabelSet) -> object:
        answer = SimpleNamespace(
            class_queries_logits=torch.from_numpy(class_logits)[None],
            masks_queries_logits=torch.from_numpy(mask_logits)[None],
        )
        stuff = {k for k, label in enumerate(labels) if not label.is_thing}
        return processor.post_process_panoptic_segmentation(
            answer, threshold=0.8, label_ids_to_fuse=stuff, target_sizes=[size]
        )

    return decode
