"""`segweave export`: through the command line to a file that `segweave predict` runs alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli import Cli


def test_wrong_use_is_told_before_a_model_is_opened(cli: Cli, tmp_path: Path) -> None:
    said = cli("export", "nobody/nothing", "--to", "onx")
    assert said.code == 2 and said.complaints == ["segweave: cannot export to 'onx'; did you mean 'onnx'?"]
    said = cli("export", "nobody/nothing", "--int8", tmp_path / "no")
    assert said.code == 2 and "there is no such folder of photographs" in said.complaints[0]
    said = cli("export", "nobody/nothing", "--int8", tmp_path)
    assert said.code == 2 and str(tmp_path) in said.complaints[0]
    said = cli("export", "street", "--out", tmp_path / "street.onnx")
    assert said.code == 2 and "runs without torch already" in said.complaints[-1]
    assert not list(tmp_path.iterdir())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A tiny SegFormer as transformers saves it."""
    pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
    pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')
    from tiny_transformers import tiny_model

    folder = tmp_path / "my-segformer"
    tiny_model("segformer").network.save_pretrained(folder)
    frame = {"do_resize": True, "size": {"height": 64, "width": 64}, "do_normalize": True}
    (folder / "preprocessor_config.json").write_text(json.dumps(frame))
    return folder


def test_a_folder_becomes_a_file_that_predicts_alone(
    saved: Path, china: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cli("export", saved, "--to", "onnx", "--image", china)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert len(lines) == 4  # two sizes of the photograph, another of the network, the file
    assert "photograph 640 x 427 px" in lines[0] and "100.000 % of the pixels are equal" in lines[0]
    assert lines[-1].startswith("my-segformer.onnx: onnx, images of any size")
    shown = json.loads(cli("models", "show", "my-segformer.onnx", "--json").out)
    assert shown["label_set"] == "cityscapes" and shown["tasks"] == ["semantic"]
    from_folder = cli("predict", china, "--task", "semantic", "--model", saved, "--out", "a")
    from_file = cli("predict", china, "--task", "semantic", "--model", "my-segformer.onnx", "--out", "b")
    assert from_folder.code == from_file.code == 0
    one, two = (np.asarray(Image.open(tmp_path / name / "china.png")) for name in "ab")
    assert (one == two).all(axis=-1).mean() > 0.999


def test_json_says_what_was_compared(saved: Path, china: Path, cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for k in range(2):
        Image.open(china).crop((50 * k, 0, 300 + 50 * k, 200)).save(photos / f"{k}.png")
    out = tmp_path / "small.onnx"
    said = cli("export", saved, "--out", out, "--int8", photos, "--json")
    assert said.code == 0, said.err
    told: dict[str, Any] = json.loads(said.out)
    assert told["path"] == str(out) and out.is_file()
    assert told["fixed"] is None and told["rejected"] == []
    assert all(row["equal"] > 0.999 and row["difference"] < 0.01 * row["largest"] for row in told["agreements"])
    assert (told["int8"]["calibrated"], told["int8"]["held_out"]) == (1, 1)
    assert 0.5 < told["int8"]["equal"] <= 1
