"""Exported networks say the same as the models they come from, and files say all that is needed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')
pytest.importorskip("torchvision", reason='needs torchvision: pip install "segweave[torch]"')

from segweave import load_model, read_image  # noqa: E402
from segweave.errors import ModelError, UsageError  # noqa: E402
from segweave.models.agreement import equal_pixels  # noqa: E402
from segweave.models.export import SUFFIXES, export_model  # noqa: E402
from segweave.models.preprocess import Frame, resized  # noqa: E402
from segweave.models.windows import Windows  # noqa: E402
from tiny_torchvision import tiny_torchvision  # noqa: E402
from tiny_transformers import TINY, tiny_model  # noqa: E402

FIXED = {"eomt": 64, "eomt_dinov3": 64, "beit": 64, "data2vec-vision": 64, "oneformer_dinat": 128}
"""Families whose files take squares of this side alone."""
QUICK = ("segformer", "upernet", "beit", "mobilevitv2")
FAMILIES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in TINY]


@pytest.fixture(scope="module")
def photos(china: Path) -> tuple[Any, Any]:
    """The photograph, and a part of it of another shape."""
    photo = read_image(china)
    return photo, resized(photo[:, 200:500], (320, 200))


def check_file(model: Any, path: Path, photos: Any) -> None:
    """The file alone gives, for every task, what the model gives."""
    opened = load_model(path)
    assert opened.labels == model.labels and opened.tasks == model.tasks
    for photo in photos:
        for task in model.tasks:
            found, expected = opened.predict(photo, task=task), model.predict([photo], task)[0]
            assert equal_pixels(found, expected) > 0.995, task
            assert len(found.segments) == len(expected.segments)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_says_the_same_through_onnx_in_every_task(family: str, photos: Any, tmp_path: Path) -> None:
    model = tiny_model(family)
    report = export_model(model, tmp_path / "model.onnx", photo=photos[0])
    side = FIXED.get(family)
    assert report.fixed == ((side, side) if side else None)
    assert {agreement.task for agreement in report.agreements} == set(model.tasks)
    assert len({agreement.size for agreement in report.agreements}) >= 2
    if not side:
        assert len({agreement.seen for agreement in report.agreements}) > 1  # the network saw two sizes
    if family == "oneformer_dinat":  # its squares are not what the model itself sees
        frame = replace(model.preprocess.frame, pad_to=(128, 128), pad_multiple=1)
        model = replace(model, preprocess=replace(model.preprocess, frame=frame))
    if family == "detr":
        photos = photos[:1]  # in the other one a segment lies on the edge of a threshold
    check_file(model, tmp_path / "model.onnx", photos)


def test_windows_of_swin_that_fit_a_map_at_one_size_are_filled_up_at_another(photos: Any, tmp_path: Path) -> None:
    """Maps that are whole windows, and even, at one size and not at another: a trace is made at one size alone."""
    tiny = tiny_model("mask2former")
    frame = Frame(shortest=160, longest=400, pad_multiple=8)
    model = replace(tiny, preprocess=replace(tiny.preprocess, frame=frame))
    report = export_model(model, tmp_path / "model.onnx", photo=photos[0])
    assert report.fixed is None and len({agreement.seen for agreement in report.agreements}) > 2


@pytest.mark.parametrize(
    "builder",
    [
        "lraspp_mobilenet_v3_large",
        "fcn_resnet50",
        "deeplabv3_resnet50",
        pytest.param("maskrcnn_resnet50_fpn", marks=pytest.mark.slow),
        pytest.param("maskrcnn_resnet50_fpn_v2", marks=pytest.mark.slow),
    ],
)
def test_networks_of_torchvision_say_the_same_through_onnx(builder: str, photos: Any, tmp_path: Path) -> None:
    model = tiny_torchvision(builder)
    report = export_model(model, tmp_path / "model.onnx", photo=photos[0])
    assert report.fixed is None
    check_file(model, tmp_path / "model.onnx", photos)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [None, 1])
@pytest.mark.parametrize("arch", ["unet", "pspnet", "pan", "upernet", "deeplabv3plus", "segformer"])
def test_networks_of_smp_say_the_same_through_onnx(arch: str, columns: int | None, photos: Any, tmp_path: Path) -> None:
    pytest.importorskip("segmentation_models_pytorch", reason='needs smp: pip install "segweave[torch]"')
    from segweave.labels import label_set
    from segweave.models.adapters.smp import SmpNetwork, smp_labels, smp_model

    labels = label_set("camvid11")
    labels = replace(labels, name="two", labels=labels.labels[:2]) if columns else labels
    known, count = smp_labels(labels, columns)
    how = SmpNetwork(arch=arch, encoder="resnet18")
    model = smp_model(how.build(count), how, known, columns=count)
    report = export_model(model, tmp_path / "model.onnx", photo=photos[1])
    assert report.fixed is None
    check_file(model, tmp_path / "model.onnx", photos[1:])


def test_the_same_model_gives_the_same_file_twice(photos: Any, tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        export_model(tiny_model("segformer"), tmp_path / name, photo=photos[1])
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_probabilities_and_scales_go_along(photos: Any, tmp_path: Path) -> None:
    model = tiny_model("segformer")
    export_model(model, tmp_path / "model.onnx", photo=photos[1])
    network = load_model(tmp_path / "model.onnx").network
    found, expected = (m.probabilities([photos[1]])[0] for m in (network, model))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    larger = network.at_scale(1.5).probabilities([photos[1]])[0]
    assert larger.shape[1] == found.shape[1] * 3 // 2


def test_windows_go_along(photos: Any, tmp_path: Path) -> None:
    """EoMT's way to see a photograph for the task semantic: squares along its longer side."""
    windows = Windows(side=64, step=8)
    model = tiny_model("eomt")
    model = replace(model, windows=windows, preprocess=windows.framed(model.preprocess))
    report = export_model(model, tmp_path / "model.onnx", photo=photos[0])
    assert report.fixed == (64, 64) and {a.task for a in report.agreements} == {"semantic"}
    check_file(model, tmp_path / "model.onnx", photos)


def test_a_side_makes_squares_for_runtimes_that_want_one_size(photos: Any, tmp_path: Path) -> None:
    report = export_model(tiny_model("segformer"), tmp_path / "model.onnx", photo=photos[1], side=96)
    assert report.fixed == (96, 96)
    opened = load_model(tmp_path / "model.onnx")
    assert opened.network.fixed_size == (96, 96)
    assert opened.predict(photos[1], task="semantic").size == photos[1].shape[:2]
    with pytest.raises(UsageError, match="takes one size alone"):
        export_model(tiny_model("beit"), tmp_path / "b.onnx", side=96)


@pytest.mark.parametrize("family", ["segformer", pytest.param("mask2former", marks=pytest.mark.slow)])
def test_torchscript_says_the_same_and_carries_its_description(family: str, photos: Any, tmp_path: Path) -> None:
    from segweave.models import ModelDescription

    model = tiny_model(family)
    report = export_model(model, tmp_path / "model.ts", to="torchscript", photo=photos[1])
    assert all(agreement.is_same for agreement in report.agreements)
    extra: dict[str, Any] = {"segweave": ""}
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.jit.load(str(tmp_path / "model.ts"), _extra_files=extra)
    assert ModelDescription.from_json(extra["segweave"].decode()).labels == model.labels
    with pytest.raises(ModelError, match="TorchScript may run anything"):
        load_model(tmp_path / "model.ts")


def test_a_network_that_says_something_else_leaves_no_file(photos: Any, tmp_path: Path) -> None:
    """What is traced of it forgets its own numbers: a trace is made once, and this network counts its calls."""
    model = tiny_torchvision("lraspp_mobilenet_v3_large")
    calls: list[int] = []

    def counting(network: Any, values: Any) -> Any:
        calls.append(1)
        features = network.backbone(values)
        return network.classifier(features) * (1 + len(calls) % 5)

    (tmp_path / "model.onnx").write_text("before")
    with pytest.raises(ModelError, match=r"nothing was kept.*outputs differ by at most.*% of the pixels are equal"):
        export_model(replace(model, logits=counting), tmp_path / "model.onnx", photo=photos[1])
    assert (tmp_path / "model.onnx").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_network_that_torch_cannot_write_leaves_no_file(photos: Any, tmp_path: Path) -> None:
    model = tiny_torchvision("lraspp_mobilenet_v3_large")

    def unwritable(network: Any, values: Any) -> Any:
        features = network.backbone(values)
        return torch.special.bessel_j0(network.classifier(features))

    with pytest.raises(ModelError, match=r"torch cannot write this network as ONNX.*bessel_j0"):
        export_model(replace(model, logits=unwritable), tmp_path / "model.onnx", photo=photos[1])
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said_before_anything_is_done(tmp_path: Path) -> None:
    model = tiny_torchvision("lraspp_mobilenet_v3_large")
    with pytest.raises(UsageError, match="runs without torch already"):
        export_model(load_model("street").network, tmp_path / "street.onnx")
    with pytest.raises(UsageError, match=r"a file for openvino ends in \.xml"):
        export_model(model, tmp_path / "model.onnx", to="openvino")
    with pytest.raises(UsageError, match="there is no folder"):
        export_model(model, tmp_path / "no" / "model.onnx")
    with pytest.raises(UsageError, match="8-bit integers are for onnx and openvino"):
        export_model(model, tmp_path / "model.ts", to="torchscript", calibration=[tmp_path])
    assert not list(tmp_path.iterdir())
    assert set(SUFFIXES) == {"onnx", "openvino", "torchscript"}
