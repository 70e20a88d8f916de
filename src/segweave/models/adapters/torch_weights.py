"""Weights from a file into a network of torch. Nothing pickled is run: safetensors, or torch files as weights alone."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segweave.errors import ModelError

SAFE = ".safetensors"
TORCH = (".pt", ".pth", ".bin", ".ckpt")
COMPUTED = (r"num_batches_tracked$", r"relative_position_index$", r"attn_mask$")
"""Weights (regular expressions) that files may have or not, because networks compute them or do not use them."""
_SHOWN = 6

Weights = Mapping[str, Any]
"""Tensor by name."""


def read_weights(path: str | Path) -> Weights:
    """The tensors of a file: `.safetensors`, or a file of torch's, of which nothing but tensors is read.

    `ModelError` when there is no such file, it is broken, or it holds more than tensors and so could run code.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file of weights")
    if path.suffix not in (SAFE, *TORCH):
        raise ModelError(f"{path}: weights come as {SAFE} or as a torch file ({', '.join(TORCH)})")
    found = _safetensors(path) if path.suffix == SAFE else _torch_file(path)
    if not found or not all(isinstance(name, str) and hasattr(tensor, "shape") for name, tensor in found.items()):
        held = ", ".join(repr(name) for name in list(found)[:_SHOWN])
        raise ModelError(
            f"{path}: expected names with one tensor each, as network.state_dict() gives them;"
            f" found {held or 'nothing'}"
        )
    return found


def fetch_torchvision(weights: str, *, sha256: str) -> Path:
    """The file of weights that torchvision calls so, in torch's own cache, where torchvision puts it too.

    weights: such as "FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1". sha256: of the file, or its beginning.
    """
    import torch
    import torchvision

    from segweave.models.download import fetch_file

    url = torchvision.models.get_weight(weights).url
    return fetch_file(url, Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name, sha256=sha256)


def fill_network(network: Any, weights: Weights, *, name: str, harmless: Sequence[str] = ()) -> None:
    """Give a network its weights; `ModelError` names those that do not fit.

    name: of the file, for messages. harmless: regular expressions of weights that do not matter for prediction.
    """
    ignored = (*COMPUTED, *harmless)
    taken = {key: tensor for key, tensor in weights.items() if not _matches(key, harmless)}
    try:
        network.load_state_dict(dict(taken), strict=True)
        return
    except RuntimeError as error:
        wrong = misfits({k: tuple(t.shape) for k, t in taken.items()}, _shapes(network), harmless=ignored)
        if wrong:
            raise ModelError(f"{name}: these weights are not of this network: {wrong}") from None
        if "size mismatch" in str(error):
            raise ModelError(f"{name}: {' '.join(str(error).split())}") from None
    network.load_state_dict(dict(taken), strict=False)


def misfits(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], *, harmless: Sequence[str] = ()
) -> str:
    """In words, which weights have another shape, are missing, or have no place; "" when all fit.

    >>> misfits({"a": (3, 4), "b": (1,)}, {"a": (5, 4), "c": (2,)})
    '1 of another shape: a (3, 4) for (5, 4); 1 missing: c; 1 without a place: b'
    """
    shaped = [f"{k} {found[k]} for {expected[k]}" for k in sorted(found) if k in expected and found[k] != expected[k]]
    parts = (
        ("of another shape", shaped),
        ("missing", sorted(k for k in expected if k not in found and not _matches(k, harmless))),
        ("without a place", sorted(k for k in found if k not in expected and not _matches(k, harmless))),
    )
    return "; ".join(
        f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}{' …' if len(keys) > _SHOWN else ''}"
        for what, keys in parts
        if keys
    )


def _shapes(network: Any) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(re.search(pattern, key) for pattern in patterns)


def _safetensors(path: Path) -> Weights:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: Weights = load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as safetensors: {' '.join(str(error).split())}") from None
    return tensors


def _torch_file(path: Path) -> Weights:
    import pickle
    import warnings

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the version of a pickle that is refused anyway
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            f"{path}: holds more than weights, may run anything when it is loaded, and is not read; where you trust it,"
            " save its weights as safetensors: safetensors.torch.save_file(network.state_dict(), 'weights.safetensors')"
        ) from None
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read as a torch file: {' '.join(str(error).split())}") from None
    return found if isinstance(found, Mapping) else {f"a {type(found).__name__}": None}
