"""A name, a folder, its config and its weights: what does not belong together is refused and named."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from safetensors.torch import load_file, save_file  # noqa: E402

from segweave import Label, LabelSet, load_model  # noqa: E402
from segweave.errors import ModelError  # noqa: E402
from segweave.models.adapters.transformers import open_transformers  # noqa: E402
from tiny_transformers import TINY, names  # noqa: E402


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SegFormer as transformers saves it."""
    folder = tmp_path_factory.mktemp("segformer")
    open_transformers(TINY["segformer"]()).network.save_pretrained(folder)
    return folder


@pytest.fixture
def broken(saved: Path, tmp_path: Path) -> Path:
    """A copy of it to break."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def change_weights(folder: Path, **changed: Any) -> None:
    """Replace weights by name (`__` for a dot); None takes one away."""
    weights = load_file(folder / "model.safetensors")
    for name, weight in changed.items():
        weights.pop(name.replace("__", "."), None)
        if weight is not None:
            weights[name.replace("__", ".")] = weight
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_weights_of_another_shape_are_named_with_both_shapes(broken: Path) -> None:
    change_weights(broken, decode_head__classifier__bias=torch.zeros(5))
    with pytest.raises(ModelError, match=r"another shape .*: decode_head\.classifier\.bias \(5,\) for \(19,\)"):
        open_transformers(broken)


def test_a_missing_weight_is_named_and_not_made_up(broken: Path) -> None:
    change_weights(broken, decode_head__classifier__bias=None)
    with pytest.raises(ModelError, match=r"1 weights are missing: decode_head\.classifier\.bias"):
        open_transformers(broken)


def test_a_weight_without_a_place_is_named(broken: Path) -> None:
    change_weights(broken, decode_head__extra=torch.zeros(1))
    with pytest.raises(ModelError, match=r"1 weights have no place in the network: decode_head\.extra"):
        open_transformers(broken)


def test_buffers_that_are_computed_anyway_are_no_fault(broken: Path) -> None:
    change_weights(broken, segformer__relative_position_index=torch.zeros(1))
    assert open_transformers(broken).tasks == ("semantic",)


def test_a_config_of_other_labels_than_the_weights_is_refused(broken: Path) -> None:
    config = json.loads((broken / "config.json").read_text())
    config |= json.loads(json.dumps(names(names_of("road", "car"))))
    (broken / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"decode_head\.classifier\.weight \(19, .*\) for \(2, "):
        open_transformers(broken)


def names_of(*labels: str) -> Any:
    """A label set of these names."""
    return LabelSet("some", tuple(Label(name=name, is_thing=False) for name in labels))


def test_a_broken_weights_file_is_refused_in_one_line(broken: Path) -> None:
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be opened as SegformerForSemanticSegmentation") as caught:
        open_transformers(broken)
    assert "\n" not in str(caught.value)


def test_a_name_that_cannot_be_fetched_says_which_files_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        ModelError, match=r"config\.json, preprocessor_config\.json and model\.safetensors of nobody/net"
    ):
        load_model("nobody/net")


@pytest.mark.parametrize("name", ["two words/net", "-a/..b"])
def test_a_name_that_the_hub_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="neither a folder nor a name of the form owner/name"):
        open_transformers(name)
