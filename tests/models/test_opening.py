"""Names that are in no zoo, and models of the zoo with weights that are there already."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("torchvision", reason='needs torchvision: pip install "segweave[torch]"')
smp = pytest.importorskip("segmentation_models_pytorch", reason='needs smp: pip install "segweave[torch]"')

from cli import make_cli  # noqa: E402
from segweave import load_model  # noqa: E402
from segweave.errors import LabelError, ModelError, UsageError  # noqa: E402
from segweave.formats.label_file import save_label_file  # noqa: E402
from segweave.labels import label_set  # noqa: E402
from segweave.models.adapters.torchvision import open_torchvision  # noqa: E402
from segweave.models.checksums import sha256_of  # noqa: E402
from segweave.models.opening import find_card, open_card  # noqa: E402
from segweave.models.preprocess import Frame  # noqa: E402
from segweave.models.protocol import ScalableModel  # noqa: E402
from tiny_transformers import tiny_model  # noqa: E402

PHOTO = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
REAL = os.environ.get("SEGWEAVE_WEIGHTS", "").replace(",", " ").split()


FILES = {
    "lraspp-mobilenetv3-voc": "lraspp_mobilenet_v3_large-d234d4ea.pth",
    "maskrcnn-resnet50-coco": "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that torch takes for its cache."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


@pytest.fixture
def cached(cache: Path) -> Path:
    """Random weights under the name of torchvision's own, in torch's cache."""
    path = cache / FILES["lraspp-mobilenetv3-voc"]
    torch.save(open_torchvision("lraspp_mobilenet_v3_large").network.state_dict(), path)
    return path


@pytest.mark.parametrize("name", FILES)
def test_weights_in_torch_s_cache_are_held_against_the_card_and_used(name: str, cache: Path) -> None:
    card, path = find_card(name), cache / FILES[name]
    assert card is not None
    torch.save(open_torchvision(card.source).network.state_dict(), path)
    with pytest.raises(ModelError, match=rf"are damaged or have changed .*expected {card.sha256}.*delete the file"):
        load_model(name)
    model: Any = open_card(replace(card, sha256=sha256_of(path)[:8]), threads=1)
    path.unlink()
    assert model.labels == label_set(card.labels) and model.tasks == card.tasks
    smaller = replace(model, preprocess=replace(model.preprocess, frame=Frame()))
    assert smaller.predict([PHOTO], card.tasks[0])[0].size == (40, 50)


def test_a_card_that_says_other_labels_than_the_file_is_told(cached: Path) -> None:
    card = find_card("lraspp-mobilenetv3-voc")
    assert card is not None
    changed = replace(card, sha256=sha256_of(cached)[:8], labels="coco")
    with pytest.raises(
        LabelError, match=r"d234d4ea\.pth: the label set 'coco' has 80 labels .*has the columns 0\.\.20"
    ):
        open_card(changed)


def test_a_name_that_says_how_to_build_a_network_takes_its_weights(cached: Path, tmp_path: Path) -> None:
    model = load_model("torchvision:lraspp_mobilenet_v3_large", weights=cached, threads=1)
    assert model.labels == label_set("voc") and model.remarks == ()
    network = smp.create_model("unet", "tu-test_resnet", None, classes=11)
    torch.save(network.state_dict(), tmp_path / "unet.pth")
    named = load_model("smp:unet/tu-test_resnet", labels="camvid11", weights=tmp_path / "unet.pth", threads=1)
    network.save_pretrained(tmp_path / "unet")
    saved = load_model(tmp_path / "unet", labels=label_set("camvid11"), threads=1)
    assert saved.predict(PHOTO, task="semantic") == named.predict(PHOTO, task="semantic")
    for told in (lambda: load_model(tmp_path / "unet"), lambda: load_model("smp:unet/resnet18", weights=cached)):
        with pytest.raises(LabelError, match="do not say which labels they have; say which labels it has"):
            told()
    save_label_file(tmp_path / "unet", label_set("camvid11"), range(11))
    assert load_model(tmp_path / "unet").predict(PHOTO, task="semantic") == saved.predict(PHOTO, task="semantic")
    with pytest.raises(UsageError, match="has its own weights"):
        load_model(tmp_path / "unet", labels="camvid11", weights=tmp_path / "unet.pth")


def test_networks_of_torchvision_and_smp_can_look_at_other_scales(cached: Path) -> None:
    model = load_model("torchvision:lraspp_mobilenet_v3_large", weights=cached, threads=1)
    assert isinstance(model.network, ScalableModel)
    grids = [network.probabilities([PHOTO])[0].shape[1:] for network in (model.network, model.network.at_scale(0.5))]
    assert grids[1][0] == pytest.approx(grids[0][0] / 2, abs=1)
    assert model.augmented(flip=True, scales=(0.1, 0.2)).predict(PHOTO, task="semantic").size == (40, 50)


def test_a_network_of_one_size_cannot_look_at_other_scales(tmp_path: Path) -> None:
    network = smp.create_model("dpt", "tu-test_vit", None, classes=11, dynamic_img_size=False)
    network.save_pretrained(tmp_path)
    model = load_model(tmp_path, labels="camvid11")
    with pytest.raises(UsageError, match=r"sees every photograph at \(160, 160\) px"):
        model.augmented(scales=(1, 2))


@pytest.mark.skipif(not REAL, reason="SEGWEAVE_WEIGHTS names no models of the zoo whose real weights to fetch and run")
@pytest.mark.parametrize("name", REAL or ["none"])
def test_real_weights_see_what_is_in_a_photograph(name: str, china: Path) -> None:
    """A temple, trees and sky: whoever knows sky sees it over the temple, everyone says the same twice."""
    model: Any = load_model(name)
    for task in model.tasks:
        result = model.predict(china, task=task)
        assert result.size == (427, 640) and result == model.predict(china, task=task)
        sky = [k for k, label in enumerate(model.labels) if label.name.casefold().startswith("sky")]
        if sky and task != "instance":
            assert (result.label_indices()[:100] == sky[0]).mean() > 0.8


def test_segweave_predict_takes_labels_and_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = make_cli(monkeypatch, capsys)
    network = smp.create_model("unet", "tu-test_resnet", None, classes=1)
    torch.save(network.state_dict(), tmp_path / "rust.pth")
    rows = "name,thing,void,color,source_id,ja,ko\nrust,0,0,#aa5500,0,,\n"
    (tmp_path / "rust.csv").write_text(rows, encoding="utf-8")
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    asked = ("predict", tmp_path / "photo.png", "--model", "smp:unet/tu-test_resnet", "--task", "semantic", "--json")
    said = cli(*asked, "--labels", tmp_path / "rust.csv", "--weights", tmp_path / "rust.pth")
    assert said.code == 0, said.err
    assert all(segment["label"] == "rust" for segment in json.loads(said.out)["images"][0]["segments"])
    assert cli(*asked, "--labels", tmp_path / "rust.csv").code == 2
    assert "do not say which labels" in cli(*asked, "--weights", tmp_path / "rust.pth").complaints[0]


def test_a_config_object_is_a_network_with_random_weights_and_says_so() -> None:
    config = tiny_model("segformer").network.config
    model = load_model(config)
    assert "weights are random" in model.remarks[0] and model.name == "segformer"
    seg = model.predict(PHOTO, task="semantic")
    assert seg.size == (40, 50) and seg == load_model(config).predict(PHOTO, task="semantic")
    with pytest.raises(UsageError, match="a config object has random weights"):
        load_model(config, weights="w.safetensors")
    with pytest.raises(UsageError, match=r"expected a model's name, a path or a config object.*; found int"):
        load_model(7)
