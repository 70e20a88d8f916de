"""Where a network of the library transformers lies: a folder, or a name on the hub that is fetched into its cache."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segweave.errors import MissingExtra, ModelError
from segweave.models.hub import fetch_folder

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5")
_INSTEAD = "save it again as safetensors where you trust it (transformers: model.save_pretrained(folder))"
_EXTRA = 'pip install "segweave[torch]"'


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """A folder with config.json and weights, what its JSON files say, and what to call it in messages."""

    folder: Path
    name: str
    config: Mapping[str, Any]
    processor: Mapping[str, Any] | None

    @property
    def model_type(self) -> str:
        """The family, as config.json names it; "" where it does not."""
        return str(self.config.get("model_type", ""))


def need_torch() -> None:
    """`MissingExtra` unless torch and transformers can be imported."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(f"networks of transformers need torch and transformers ({error}): {_EXTRA}") from None
    del torch, transformers


def find_files(source: str | Path) -> NetworkFiles:
    """The files of a network: a folder, or `owner/name` on the hub, also `owner/name@revision`.

    A name is fetched once, interrupted downloads go on, and the cache that transformers uses is used. `ModelError` for
    a folder without config.json or safetensors, for pickled weights, and for a name that cannot be had.
    """
    folder = Path(source)
    if not folder.is_dir():
        folder = fetch_folder(str(source))
    name = str(source)
    if not (folder / "config.json").is_file():
        raise ModelError(f"{name}: has no config.json; expected a folder that transformers saved (save_pretrained)")
    _check_weights(folder, name)
    processor = _json(folder / "preprocessor_config.json", name)
    if processor is None:
        both = _json(folder / "processor_config.json", name)
        processor = both.get("image_processor") if both else None
    return NetworkFiles(folder, name, _json(folder / "config.json", name) or {}, processor)


def _check_weights(folder: Path, name: str) -> None:
    if any((folder / file).is_file() for file in WEIGHTS):
        return
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLED)
    if pickled:
        raise ModelError(f"{name}: {pickled[0]} may run anything when it is loaded and is not read; {_INSTEAD}")
    raise ModelError(f"{name}: has no weights; expected {WEIGHTS[0]}, or {WEIGHTS[1]} and the files it names")


def _json(path: Path, name: str) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: {path.name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelError(f"{name}: {path.name} must be a JSON object; found {type(found).__name__}")
    return found
