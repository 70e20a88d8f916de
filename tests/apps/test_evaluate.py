"""`segweave evaluate` as a user meets it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from cli import Cli
from round_trip import samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.formats import save_dataset
from segweave.labels import Label, LabelSet
from segweave.segmentation import Segment, Segmentation, assemble

N = 6


def scenes(seed: int, *, shift: int = 0) -> list[Segmentation]:
    """Scenes without crowds and scores, moved to the right."""
    found = []
    for k in range(N):
        scene = random_segmentation(np.random.default_rng(seed + k), (40, 60), n=9)
        plain = [Segment(label=s.label) for s in scene.segments]
        found.append(assemble(np.roll(scene.ids, shift, 1), plain, SOME_LABELS))
    return found


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """A truth and a prediction in COCO panoptic."""
    for name, shift in (("truth", 0), ("guess", 3)):
        save_dataset(samples_of(scenes(1, shift=shift), tmp_path / "photographs"), tmp_path / name, "coco-panoptic")
    return tmp_path / "truth", tmp_path / "guess"


def in_json(cli: Cli, *arguments: object) -> dict:
    said = cli("evaluate", *arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


@pytest.mark.parametrize("format", ["coco-panoptic", "cityscapes", "labelme", "cvat", "coco-instances", "voc"])
def test_every_data_set_against_itself_is_perfect(format: str, cli: Cli, tmp_path: Path):
    save_dataset(samples_of(scenes(1), tmp_path / "photographs"), tmp_path / "set", format)
    a = in_json(cli, tmp_path / "set", tmp_path / "set", "--boundary", "--errors")
    assert a["task"] == "panoptic" and a["convention"] == "coco" and a["images"] == N
    assert {a[name][key] for name in ("all", "things", "stuff") for key in ("pq", "sq", "rq")} == {1.0}
    assert a["boundary"]["iou"] == a["boundary"]["f"] == a["boundary"]["pq"]["all"]["pq"] == 1.0
    assert not any(a["errors"]["lost"]["all"].values()) and a["errors"]["images"] == []
    b = in_json(cli, tmp_path / "set", tmp_path / "set", "--task", "semantic")
    assert {b[key] for key in ("miou", "miou_present", "pixel_accuracy", "mean_accuracy", "fw_iou")} == {1.0}
    c = in_json(cli, tmp_path / "set", tmp_path / "set", "--task", "instance", "--cityscapes")
    assert c["ap"] == c["ap50"] == c["ap75"] == c["ar100"] == c["cityscapes"]["ap"] == 1.0


def test_the_json_has_the_promised_shape(cli: Cli, sides: tuple[Path, Path]):
    found = in_json(cli, *sides)
    assert set(found["all"]) == {"pq", "sq", "rq", "n"} and list(found["labels"]) == list(SOME_LABELS.names)
    seen = next(value for value in found["labels"].values() if value)
    assert set(seen) == {"pq", "sq", "rq", "tp", "fp", "fn", "iou_sum"}
    pqs = [value["pq"] for value in found["labels"].values() if value]
    assert found["all"]["pq"] == pytest.approx(sum(pqs) / len(pqs)) and 0 < found["all"]["pq"] < 1
    assert "errors" not in found and "boundary" not in found and "intervals" not in found
    semantic = in_json(cli, *sides, "--task", "semantic", "--intervals")
    assert {"miou", "miou_present", "pixel_accuracy", "mean_accuracy", "fw_iou", "labels"} <= set(semantic)
    assert semantic["intervals"]["miou"]["low"] <= semantic["miou"] <= semantic["intervals"]["miou"]["high"]


def test_tables_are_for_people(cli: Cli, sides: tuple[Path, Path]):
    said = cli("evaluate", *sides, "--errors", "--boundary", "--intervals")
    assert said.code == 0 and "panoptic, 6 images, convention coco (as the COCO script counts)" in said.out
    assert "Where PQ is lost" in said.out and "boundary PQ" in said.out and "background" in said.out
    for task in ("semantic", "instance"):
        assert cli("evaluate", *sides, "--task", task).code == 0


def test_shards_merged_are_one_run(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    whole = in_json(cli, *sides, "--errors")
    for k in (1, 2, 3):
        said = cli("evaluate", *sides, "--shard", f"{k}/3", "--counts", tmp_path / f"{k}.npz")
        assert said.code == 0 and "2 images" in said.out
    merged = in_json(cli, "merge", *(tmp_path / f"{k}.npz" for k in (3, 1, 2)), "--errors")
    assert merged == whole


def test_what_is_counted_is_not_counted_again(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    assert cli("evaluate", *sides, "--shard", "1/2", "--counts", tmp_path / "a.npz").code == 0
    shutil.rmtree(sides[1] / "panoptic" if (sides[1] / "panoptic").is_dir() else sides[1] / "none", ignore_errors=True)
    said = cli("evaluate", *sides, "--shard", "1/2", "--counts", tmp_path / "a.npz", "--resume", "--json")
    assert said.code == 0 and json.loads(said.out)["images"] == 3


def test_two_predictions_are_compared_on_the_same_images(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    save_dataset(samples_of(scenes(1, shift=8), tmp_path / "photographs"), tmp_path / "worse", "coco-panoptic")
    found = in_json(cli, *sides, "--against", tmp_path / "worse")["against"]
    pq = found["scores"]["pq"]
    assert found["images"] == N and pq["a"] > pq["b"] and pq["difference"]["low"] > 0 and pq["p"] < 0.05
    assert "A - B" in cli("evaluate", *sides, "--against", tmp_path / "worse").out


def test_slices_are_scored_apart(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    rows = [f"photo_{k},{'night' if k % 2 else 'day'}" for k in range(N)]
    (tmp_path / "a.csv").write_text("\n".join(["image,time", *rows]))
    found = in_json(cli, *sides, "--slices", tmp_path / "a.csv")["slices"]
    assert [(s["attribute"], s["value"], s["images"]) for s in found] == [("time", "day", 3), ("time", "night", 3)]
    assert found[0]["all"]["pq"] != found[1]["all"]["pq"]


@pytest.mark.parametrize(("task", "key"), [("panoptic", "all"), ("semantic", "miou"), ("instance", "ap")])
def test_a_prediction_in_other_labels_is_scored_through_a_map(task: str, key: str, cli: Cli, tmp_path: Path):
    """The prediction calls a car a vehicle: an error by itself, perfect by the map."""
    other = LabelSet(
        "other",
        tuple(
            Label(name=n.replace("car", "vehicle"), is_thing=SOME_LABELS[k].is_thing)
            for k, n in enumerate(SOME_LABELS.names)
        ),
    )
    renamed = [Segmentation(scene.ids, scene.segments, other) for scene in scenes(1)]
    save_dataset(samples_of(scenes(1), tmp_path / "photographs"), tmp_path / "truth", "coco-panoptic")
    save_dataset(samples_of(renamed, tmp_path / "photographs"), tmp_path / "guess", "coco-panoptic")
    said = cli("evaluate", tmp_path / "truth", tmp_path / "guess", "--task", task)
    assert said.code == 1 and "has the label 'vehicle', which the truth's 'some' has not" in said.err
    lines = [f"{name}: {name.replace('vehicle', 'car')}" for name in other.names]
    (tmp_path / "map.yaml").write_text("\n".join(lines))
    found = in_json(cli, tmp_path / "truth", tmp_path / "guess", "--task", task, "--map", tmp_path / "map.yaml")
    assert (found[key]["pq"] if key == "all" else found[key]) == 1.0


def test_a_page_is_written_once(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    page = tmp_path / "page.html"
    assert cli("evaluate", *sides, "--report", page, "--boundary").code == 0
    text = page.read_text(encoding="utf-8")
    assert "Where PQ is lost" in text and text.count("data:image/") > 10 and "http" not in text.split("</style>")[1]
    said = cli("evaluate", *sides, "--report", page)
    assert said.code == 1 and "is there already; --force replaces it" in said.err
    assert cli("evaluate", *sides, "--report", page, "--force", "--task", "instance").code == 0
    assert page.read_text(encoding="utf-8") != text
    assert cli("evaluate", *sides, "--report", tmp_path / "none" / "page.html").code == 1


def test_agreement_of_two_annotators(cli: Cli, sides: tuple[Path, Path]):
    found = in_json(cli, "agreement", *sides)
    assert found["images"] == N and 0 < found["kappa"] < 1 and found["a_as_truth"]["all"]["pq"] > 0
    assert found["pairs"] and {"labels", "a", "b", "agreement", "disputed", "mean_offset"} <= set(found["pairs"][0])
    said = cli("evaluate", "agreement", *sides)
    assert said.code == 0 and "Cohen's kappa" in said.out and "Borders between two labels:" in said.out


def edited(folder: Path, change) -> None:
    path = folder / "panoptic.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: (d["images"].pop(1), d["annotations"].pop(1)), "image 2 (photo_1) of"),
        (lambda d: d["annotations"][2]["segments_info"].pop(0), "have ids that are not in its 'segments_info'"),
        (
            lambda d: d["annotations"][2]["segments_info"].append(
                {"id": 999, "category_id": 1, "area": 5, "iscrowd": 0}
            ),
            "segment 999 is listed, but no pixel has its id",
        ),
        (lambda d: d["annotations"][2]["segments_info"][0].update(category_id=77), "its category 77 is unknown"),
    ],
)
def test_a_bad_image_is_named_and_can_be_left_out(change, said: str, cli: Cli, sides: tuple[Path, Path]):
    edited(sides[1], change)
    found = cli("evaluate", *sides)
    assert found.code == 1 and said in found.err and "--skip-missing leaves such images out" in found.err
    assert len(found.complaints) == 1 and "Traceback" not in found.err
    kept = in_json(cli, *sides, "--skip-missing")
    assert kept["images"] == N - 1
    assert kept.get("skipped") or any("missing" in note for note in kept["notes"])


def test_sizes_that_differ_are_named(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    turned = [Segmentation(s.ids.T, s.segments, SOME_LABELS) for s in scenes(1)]
    save_dataset(samples_of(turned, tmp_path / "turned photographs"), tmp_path / "turned", "coco-panoptic")
    said = cli("evaluate", sides[0], tmp_path / "turned")
    assert said.code == 1 and "(40, 60)" in said.err and "(60, 40)" in said.err
    every = cli("evaluate", sides[0], tmp_path / "turned", "--skip-missing")
    assert every.code == 1 and "no image of" in every.err and "6 were left out" in every.err


def test_the_same_id_twice_and_strangers_are_errors(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    edited(sides[1], lambda d: [d["images"].append(d["images"][0]), d["annotations"].append(d["annotations"][0])])
    said = cli("evaluate", *sides)
    assert said.code == 1 and len(said.complaints) == 1 and "1" in said.err
    (tmp_path / "empty").mkdir()
    assert cli("evaluate", sides[0], tmp_path / "empty").code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "panotic"], "--task 'panotic' is not known; did you mean 'panoptic'"),
        (["--convention", "koko"], "--convention 'koko' is not known"),
        (["--task", "semantic", "--errors"], "--errors says where PQ is lost"),
        (["--task", "instance", "--boundary"], "--boundary is for"),
        (["--cityscapes"], "needs --task instance"),
        (["--shard", "4/3"], "expected i/n with 1 <= i <= n"),
        (["--resume"], "--resume goes on with the file of --counts"),
        (["--workers", "900"], "--workers must lie in 0..64"),
        (["--prediction-format", "coco-panotic"], "is not known"),
        (["--against", "nowhere"], "there is no such file or folder"),
    ],
)
def test_wrong_use_is_said_in_one_line(options: list[str], said: str, cli: Cli, sides: tuple[Path, Path]):
    found = cli("evaluate", *sides, *options)
    assert found.code == 2 and said in found.err


def test_help_shows_the_options(cli: Cli):
    said = cli("evaluate", "--help")
    assert said.code == 0 and "--convention" in said.out and "merge" in said.out
    assert cli("evaluate", "merge", "--help").code == cli("evaluate", "agreement", "--help").code == 0
