"""`segweave convert`, `check` and `formats` as a user meets them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cli import Cli, make_cli
from round_trip import content, samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.formats import FORMATS, open_dataset, save_dataset
from segweave.labels import label_set
from segweave.segmentation import Instances, Rle, Segment, Segmentation


@pytest.fixture
def cli(monkeypatch, capsys) -> Cli:
    return make_cli(monkeypatch, capsys)


@pytest.fixture
def panoptic(tmp_path) -> Path:
    """A COCO panoptic data set of three images, with crowds, scores and void."""
    truths = [random_segmentation(np.random.default_rng(k), (40, 50), n=9) for k in range(3)]
    save_dataset(samples_of(truths, tmp_path / "photographs"), tmp_path / "coco", "coco-panoptic")
    return tmp_path / "coco"


def test_a_chain_of_conversions_keeps_every_segment(cli: Cli, tmp_path: Path) -> None:
    """Things and stuff without scores and crowds pass through four formats and back."""
    labels = SOME_LABELS
    truths = []
    for k in range(2):
        seg = random_segmentation(np.random.default_rng(k), (40, 50), labels, n=9)
        plain = tuple(Segment(label=s.label) for s in seg.segments)
        truths.append(Segmentation(seg.ids, plain, labels))
    save_dataset(samples_of(truths, tmp_path / "photographs"), tmp_path / "0", "coco-panoptic")
    for step, name in enumerate(("cityscapes", "labelme", "cvat", "coco-instances", "coco-panoptic")):
        said = cli("convert", tmp_path / str(step), tmp_path / str(step + 1), "--to", name, "--strict")
        assert said.code == 0, said.err
        assert said.out == f"{tmp_path / str(step + 1)}: 2 images from {open_name(step)} to {name}\n"
    back = open_dataset(tmp_path / "5")
    for sample, truth in zip(back, truths, strict=True):
        assert content(sample.truth, source_ids=False) == content(truth)


def open_name(step: int) -> str:
    return ("coco-panoptic", "cityscapes", "labelme", "cvat", "coco-instances")[step]


def test_what_is_lost_is_said_once_for_each_kind_and_strict_makes_it_a_failure(
    cli: Cli, panoptic: Path, tmp_path: Path
) -> None:
    said = cli("convert", panoptic, tmp_path / "voc", "--to", "voc")
    assert (
        said.code == 0 and "note (cannot-hold), 3 times, the first: " in said.err and "scores are dropped" in said.err
    )
    assert cli("convert", panoptic, tmp_path / "voc2", "--to", "voc", "--strict").code == 1
    assert len(open_dataset(tmp_path / "voc2")) == 3  # a failure, but the data set is there


def test_json_has_every_note(cli: Cli, panoptic: Path, tmp_path: Path) -> None:
    said = cli("convert", panoptic, tmp_path / "voc", "--to", "voc", "--json")
    found = json.loads(said.out)
    assert (found["source_format"], found["format"], found["images"], found["failed"]) == ("coco-panoptic", "voc", 3, 0)
    assert set(found["notes"][0]) == {"file", "place", "reason", "kind", "severity"}


def test_an_image_that_cannot_be_read_is_named_and_the_others_are_converted(
    cli: Cli, panoptic: Path, tmp_path: Path
) -> None:
    broken = panoptic / "panoptic" / "photo_1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    said = cli("convert", panoptic, tmp_path / "out", "--to", "coco-instances")
    assert said.code == 1 and len(said.complaints) == 1 and "photo_1.png: is cut off or broken" in said.complaints[0]
    assert said.out.endswith("2 images from coco-panoptic to coco-instances, 1 could not be converted\n")
    assert [s.image_id for s in open_dataset(tmp_path / "out")] == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none", "out", "--to", "voc"), "none: there is no such file or folder"),
        (("coco", "out", "--to", "vok"), "format 'vok' is not known; did you mean 'voc'?"),
        (("coco", "out", "--to", "voc", "--from", "koko"), "format 'koko' is not known"),
        (("coco", "out", "--to", "voc", "--labels", "vok"), "label set 'vok' is not known; did you mean 'voc'?"),
        (
            ("coco", "out", "--to", "voc", "--photographs", "copi"),
            "--photographs 'copi' is not known; did you mean 'copy'?",
        ),
        (("coco", "out", "--to", "voc", "--map", "m.yaml"), "say onto which set with --to-labels SET"),
        (("coco", "coco", "--to", "coco-panoptic"), "is there already"),
        (("coco", "photographs", "--to", "voc"), "is not empty; choose a new folder"),
        (("coco", "out", "--to", "voc", "--photographs-in", "none"), "none: there is no such file or folder"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    cli: Cli, panoptic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("convert", *arguments)
    assert result.code == 2 and len(result.complaints) == 1 and said in result.complaints[0]
    assert not (tmp_path / "out").exists() or not any(p.suffix for p in (tmp_path / "out").rglob("*"))


def test_a_folder_of_no_format_is_a_failure_that_lists_the_formats(cli: Cli, tmp_path: Path) -> None:
    said = cli("check", tmp_path)
    assert said.code == 1 and "looks like none of the formats" in said.err and "coco-panoptic" in said.err


def test_labels_map_on_the_way(cli: Cli, tmp_path: Path) -> None:
    coco = label_set("coco_panoptic")
    ids = np.zeros((20, 30), np.int32)
    ids[:5], ids[5:10], ids[10:] = 1, 2, 3
    seg = Segmentation(ids, tuple(Segment(label=coco.index(name)) for name in ("car", "road", "giraffe")), coco)
    save_dataset(samples_of([seg], tmp_path / "photographs"), tmp_path / "coco", "coco-panoptic")
    said = cli("convert", tmp_path / "coco", tmp_path / "out", "--to", "cityscapes", "--to-labels", "cityscapes")
    assert said.code == 0 and "labels have no counterpart in 'cityscapes'" in said.err
    (sample,) = open_dataset(tmp_path / "out")
    assert sample.truth.labels == label_set("cityscapes")
    assert sorted(zip(sample.truth.label_names(), sample.truth.areas().tolist(), strict=True)) == [
        ("car", 150),
        ("road", 150),
    ]


def test_check_counts_and_finds(cli: Cli, tmp_path: Path) -> None:
    """A car annotated twice (400 px each) and a person of 4 px on 40 x 40 px."""
    car, person = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    car[:20, :20], person[30:32, 30:32] = True, True
    masks = tuple(Rle.from_mask(mask) for mask in (car, car, person))
    truth = Instances((40, 40), masks, (Segment(label=3), Segment(label=3), Segment(label=4)), SOME_LABELS)
    save_dataset(samples_of([truth], tmp_path / "photographs"), tmp_path / "coco", "coco-instances")
    found = json.loads(cli("check", tmp_path / "coco", "--json").out)
    assert found["format"] == "coco-instances" and (found["images"], found["segments"]) == (1, 3)
    assert found["labels"] == {"car": {"segments": 2, "pixels": 800}, "person": {"segments": 1, "pixels": 4}}
    assert found["void_pixels"] == 1600 - 404
    assert sorted((f["kind"], f["segment"], f["severity"]) for f in found["findings"]) == [
        ("duplicate", 1, "error"),
        ("sliver", 2, "warning"),
    ]
    said = cli("check", tmp_path / "coco")
    assert said.code == 0 and "error: duplicate, 1" in said.out and "'person' has only 4 px" in said.out
    assert cli("check", tmp_path / "coco", "--strict").code == 1
    fixed = json.loads(cli("check", tmp_path / "coco", "--fix", tmp_path / "fixed", "--json").out)
    assert [note["reason"] for note in fixed["fixed"]] == ["1 annotated twice, kept once"]
    assert [len(sample.truth) for sample in open_dataset(tmp_path / "fixed")] == [2]


def test_check_of_a_broken_file_goes_on_and_fails(cli: Cli, panoptic: Path) -> None:
    broken = panoptic / "panoptic" / "photo_1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    said = cli("check", panoptic, "--json")
    found = json.loads(said.out)
    assert said.code == 1 and found["images"] == 2
    assert [f["kind"] for f in found["findings"] if f["severity"] == "error"] == ["unreadable"]


def test_ctrl_c_leaves_no_half_data_set_and_resume_goes_on(tmp_path: Path) -> None:
    seg = random_segmentation(np.random.default_rng(1), (600, 800), n=40)
    save_dataset(
        samples_of([seg] * 150, tmp_path / "photographs"), tmp_path / "coco", "coco-panoptic", photographs="link"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-m", "segweave", "convert", str(tmp_path / "coco"), str(out), "--to", "cityscapes"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list(out.rglob("*_instanceIds.png"))) < 3:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, talk = run.communicate(timeout=60)
    assert run.returncode == 130 and "--resume goes on" in talk and "Traceback" not in talk
    assert not list(out.rglob("*.part")) and not list(out.rglob("*panoptic*.json"))
    finished = {path: path.stat().st_mtime_ns for path in out.rglob("*_instanceIds.png")}
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 2  # never mixed by accident
    subprocess.run([*command, "--resume"], env=environment, capture_output=True, check=True)
    kept = [path for path, when in finished.items() if path.stat().st_mtime_ns == when]
    assert len(kept) >= len(finished) - 1  # the one in work when the signal came is done again
    data = open_dataset(out)
    assert len(data) == 150 and content(data[149].truth, source_ids=False) == content(data[0].truth, source_ids=False)


def test_formats_lists_every_row(cli: Cli) -> None:
    said = cli("formats")
    assert said.code == 0 and all(row.name in said.out and row.title in said.out for row in FORMATS)
    assert [row["name"] for row in json.loads(cli("formats", "--json").out)] == [row.name for row in FORMATS]
