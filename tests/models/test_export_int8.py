"""Networks in 8-bit integers: ranges from photographs, agreement on those held out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segweave.errors import UsageError
from segweave.models.quantize import MOST, split_photos


def test_every_fourth_photograph_is_held_out() -> None:
    paths = [Path(f"{k}.jpg") for k in range(9)]
    seen, held = split_photos(paths)
    assert held == [paths[0], paths[4], paths[8]]
    assert seen == [path for path in paths if path not in held]
    assert len(split_photos([Path(f"{k}.jpg") for k in range(3 * MOST)])[0]) == MOST
    for few in ([], paths[:1]):
        with pytest.raises(UsageError, match="int8 needs at least 2 photographs"):
            split_photos(few)


@pytest.fixture
def folder(china: Path, tmp_path: Path) -> Path:
    """Parts of the photograph as a folder of five."""
    photo = np.asarray(Image.open(china).convert("RGB"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for k in range(5):
        Image.fromarray(photo[20 * k : 20 * k + 200, 60 * k : 60 * k + 300]).save(folder / f"{k}.png")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_int8_is_smaller_and_agrees_mostly(suffix: str, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
    pytest.importorskip("segmentation_models_pytorch", reason='needs smp: pip install "segweave[torch]"')
    if suffix == ".xml":
        pytest.importorskip("openvino", reason='needs OpenVINO: pip install "segweave[openvino]"')
    from segweave import load_model
    from segweave.models.export import export_model

    to: Any = "onnx" if suffix == ".onnx" else "openvino"
    paths = sorted(folder.iterdir())
    model = _unet()
    plain = export_model(model, tmp_path / f"plain{suffix}", to=to)
    small = export_model(model, tmp_path / f"small{suffix}", to=to, calibration=paths)
    assert plain.int8 is None and small.int8 is not None
    print(small.int8)
    assert (small.int8.calibrated, small.int8.held_out) == (3, 2)
    assert 0.8 < small.int8.equal < 1 and 0.4 < (small.int8.miou or 0) < 1  # other numbers, about the same answer
    assert _size(small.path) < 0.35 * _size(plain.path)
    assert load_model(small.path).predict(paths[0], task="semantic").size == (200, 300)


def _unet() -> Any:
    """A U-Net whose random weights tell labels apart."""
    from segweave.labels import label_set
    from segweave.models.adapters.smp import SmpNetwork, smp_labels, smp_model

    known, count = smp_labels(label_set("camvid11"))
    how = SmpNetwork(arch="unet", encoder="resnet18")
    return smp_model(how.build(count), how, known, columns=count)


def _size(path: Path) -> int:
    weights = path.with_suffix(".bin")
    return path.stat().st_size + (weights.stat().st_size if path.suffix == ".xml" else 0)
