"""A folder with a config and weights: what is no network, or is pickled, is refused. Needs no torch."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from segweave import load_model
from segweave.errors import MissingExtra, ModelError
from segweave.models.adapters.transformers_files import find_files
from segweave.models.adapters.transformers_network import family_of


def a_folder(path: Path, **files: Any) -> Path:
    """A folder with these files: JSON for what is not bytes; `__` stands for the dot before an ending."""
    path.mkdir()
    for name, content in files.items():
        target = path / name.replace("__", ".")
        target.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"readme__md": b"hello"}, "has no config.json"),
        ({"config__json": {"model_type": "detr"}}, "has no weights; expected model.safetensors"),
        ({"config__json": {}, "pytorch_model__bin": b"\x80\x02"}, "pytorch_model.bin may run anything"),
        ({"config__json": {}, "weights__pth": b"PK"}, "weights.pth may run anything"),
        ({"config__json": b"{", "model__safetensors": b""}, "config.json is not JSON"),
        ({"config__json": [], "model__safetensors": b""}, "config.json must be a JSON object; found list"),
    ],
)
def test_a_folder_that_is_no_network_is_refused(tmp_path: Path, files: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        find_files(a_folder(tmp_path / "net", **files))
    assert str(tmp_path / "net") in str(caught.value)


def test_weights_beside_pickled_ones_are_taken(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path / "net",
        config__json={"model_type": "detr"},
        model__safetensors=b"",
        pytorch_model__bin=b"",
        processor_config__json={"image_processor": {"size": 7}},
    )
    found = find_files(folder)
    assert found.model_type == "detr"
    assert found.processor == {"size": 7}  # newer versions of the library put it there


def test_an_unknown_family_is_told_with_near_ones() -> None:
    with pytest.raises(ModelError, match="'maskformer2' are not known; did you mean 'maskformer'"):
        family_of("maskformer2", name="config.json")


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r'pip install "segweave\[torch\]"'):
        load_model(tmp_path)
    with pytest.raises(MissingExtra, match="transformers need torch"):
        load_model("owner/name")
