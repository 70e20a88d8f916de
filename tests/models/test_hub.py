"""Weights from a hub that runs on this machine: fetched, resumed, checked, and used without a network afterwards."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason='needs huggingface-hub: pip install "segweave[torch]"')

from fake_hub import Hub, python, running

WEIGHTS = bytes(range(256)) * 40
CONFIG = b'{"model_type": "segformer"}'
GOOD = {"config.json": CONFIG, "model.safetensors": WEIGHTS, "README.md": b"not needed"}
FETCH = """
from segweave.errors import ModelError
from segweave.models.hub import fetch_folder
try:
    folder = fetch_folder({name!r}, sha256={sha256!r})
    print(sorted(p.name for p in folder.iterdir()), (folder / "model.safetensors").stat().st_size)
except ModelError as error:
    print("ModelError:", error)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with a good network, a pickled one, one that the hub's converter has converted, and a stranger's offer."""
    pickled = {"config.json": CONFIG, "pytorch_model.bin": b"pickle"}
    repositories = {
        "owner/good": {"main": GOOD, "v2": {**GOOD, "model.safetensors": b"2"}},
        "owner/pickled": {"main": pickled, "refs/pr/1": GOOD},
        "owner/converted": {"main": pickled, "refs/pr/4": {**pickled, "model.safetensors": WEIGHTS}},
        "owner/empty": {"main": {"config.json": CONFIG}},
    }
    title = "Adding `safetensors` variant of this model"
    offers = {
        "owner/pickled": [("Mallory", title, 1)],
        "owner/converted": [("SFconvertbot", "Librarian", 3), ("SFconvertbot", title, 4)],
    }
    with running(Hub(repositories, offers)) as found:
        yield found


def fetch(name: str, hub: str, home: Path, sha256: str = "") -> str:
    """What `fetch_folder` gives or says in a fresh program."""
    done = python(FETCH.format(name=name, sha256=sha256), hub, home)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_configs_and_weights_are_fetched_once_and_used_without_a_network(hub: Hub, tmp_path: Path) -> None:
    told = f"['config.json', 'model.safetensors'] {len(WEIGHTS)}"
    assert fetch("owner/good", hub.url, tmp_path) == told
    assert any(path.endswith("model.safetensors") for path in hub.served)
    hub.served.clear()
    assert fetch("owner/good", hub.url, tmp_path) == told
    assert not any(path.endswith("model.safetensors") for path in hub.served)
    assert fetch("owner/good", "http://127.0.0.1:9", tmp_path) == told  # nobody answers there
    assert fetch("owner/good@v2", hub.url, tmp_path) == "['config.json', 'model.safetensors'] 1"


def test_weights_are_held_against_the_sum_of_the_card_and_the_hub_s_own(hub: Hub, tmp_path: Path) -> None:
    right = hashlib.sha256(WEIGHTS).hexdigest()
    for sha256 in ("", right, right[:8]):
        assert fetch("owner/good", hub.url, tmp_path, sha256).endswith(str(len(WEIGHTS)))
    told = fetch("owner/good", hub.url, tmp_path, "0" * 64)
    assert "the weights of 'owner/good' are damaged or have changed" in told and "and try again" in told
    (blob,) = (path for path in tmp_path.rglob("blobs/*") if len(path.name) == 64)
    blob.chmod(0o644)
    blob.write_bytes(WEIGHTS[:-1] + b"?")  # as large as before
    assert "are damaged or have changed" in fetch("owner/good", "http://127.0.0.1:9", tmp_path)


def test_where_the_owner_has_pickled_weights_those_of_the_hub_s_converter_are_taken(hub: Hub, tmp_path: Path) -> None:
    told = f"['config.json', 'model.safetensors'] {len(WEIGHTS)}"
    assert fetch("owner/converted", hub.url, tmp_path) == told
    assert not any(path.endswith(".bin") for path in hub.served)
    assert fetch("owner/converted", "http://127.0.0.1:9", tmp_path) == told


def test_what_a_stranger_offers_is_not_taken(hub: Hub, tmp_path: Path) -> None:
    told = fetch("owner/pickled", hub.url, tmp_path)
    assert "the hub has pytorch_model.bin alone, which may run anything when it is loaded" in told
    assert not any(path.endswith(("model.safetensors", ".bin")) for path in hub.served)


def test_a_name_that_cannot_be_had_says_what_to_do(hub: Hub, tmp_path: Path) -> None:
    assert "the hub has no such network, or it is private" in fetch("owner/nothing", hub.url, tmp_path)
    assert "has no weights on the hub; expected model.safetensors" in fetch("owner/empty", hub.url, tmp_path)
    told = fetch("owner/good", "http://127.0.0.1:9", tmp_path / "fresh")
    for part in (
        "is not in the cache and cannot be fetched now",
        "download config.json, preprocessor_config.json and model.safetensors of owner/good into one folder (of smp's",
        "give the folder's path instead of the name",
    ):
        assert part in told


def test_a_model_of_the_zoo_comes_from_the_hub(hub: Hub, china: Path, tmp_path: Path) -> None:
    """A tiny SegFormer under the name of a large one."""
    pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')
    make = f"""
from segweave.models.zoo import card_labels
from segweave.models.opening import find_card
from tiny_transformers import names, tiny_model
tiny_model("segformer", **names(card_labels(find_card("segformer-b0-ade")))).network.save_pretrained({str(tmp_path)!r})
"""
    assert python(make, hub.url, tmp_path).returncode == 0
    files = {name: (tmp_path / name).read_bytes() for name in ("config.json", "model.safetensors")}
    hub.repositories["nvidia/segformer-b0-finetuned-ade-512-512"] = {"main": dict(files)}
    config = json.loads(files["config.json"])
    nameless = {**config, "id2label": {k: f"LABEL_{k}" for k in range(150)}, "label2id": {}}
    files["config.json"] = json.dumps(nameless).encode()
    hub.repositories["nvidia/segformer-b1-finetuned-ade-512-512"] = {"main": dict(files)}
    run = f"""
from segweave import load_model
for name in ("segformer-b0-ade", "nvidia/segformer-b0-finetuned-ade-512-512", "segformer-b1-ade"):
    model = load_model(name)
    result = model.predict({str(china)!r}, task="semantic")
    print(result.size, result.labels.name, model.tasks, model.remarks)
"""
    done = python(run, hub.url, tmp_path / "home")
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.startswith("(427, 640) ade20k ('semantic',) (\"the weights of 'segformer-b0-ade' are NVIDIA")
    assert second == "(427, 640) ade20k ('semantic',) ()"
    assert third == first.replace("b0", "b1")  # its file has no names for its labels, the card has
