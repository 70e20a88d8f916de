"""Whatever is wrong: one clear line each, exit code 1 or 2, the other images still done, nothing half-written."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import Cli
from segweave import Label, LabelSet
from segweave.formats import find_sources
from segweave.models import Result
from segweave.models.pipeline import Failure, predict_sources
from segweave.models.predict import Model
from tiny_onnx import channel_network, describe_channels, failing_network


@pytest.fixture
def good(tmp_path: Path, china: Path) -> Path:
    path = tmp_path / "good.jpg"
    Image.open(china).resize((96, 64)).save(path)
    return path


def truncated_jpeg(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1500])


def bomb(path: Path) -> None:
    """A PNG that says it is 60,000 x 60,000 px."""
    from struct import pack

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))


BROKEN = {
    "text.jpg": lambda path: path.write_text("this is no picture"),
    "cut.jpg": truncated_jpeg,
    "empty.png": lambda path: path.touch(),
    "bomb.png": bomb,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_image_is_one_line_and_the_others_are_done(name: str, cli: Cli, good: Path, tmp_path: Path) -> None:
    BROKEN[name](tmp_path / name)
    out = tmp_path / "out"
    said = cli("predict", tmp_path / name, good, "--out", out, "--json")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert name in said.complaints[0]
    assert "Traceback" not in said.err
    told = json.loads(said.out)
    assert [image["image"] for image in told["images"]] == ["good"]
    assert [failed["source"] for failed in told["failed"]] == [str(tmp_path / name)]
    stem = Path(name).stem
    assert not list(out.glob(f"{stem}*")) and not list(out.rglob("*.part"))
    assert (out / "good.overlay.png").is_file()


def test_a_missing_file_is_one_line_with_near_matches_and_the_others_are_done(
    cli: Cli, good: Path, tmp_path: Path
) -> None:
    said = cli("predict", tmp_path / "god.jpg", good, "--out", tmp_path / "out")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "did you mean 'good.jpg'" in said.complaints[0]
    assert (tmp_path / "out" / "good.overlay.png").is_file()


@pytest.mark.parametrize("source", ["missing.jpg", "empty", "*.tif"])
def test_sources_without_an_image_are_wrong_use(source: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = cli("predict", tmp_path / source, "--out", tmp_path / "out")
    assert said.code == 2
    assert len(said.complaints) == 1
    assert source in said.complaints[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(1, 1), (30_000, 10), (10, 30_000)])
def test_strange_sizes_are_no_problem(size: tuple[int, int], cli: Cli, tmp_path: Path) -> None:
    Image.new("RGB", size, (90, 120, 150)).save(tmp_path / "strange.png")
    said = cli("predict", tmp_path / "strange.png", "--out", tmp_path / "out", "--json")
    assert said.code == 0
    with Image.open(tmp_path / "out" / "strange.png") as ids:
        assert ids.size == size


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "stret"], "did you mean 'street'"),
        (["--task", "panoptik"], "did you mean 'panoptic'"),
        (["--language", "jp"], "'ja'"),
        (["--opacity", "2"], "0..1"),
        (["--resume"], "--out"),
    ],
)
def test_wrong_options_are_one_line_and_exit_two(arguments: list[str], says: str, cli: Cli, good: Path) -> None:
    said = cli("predict", good, *arguments)
    assert said.code == 2
    assert len(said.complaints) == 1
    assert says in said.complaints[0]


def test_an_onnx_file_that_says_nothing_of_itself_is_refused(cli: Cli, good: Path, tmp_path: Path) -> None:
    said = cli("predict", good, "--model", channel_network(tmp_path / "plain.onnx"), "--out", tmp_path / "out")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "describe_onnx" in said.complaints[0]
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_is_a_file_is_refused(cli: Cli, good: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    said = cli("predict", good, "--out", tmp_path / "taken")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "taken: cannot be used as an output folder" in said.complaints[0]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_read_only_output_folder_is_refused(cli: Cli, good: Path, tmp_path: Path) -> None:
    # root may write anywhere on a disk, but not in the kernel's own file system
    folder = Path("/proc/segweave") if os.geteuid() == 0 else tmp_path / "locked"
    if os.geteuid() != 0:
        folder.mkdir(mode=0o555)
    said = cli("predict", good, "--out", folder)
    assert said.code == 1
    assert len(said.complaints) == 1
    assert str(folder) in said.complaints[0]


def test_a_missing_command_line_argument_exits_two(cli: Cli) -> None:
    assert cli("predict").code == 2
    assert cli("labels", "show").code == 2
    assert cli("nonsense").code == 2


def test_a_network_that_fails_is_one_line_for_each_image(cli: Cli, good: Path, tmp_path: Path) -> None:
    labels = LabelSet("abc", tuple(Label(name=name, is_thing=False) for name in "abc"))
    model = describe_channels(failing_network(tmp_path / "plain.onnx"), tmp_path / "model.onnx", labels)
    said = cli("predict", good, "--task", "semantic", "--model", model, "--out", tmp_path / "out")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "good.jpg: the network failed on an input of (1, 3," in said.complaints[0]


def test_files_that_cannot_be_written_are_one_line_and_the_others_are_done(
    cli: Cli, good: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(good.read_bytes())
    (tmp_path / "out" / "good.png").mkdir(parents=True)  # a folder where the id map should go
    said = cli("predict", good, other, "--out", tmp_path / "out", "--json")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "good.png: cannot be written" in said.complaints[0]
    assert [image["image"] for image in json.loads(said.out)["images"]] == ["other"]
    assert not (tmp_path / "out" / "good.overlay.png").exists()


def test_a_file_where_a_folder_should_be_is_one_line(cli: Cli, good: Path, tmp_path: Path) -> None:
    (tmp_path / "photos" / "more").mkdir(parents=True)
    good.rename(tmp_path / "photos" / "more" / "good.jpg")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "more").touch()
    said = cli("predict", tmp_path / "photos", "--out", tmp_path / "out")
    assert said.code == 1
    assert len(said.complaints) == 1
    assert "more: cannot be used as an output folder" in said.complaints[0]


def test_a_journal_with_a_line_that_is_not_ours_is_resumed(cli: Cli, good: Path, tmp_path: Path) -> None:
    assert cli("predict", good, "--out", tmp_path / "out").code == 0
    with (tmp_path / "out" / ".segweave.jsonl").open("a") as journal:
        journal.write('{"name": 3}\n[]\n')
    assert cli("predict", good, "--out", tmp_path / "out", "--resume").code == 0
    (tmp_path / "out" / ".segweave.jsonl").write_text("nonsense")
    assert cli("predict", good, "--out", tmp_path / "out", "--resume").code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no Unicode")
def test_a_file_name_that_is_no_unicode_is_no_problem(good: Path, tmp_path: Path) -> None:
    """As a process of its own, on a terminal that knows ASCII only."""
    name = os.fsdecode(b"caf\xe9.jpg")
    good.rename(tmp_path / name)
    command = [sys.executable, "-m", "segweave", "predict", str(tmp_path / name), "--out", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"udce9" in done.stdout
    again = subprocess.run(
        [*command, "--resume", "--language", "ja"], env=environment, capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr


class Forgetful:
    """A model that never has enough memory."""

    labels = LabelSet("none", ())
    tasks = ("panoptic",)

    def predict(self, images: object, task: object) -> list[Result]:
        raise MemoryError


def test_running_out_of_memory_is_a_failure_of_that_image_only(good: Path) -> None:
    sources, _ = find_sources([str(good)])
    (failure,) = predict_sources(Model("forgetful", Forgetful()), sources, task="panoptic")
    assert isinstance(failure, Failure)
    assert "good.jpg: does not fit into memory; --tile 1024" in str(failure.error)
