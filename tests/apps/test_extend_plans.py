"""Plans on the command line: shown as models, interrupted, and wrong in the ways of real files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import Cli
from models.weaving import PLAN, stripes, write_images, write_models, write_plan
from segweave import read_image
from segweave.models import labelled

SIDES = ("--primary", "primary.onnx", "--secondary", "secondary.onnx")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both models, a photograph and a plan; the current folder."""
    write_plan(write_models(tmp_path))
    Image.fromarray(stripes(0, 1, 2, 0)).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plan_is_shown_as_a_model(work: Path, cli: Cli) -> None:
    told = json.loads(cli("models", "show", "plan.yaml", "--json").out)
    assert told["labels"] == ["roof", "lawn", "pond", "frog"] and told["added_labels"] == ["frog"]
    assert (told["mode"], told["parameters"], told["reviewed"]) == ("odds", ["ratio 4", "p_min 0.2", "..."][:2], True)
    assert (told["primary"], told["secondaries"]) == ("primary.onnx", ["secondary.onnx"])
    write_plan(work, PLAN.replace("mode: odds", "mode: odds\nparameters: {promote: true}"))
    said = cli("models", "show", "plan.yaml")
    assert said.code == 0 and "promote_ratio 16" in said.out and "frog" in said.out
    assert cli("models", "show", "paln.yaml").code == 2


def test_a_plan_predicts_what_it_offers_without_being_asked_for_a_task(work: Path, cli: Cli) -> None:
    said = cli("predict", "photo.png", "--model", "plan.yaml", "--json")
    assert said.code == 0 and json.loads(said.out)["task"] == "semantic"
    assert cli("predict", "photo.png", "--model", "plan.yaml", "--task", "panoptic").code == 2


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_windows_files_are_read(work: Path, cli: Cli, start: bytes, end: bytes) -> None:
    (work / "plan.yaml").write_bytes(start + PLAN.encode().replace(b"\n", end))
    assert cli("extend", "apply", "plan.yaml", "photo.png", "--out", "results").code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLAN.replace("  add:", "\tadd:").encode(), "plan.yaml: cannot be read as an extension plan"),
        (PLAN.encode("utf-16"), "plan.yaml: cannot be read as an extension plan"),
        (b"", "plan.yaml: is empty"),
        (PLAN.replace("secondary.onnx", "nothing.onnx").encode(), "plan.yaml:8: nothing.onnx: there is no such file"),
    ],
)
def test_a_plan_that_cannot_be_used_is_one_line(work: Path, cli: Cli, content: bytes, said: str) -> None:
    (work / "plan.yaml").write_bytes(content)
    found = cli("extend", "apply", "plan.yaml", "photo.png", "--out", "results")
    assert found.code == 1 and said in found.err and len(found.err.strip().splitlines()) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (8, 8, 4), (9, 7)])
def test_photographs_of_every_shape_are_woven(work: Path, cli: Cli, shape: tuple[int, ...]) -> None:
    Image.fromarray(np.full(shape, 90, np.uint8)).save("odd.png")
    write_plan(work, PLAN.replace("  add:", "  crop: [0.5, 0.5, 1, 1]\n  add:"))
    assert cli("extend", "apply", "plan.yaml", "odd.png", "--out", "results").code == 0
    assert read_image("results/odd.png").shape[:2] == read_image("odd.png").shape[:2] == shape[:2]


def test_resuming_with_a_changed_plan_is_refused(work: Path, cli: Cli) -> None:
    command = ("extend", "apply", "plan.yaml", "photo.png", "--out", "results")
    assert cli(*command).code == 0 and cli(*command, "--resume").code == 0
    write_plan(work, PLAN.replace("mode: odds", "mode: odds\nparameters: {ratio: 1}"))
    said = cli(*command, "--resume")
    assert said.code == 2 and "results: cannot be resumed: it holds a run of model 'plan.yaml " in said.err


def test_a_data_set_without_a_label_of_the_secondary_is_refused_before_it_is_read(work: Path, cli: Cli) -> None:
    write_images(work)
    (work / "map.yaml").write_text("tiles: null\ngrass: null\nfrog: null\n", encoding="utf-8")
    said = cli("extend", "learn", "masks", *SIDES, "--out", "c.npz", "--map", "map.yaml")
    assert said.code == 1 and "masks: none of its labels has a counterpart in 'details'" in said.err


def test_a_floor_that_is_no_share_is_wrong_use(work: Path, cli: Cli) -> None:
    assert cli("extend", "forecast", "plan.yaml", "--floor", "7").code == 2


@pytest.fixture
def many(work: Path) -> Iterator[Path]:
    """So many labelled images that a command is still at them when it is interrupted."""
    write_images(work, n=400)
    yield work


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("command", "written"),
    [
        (("learn", "masks", *SIDES, "--out", "c.npz"), "c.npz.unfinished"),
        (("apply", "plan.yaml", "images", "--out", "results"), "results/2.overlay.png"),
    ],
)
def test_ctrl_c_ends_a_command_in_order(many: Path, command: tuple[str, ...], written: str) -> None:
    """written: the file that shows that it is at work."""
    call = [sys.executable, "-m", "segweave", "extend", *command]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while not Path(written).exists():
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode in (130, -signal.SIGINT)  # a shell says 130 for both
    assert "--resume goes on" in err and "Traceback" not in err


def test_an_interrupted_evaluation_shows_what_it_has(work: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_images(work)
    real = labelled.photograph

    def interrupted(sample):
        if sample.image_name.startswith("2"):
            raise KeyboardInterrupt
        return real(sample)

    monkeypatch.setattr(labelled, "photograph", interrupted)
    said = cli("extend", "evaluate", "plan.yaml", "masks", "--json")
    assert said.code == 130 and "interrupted after 2 images; the table is of these" in said.err
    assert json.loads(said.out)["images"] == 2
