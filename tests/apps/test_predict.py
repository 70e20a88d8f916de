"""`segweave predict`: the files it writes, what it prints, and that it can be interrupted and resumed."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from cli import Cli
from segweave import Segmentation, load_model
from segweave.formats import open_coco_panoptic, read_id_png
from segweave.models import TASKS


@pytest.fixture
def photos(tmp_path: Path, china: Path) -> Path:
    """A folder with three small photographs, one of them in a folder below."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    photo = Image.open(china).resize((160, 107))
    photo.save(folder / "2.jpg")
    photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "10.png")
    photo.convert("L").save(folder / "more" / "2.jpg")
    return folder


@pytest.mark.parametrize("task", TASKS)
def test_every_image_gets_its_picture_and_its_rows(task: str, cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = cli("predict", photos, "--task", task, "--out", out, "--json", "--threads", 1)
    assert said.code == 0
    told = json.loads(said.out)
    assert [image["image"] for image in told["images"]] == ["2", "10", "more/2"]
    assert (told["model"], told["task"], told["failed"]) == ("street", task, [])
    with (out / "segments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "segment", "label", "is_thing", "score", "area_px", "area_share", "box"]
    assert len(rows) == sum(len(image["segments"]) for image in told["images"])
    for image in told["images"]:
        with Image.open(image["overlay"]) as picture:
            assert picture.format == "PNG"
            assert picture.width >= 160
        assert (image["height"], image["width"]) == (107, 160)
    assert not list(out.rglob("*.part"))


@pytest.mark.parametrize("task", ["panoptic", "semantic"])
def test_the_id_maps_and_the_index_say_what_the_model_said(task: str, cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("predict", photos, "--task", task, "--out", tmp_path / "out", "--threads", 1).code == 0
    model = load_model("street", threads=1)
    data = open_coco_panoptic(tmp_path / "out" / "panoptic.json")
    assert len(data) == 3
    for sample, name in zip(data, ("2.jpg", "10.png", "more/2.jpg"), strict=True):
        expected = model.predict(photos / name, task=task)  # type: ignore[call-overload]
        assert isinstance(expected, Segmentation)
        assert np.array_equal(sample.truth.ids, expected.ids)
        assert sample.truth.labels == expected.labels
        assert [s.label for s in sample.truth.segments] == [s.label for s in expected.segments]
    assert np.array_equal(read_id_png(tmp_path / "out" / "more" / "2.png"), expected.ids)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0 with numpy 2
def test_instances_are_coco_results_that_pycocotools_reads(cli: Cli, china: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli("predict", china, "--task", "instance", "--out", out).code == 0
    coco = COCO(str(out / "images.json"))
    results = coco.loadRes(str(out / "instances.json"))
    expected = load_model("street").predict(china, task="instance")
    masks = [results.annToMask(annotation) for annotation in results.anns.values()]
    assert len(masks) == len(expected) > 0
    for k, mask in enumerate(masks):
        assert np.array_equal(mask.astype(bool), expected.mask(k))


def test_images_are_numbered_by_their_names_where_these_are_numbers(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("predict", photos, "--out", tmp_path / "out").code == 0
    index = json.loads((tmp_path / "out" / "panoptic.json").read_text())
    assert [image["id"] for image in index["images"]] == [2, 10, 1]  # more/2 finds 2 taken


def test_without_out_nothing_is_written_and_a_line_is_printed(
    cli: Cli, china: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cli("predict", china)
    assert said.code == 0
    assert "Sky" in said.out and "segments" in said.out
    assert list(tmp_path.iterdir()) == []


def test_a_semantic_result_claims_no_number_of_things(cli: Cli, china: Path, tmp_path: Path) -> None:
    panoptic, semantic = (cli("predict", china, "--task", t, "--out", tmp_path / t) for t in ("panoptic", "semantic"))
    assert "9 segments (1 thing)" in panoptic.out
    assert "9 labels" in semantic.out and "thing" not in semantic.out
    pictures = [(tmp_path / t / "china.overlay.png").read_bytes() for t in ("panoptic", "semantic")]
    assert pictures[0] != pictures[1]  # here the two results differ in nothing but the count in the legend


def test_the_licence_of_the_weights_is_told_on_stderr(cli: Cli, china: Path) -> None:
    said = cli("predict", china, "--json")
    assert "CC BY-NC 4.0: not for commercial use" in said.err
    assert json.loads(said.out)["out"] is None


def test_the_look_of_the_pictures_can_be_chosen(cli: Cli, china: Path, tmp_path: Path) -> None:
    looks = ([], ["--opacity", "0.1"], ["--language", "ja"], ["--language", "ko"], ["--colorblind"])
    pictures = []
    for k, look in enumerate(looks):
        assert cli("predict", china, "--out", tmp_path / str(k), *look).code == 0
        pictures.append((tmp_path / str(k) / "china.overlay.png").read_bytes())
    assert len(set(pictures)) == len(looks)


def test_a_resumed_run_does_only_what_is_missing_and_ends_the_same(cli: Cli, photos: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert cli("predict", photos, "--out", whole).code == 0
    (photos / "more").rename(tmp_path / "later")
    assert cli("predict", photos, "--out", out).code == 0
    (tmp_path / "later").rename(photos / "more")
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.overlay.png")}
    assert len(before) == 2
    said = cli("predict", photos, "--out", out, "--resume", "--json")
    assert said.code == 0
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.overlay.png")} == before
    assert [image["image"] for image in json.loads(said.out)["images"]] == ["2", "10", "more/2"]
    for name in ("panoptic.json", "segments.csv", "more/2.png"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_resuming_does_an_image_again_when_it_has_changed_or_its_picture_is_gone(
    cli: Cli, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert cli("predict", photos, "--out", out).code == 0
    Image.new("RGB", (160, 107), "white").save(photos / "2.jpg")
    (out / "10.overlay.png").unlink()
    untouched = (out / "more" / "2.overlay.png").stat().st_mtime_ns
    assert cli("predict", photos, "--out", out, "--resume").code == 0
    assert (out / "10.overlay.png").is_file()
    assert (out / "more" / "2.overlay.png").stat().st_mtime_ns == untouched
    index = json.loads((out / "panoptic.json").read_text())
    assert len(index["images"]) == len(index["annotations"]) == 3


def test_a_journal_that_was_cut_off_is_resumed(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli("predict", photos, "--out", out).code == 0
    journal = out / ".segweave.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    assert cli("predict", photos, "--out", out, "--resume").code == 0
    assert len(json.loads((out / "panoptic.json").read_text())["images"]) == 3


def test_resuming_another_task_is_refused(cli: Cli, photos: Path, tmp_path: Path) -> None:
    assert cli("predict", photos, "--out", tmp_path / "out").code == 0
    said = cli("predict", photos, "--out", tmp_path / "out", "--task", "semantic", "--resume")
    assert said.code == 2
    assert len(said.complaints) == 1
    assert "task 'panoptic'" in said.complaints[0] and "task 'semantic'" in said.complaints[0]


def test_a_result_never_replaces_a_photograph(cli: Cli, photos: Path) -> None:
    before = (photos / "10.png").read_bytes()
    said = cli("predict", photos / "10.png", "--out", photos)
    assert said.code == 2
    assert "would replace it" in said.complaints[0]
    assert (photos / "10.png").read_bytes() == before


def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(china: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out"
    folder.mkdir()
    for k in range(150):
        shutil.copy(china, folder / f"{k:03}.jpg")
    command = [sys.executable, "-m", "segweave", "predict", str(folder), "--out", str(out), "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list(out.glob("*.overlay.png"))) < 3:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    told, talk = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "interrupted" in talk and "--resume" in talk and "Traceback" not in talk
    finished = json.loads(told)["images"]
    assert 3 <= len(finished) < 150
    data = open_coco_panoptic(out / "panoptic.json")
    assert len(data) == len(finished)
    assert data[-1].truth.size == (427, 640)
    assert not list(out.rglob("*.part"))
    for path in sorted(folder.iterdir())[len(finished) + 3 :]:
        path.unlink()
    again = subprocess.run([*command, "--resume"], env=environment, capture_output=True, text=True, check=True)
    assert len(json.loads(again.stdout)["images"]) == len(finished) + 3


def test_a_video_is_done_frame_by_frame(cli: Cli, china: Path, tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "drive.mp4"), "w") as video:
        stream = video.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 112, "yuv420p"
        frame = av.VideoFrame.from_image(Image.open(china).resize((160, 112)))
        for _ in range(3):
            video.mux(stream.encode(frame))
        video.mux(stream.encode())
    out = tmp_path / "out"
    said = cli("predict", tmp_path / "drive.mp4", "--out", out)
    assert said.code == 0
    names = ["drive-000001", "drive-000002", "drive-000003"]
    assert [path.name for path in sorted(out.glob("*.overlay.png"))] == [f"{name}.overlay.png" for name in names]
    assert all(name in said.out for name in names)
    index = json.loads((out / "panoptic.json").read_text())
    assert [image["file_name"] for image in index["images"]] == names
    (out / "drive-000002.overlay.png").unlink()
    before = (out / "drive-000001.overlay.png").stat().st_mtime_ns
    assert cli("predict", tmp_path / "drive.mp4", "--out", out, "--resume").code == 0
    assert (out / "drive-000002.overlay.png").is_file()
    assert (out / "drive-000001.overlay.png").stat().st_mtime_ns == before
