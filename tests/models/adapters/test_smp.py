"""Networks of segmentation_models_pytorch: every architecture, both kinds of heads, files and names."""

import json
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
smp = pytest.importorskip("segmentation_models_pytorch", reason='needs smp: pip install "segweave[torch]"')

from safetensors.torch import save_file  # noqa: E402

from segweave.errors import LabelError, ModelError, UsageError  # noqa: E402
from segweave.labels import Label, LabelSet, label_set  # noqa: E402
from segweave.models.adapters.smp import SmpNetwork, architectures, open_smp, smp_labels, smp_model  # noqa: E402
from segweave.models.adapters.smp_preprocess import encoder_preprocess  # noqa: E402
from segweave.models.preprocess import Frame  # noqa: E402
from segweave.models.protocol import ProbabilityModel  # noqa: E402

LABELS = label_set("camvid11")
UNET = "smp:unet/tu-test_resnet"
RUST = Label(name="rust", is_thing=False)
STEEL = Label(name="steel", is_thing=False)


@cache
def photos() -> list[Any]:
    """A photograph of a temple, of sizes that are multiples of nothing."""
    folder = find_spec("sklearn").submodule_search_locations[0]
    image = Image.open(Path(folder) / "datasets" / "images" / "china.jpg").convert("RGB")
    return [np.asarray(image.resize(size)) for size in ((91, 61), (27, 64))]


def tiny(arch: str, columns: int = len(LABELS)) -> tuple[Any, SmpNetwork]:
    """A network of an architecture with one of timm's encoders for tests."""
    encoder = "tu-test_vit" if arch == "dpt" else "tu-test_resnet"
    how = SmpNetwork(arch=arch, encoder=encoder, options={"dynamic_img_size": True} if arch == "dpt" else {})
    return liven(how.build(columns), how), how


def liven(network: Any, how: SmpNetwork) -> Any:
    """Larger weights in the head, every column yes at half of the photograph: else one label wins everywhere."""
    *_, head = (m for m in network.segmentation_head.modules() if isinstance(m, torch.nn.Conv2d))
    head.weight.normal_(0, 1.0, generator=torch.Generator().manual_seed(3))
    multiple = 128 if how.arch == "pan" else network.encoder.output_stride
    photo = encoder_preprocess(how.encoder, multiple=multiple, exact=None).to_input(photos()[0]).values
    head.bias -= network(torch.from_numpy(photo))[0, :, :61, :91].flatten(1).median(1).values
    return network


def tiny_model(arch: str) -> Any:
    network, how = tiny(arch)
    known, columns = smp_labels(LABELS)
    return smp_model(network, how, known, columns=columns, threads=1)


@pytest.mark.parametrize("arch", architectures())
def test_every_architecture_gives_the_argmax_of_its_logits_without_the_padding(arch: str) -> None:
    model = tiny_model(arch)
    assert isinstance(model, ProbabilityModel) and model.tasks == ("semantic",)
    together = model.predict(photos(), "semantic")
    assert together == [model.predict([photo], "semantic")[0] for photo in photos()]
    for photo, result in zip(photos(), together, strict=True):
        height, width = photo.shape[:2]
        seen = model.preprocess.to_input(photo).values
        assert seen.shape[2] % model.network.encoder.output_stride == seen.shape[3] % 8 == 0
        with torch.inference_mode():
            logits = model.network(torch.from_numpy(seen))[0].numpy()
        assert result.labels == LABELS and len(result.segments) > 1
        assert (result.label_indices() == logits.argmax(0)[:height, :width]).all()
    shares = model.probabilities(photos()[:1])[0]
    assert shares.shape == (len(LABELS), 61, 91)
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("arch", ["unet", "dpt", "segformer"])
def test_a_saved_folder_gives_the_same_answer(arch: str, tmp_path: Path) -> None:
    model = tiny_model(arch)
    model.network.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["encoder_weights"] is None
    (tmp_path / "config.json").write_text(json.dumps({**config, "encoder_weights": "imagenet"}), encoding="utf-8")
    again = open_smp(tmp_path, labels="camvid11", threads=1)  # without fetching the encoder's own weights
    assert again.predict(photos(), "semantic") == model.predict(photos(), "semantic")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_name_and_a_file_of_weights_give_the_same_answer(suffix: str, tmp_path: Path) -> None:
    model, path = tiny_model("unet"), tmp_path / f"w{suffix}"
    state = model.network.state_dict()
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    again = open_smp(UNET, labels=LABELS, weights=path, threads=1)
    assert again.predict(photos(), "semantic") == model.predict(photos(), "semantic")
    assert open_smp(UNET, labels=LABELS).preprocess == again.preprocess


def binary(labels: LabelSet, tmp_path: Path) -> tuple[Any, Any]:
    """A network with one column, saved and opened with these labels; and the network."""
    network, _ = tiny("unet", 1)
    save_file(network.state_dict(), tmp_path / "one.safetensors")
    return open_smp(UNET, labels=labels, weights=tmp_path / "one.safetensors", threads=1), network


def test_one_column_is_yes_from_a_probability_of_a_half_on(tmp_path: Path) -> None:
    one, network = binary(LabelSet("rust", (RUST,)), tmp_path)
    two, _ = binary(LabelSet("steel", (STEEL, RUST)), tmp_path)
    photo = photos()[0]
    with torch.inference_mode():
        logits = network(torch.from_numpy(one.preprocess.to_input(photo).values))[0, 0, :61, :91].numpy()
    assert 0.05 < (logits > 0).mean() < 0.95
    found = one.predict([photo], "semantic")[0]
    assert (found.label_indices() == np.where(logits >= 0, 0, -1)).all()  # void where it says no
    assert found.segments[0].score == pytest.approx((1 / (1 + np.exp(-logits)))[logits >= 0].mean(), abs=1e-5)
    assert (two.predict([photo], "semantic")[0].label_indices() == (logits > 0)).all()
    np.testing.assert_allclose(two.probabilities([photo])[0][1], 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_labels_that_are_each_a_question_go_to_the_surest_or_to_void(tmp_path: Path) -> None:
    network, _ = tiny("unet")
    network.segmentation_head[0].bias -= 3  # sure of less
    network.config["activation"] = "sigmoid"
    network.save_pretrained(tmp_path)
    model = open_smp(tmp_path, labels=LABELS, threads=1)
    with torch.inference_mode():
        logits = network(torch.from_numpy(model.preprocess.to_input(photos()[0]).values))[0, :, :61, :91].numpy()
    expected = np.where(logits.max(0) >= 0, logits.argmax(0), -1)
    assert (expected == -1).any() and (expected >= 0).any()
    assert (model.predict([photos()[0]], "semantic")[0].label_indices() == expected).all()


def test_a_transformer_of_one_size_gets_that_size() -> None:
    how = SmpNetwork(arch="dpt", encoder="tu-test_vit", options={"dynamic_img_size": False})
    known, columns = smp_labels(LABELS)
    model = smp_model(how.build(columns), how, known, columns=columns, threads=1)
    assert model.preprocess.frame == Frame(exact=(160, 160))
    assert [r.size for r in model.predict(photos(), "semantic")] == [(61, 91), (64, 27)]


def test_what_a_folder_says_about_photographs_is_done(tmp_path: Path) -> None:
    model = tiny_model("unet")
    model.network.save_pretrained(tmp_path)
    steps = [
        {"__class_fullname__": "Resize", "p": 1.0, "height": 64, "width": 96, "interpolation": 1},
        {"__class_fullname__": "albumentations.augmentations.transforms.Normalize", "mean": [0.5, 0.5, 0.5],
         "std": [0.25, 0.25, 0.25], "max_pixel_value": 255.0},
        {"__class_fullname__": "ToTensorV2", "p": 1.0},
    ]  # fmt: skip
    path = tmp_path / "albumentations_config_eval.json"
    path.write_text(json.dumps({"transform": {"__class_fullname__": "Compose", "transforms": steps}}))
    again = open_smp(tmp_path, labels=LABELS, threads=1)
    assert again.preprocess.frame == Frame(exact=(64, 96), pad_multiple=32)
    assert (again.preprocess.mean, again.preprocess.std) == ((127.5,) * 3, (63.75,) * 3)
    assert again.predict(photos()[:1], "semantic")[0].size == (61, 91)
    for wrong, says in (
        ({"transform": {"transforms": [{"__class_fullname__": "Solarize"}]}}, "'Solarize' is not known"),
        (
            {"transform": {"transforms": [{"__class_fullname__": "Resize", "height": 0, "width": 9}]}},
            "'height' must be",
        ),
        ([], "as albumentations saves a Compose"),
    ):
        path.write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(ModelError, match=rf"albumentations_config_eval\.json: .*{says}"):
            open_smp(tmp_path, labels=LABELS)


def test_what_smp_does_not_have_is_told_with_near_matches() -> None:
    for name, says in (
        ("smp:unett/resnet34", "no architecture 'unett'; did you mean 'unet'"),
        ("smp:unet/resnet35", "no encoder 'resnet35'; did you mean .*'resnet34'"),
        ("smp:unet/tu-resnet1888", "did you mean .*'tu-resnet18"),
        ("smp:unet", "expected smp:ARCHITECTURE/ENCODER"),
    ):
        with pytest.raises(UsageError, match=says):
            open_smp(name, labels=LABELS)
    with pytest.raises(ModelError, match="smp:dpt/resnet18: cannot be built: Only Timm encoders"):
        open_smp("smp:dpt/resnet18", labels=LABELS)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    network, _ = tiny("unet")
    network.save_pretrained(tmp_path)
    good = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    for change, says in (
        ({"_model_class": "Unett"}, "no architecture 'unett'; did you mean 'unet'"),
        ({"in_channels": 4}, "takes 4 channels; photographs have 3"),
        ({"activation": "tanh"}, "the activation 'tanh' is not known"),
        ({"decoder_channels": [8, 8, 8, 8, 8]}, r"of another shape: decoder\..*"),
        ({"colour": 1}, "cannot be built: .*colour"),
    ):
        (tmp_path / "config.json").write_text(json.dumps({**good, **change}), encoding="utf-8")
        with pytest.raises(ModelError, match=says):
            open_smp(tmp_path, labels=LABELS)
    (tmp_path / "config.json").write_text(json.dumps(good), encoding="utf-8")
    with pytest.raises(LabelError, match=r"'voc' has 21 labels.*the network has the columns 0\.\.10"):
        open_smp(tmp_path, labels="voc")
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(
        ModelError, match=r"has no weights; expected model\.safetensors; pytorch_model\.bin is not read"
    ):
        open_smp(tmp_path, labels=LABELS)
    (tmp_path / "config.json").unlink()
    with pytest.raises(ModelError, match=r"has no config\.json"):
        open_smp(tmp_path, labels=LABELS)


def test_a_second_head_and_its_weights_do_not_disturb(tmp_path: Path) -> None:
    model = tiny_model("unet")
    state = {**model.network.state_dict(), "classification_head.3.weight": torch.zeros(2, 2)}
    save_file(state, tmp_path / "two.safetensors")
    again = open_smp(UNET, labels=LABELS, weights=tmp_path / "two.safetensors", threads=1)
    assert again.predict(photos(), "semantic") == model.predict(photos(), "semantic")
    assert replace(again, network=None).labels == LABELS
