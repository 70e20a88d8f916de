"""`segweave evaluate` on files that are broken, odd, or in parts."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import Cli
from round_trip import samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.formats import save_dataset
from segweave.segmentation import Segment, assemble

N = 5


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """A truth and a prediction in COCO panoptic, as foreign tools write them: the prediction has no `categories`."""
    for name, shift in (("truth", 0), ("guess", 2)):
        scenes = []
        for k in range(N):
            scene = random_segmentation(np.random.default_rng(k), (40, 60), n=9)
            scores = [0.25 * (i % 4) for i in range(len(scene))]
            plain = [Segment(label=s.label, score=v) for s, v in zip(scene.segments, scores, strict=True)]
            scenes.append(assemble(np.roll(scene.ids, shift, 1), plain, SOME_LABELS))
        save_dataset(samples_of(scenes, tmp_path / "photographs"), tmp_path / name, "coco-panoptic")
        edited(tmp_path / name, lambda data: data.pop("info"))
    edited(tmp_path / "guess", lambda data: data.pop("categories"))
    return tmp_path / "truth" / "panoptic.json", tmp_path / "guess" / "panoptic.json"


def edited(folder: Path, change: Callable[[dict], object]) -> None:
    path = folder / "panoptic.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def in_json(cli: Cli, *arguments: object) -> dict:
    said = cli("evaluate", *arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def png(index: Path, number: int) -> Path:
    """The id PNG of an image."""
    return next(index.parent.rglob(f"*photo_{number}.png"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def smaller(path: Path) -> None:
    Image.open(path).crop((0, 0, 30, 20)).save(path)


BROKEN = [
    (Path.unlink, "there is no such file"),
    (cut, "is cut off or broken"),
    (lambda path: path.write_text("hello"), "expected an RGB PNG with ids"),
    (smaller, "(20, 30)"),
]


@pytest.mark.parametrize(("harm", "said"), BROKEN)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_png_that_is_no_good_is_named_and_can_be_left_out(
    harm: Callable[[Path], object], said: str, side: int, workers: int, cli: Cli, sides: tuple[Path, Path]
):
    harm(png(sides[side], 2))
    found = cli("evaluate", *sides, "--workers", workers)
    assert found.code == 1 and len(found.complaints) == 1 and "Traceback" not in found.err
    assert "photo_2.png" in found.err and said in found.err and "--skip-missing" in found.err
    kept = in_json(cli, *sides, "--skip-missing", "--workers", workers)
    assert kept["images"] == N - 1 and len(kept["skipped"]) == 1 and said in kept["skipped"][0]


EMPTY = {"images": [], "annotations": [], "categories": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps(EMPTY), "has no images; expected at least one"),
        ('{"annotations": [', "cannot be read as JSON"),
        ("hello", "cannot be read as JSON"),
        ("[]", "looks like none of the formats"),
        ('{"pictures": 3}', "looks like none of the formats"),
    ],
)
def test_a_prediction_that_is_none_is_said_in_one_line(text: str, said: str, cli: Cli, sides: tuple[Path, Path]):
    sides[1].write_text(text)
    found = cli("evaluate", *sides)
    assert found.code == 1 and len(found.complaints) == 1 and said in found.err and str(sides[1]) in found.err


def test_an_empty_truth_is_named(cli: Cli, sides: tuple[Path, Path]):
    sides[0].write_text(json.dumps(EMPTY))
    found = cli("evaluate", *sides)
    assert found.code == 1 and "truth/panoptic.json: has no images; expected at least one" in found.err


def test_an_image_twice_is_named(cli: Cli, sides: tuple[Path, Path]):
    edited(sides[0].parent, lambda data: data["images"].append(data["images"][3]))
    found = cli("evaluate", *sides)
    assert found.code == 1 and "image id 4 is listed before; ids must be unique" in found.err
    edited(sides[0].parent, lambda data: data["images"].pop())
    edited(sides[1].parent, lambda data: data["annotations"].append(data["annotations"][0]))
    found = cli("evaluate", *sides)
    assert found.code == 1 and "image 1 has an annotation before; expected one an image" in found.err


def test_an_image_of_the_prediction_alone_is_named(cli: Cli, sides: tuple[Path, Path]):
    edited(sides[0].parent, lambda data: (data["images"].pop(1), data["annotations"].pop(1)))
    found = cli("evaluate", *sides)
    assert found.code == 1 and "image 2 (photo_1) of" in found.err and "is missing in" in found.err
    assert in_json(cli, *sides, "--skip-missing")["images"] == N - 1


def test_what_the_truth_lists_wrongly_is_said_and_the_conventions_differ_by_it(cli: Cli, sides: tuple[Path, Path]):
    def change(data: dict) -> None:
        data["annotations"][0]["segments_info"][0]["area"] = 10_000
        data["annotations"][1]["segments_info"].append({"id": 77, "category_id": 1, "area": 5, "iscrowd": 0})

    before = in_json(cli, *sides)
    assert "notes" not in before
    edited(sides[0].parent, change)
    said = cli("evaluate", *sides)
    assert "note: in the truth 1 listed segments have no pixel; 2 stated areas are not those of the pixels" in said.err
    assert in_json(cli, *sides)["all"] != before["all"]
    strict = in_json(cli, *sides, "--convention", "strict")
    assert strict["convention"] == "strict" and strict["all"] == before["all"]


def test_image_ids_may_be_strings(cli: Cli, sides: tuple[Path, Path]):
    wanted = in_json(cli, *sides)

    def rename(data: dict) -> None:
        for image, annotation in zip(data["images"], data["annotations"], strict=True):
            image["id"] = annotation["image_id"] = f"aachen_{image['id']:06d}_000019"

    for index in sides:
        edited(index.parent, rename)
    assert in_json(cli, *sides) == wanted


@pytest.mark.parametrize(
    "options",
    [["--boundary", "--errors"], ["--task", "semantic", "--boundary"], ["--task", "instance", "--cityscapes"]],
)
def test_shards_give_the_digits_of_one_run_in_any_order(
    options: list[str], cli: Cli, sides: tuple[Path, Path], tmp_path: Path
):
    whole = in_json(cli, *sides, *options, "--intervals")
    counted = [option for option in options if option not in ("--errors", "--cityscapes")]
    for k in (1, 2, 3):
        assert cli("evaluate", *sides, *counted, "--shard", f"{k}/3", "--counts", tmp_path / f"{k}.npz").code == 0
    asked = [option for option in options if option not in ("--task", "semantic", "instance")]
    for order in ((1, 2, 3), (3, 1, 2)):
        files = [tmp_path / f"{k}.npz" for k in order]
        assert in_json(cli, "merge", *files, *asked, "--intervals") == whole
    kept = cli("evaluate", "merge", *files, "--counts", tmp_path / "all.npz")
    assert kept.code == 0 and in_json(cli, "merge", tmp_path / "all.npz", *asked, "--intervals") == whole
    twice = cli("evaluate", "merge", *files, tmp_path / "1.npz")
    assert twice.code == 1 and "each image counts once" in twice.err


def test_json_has_what_was_asked_for_even_beside_a_page(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    plain = in_json(cli, *sides)
    assert list(plain) == ["task", "convention", "images", "all", "things", "stuff", "labels"]
    assert in_json(cli, *sides, "--report", tmp_path / "page.html") == plain


def test_an_empty_list_of_detections_finds_nothing(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    assert cli("convert", sides[0], tmp_path / "instances", "--to", "coco-instances").code == 0
    truth = tmp_path / "instances" / "instances.json"
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "list.json").write_text("[]")
    found = in_json(cli, truth, tmp_path / "found" / "list.json", "--task", "instance")
    assert found["images"] == N and found["ap"] == found["ar100"] == 0.0


def test_what_is_kept_of_others_is_not_taken_for_ones_own(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    kept = tmp_path / "kept.npz"
    assert cli("evaluate", *sides, "--shard", "1/2", "--counts", kept).code == 0
    other = cli("evaluate", sides[0], sides[0], "--counts", kept, "--resume")
    assert other.code == 2 and f"holds counts of the prediction {sides[1]}, not of {sides[0]}" in other.err
    for options in (["--task", "semantic"], ["--boundary"]):
        found = cli("evaluate", *sides, *options, "--counts", kept, "--resume")
        assert found.code == 2 and "holds counts for --task panoptic without --boundary" in found.err
    whole = in_json(cli, *sides)
    assert in_json(cli, *sides, "--counts", kept, "--resume") == whole == in_json(cli, "merge", kept)
