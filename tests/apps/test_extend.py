"""`segweave extend`, from two models and labelled images to pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import Cli
from models.weaving import PLAN, stripes, write_images, write_models, write_plan
from segweave.combine import CooccurrenceCounts
from segweave.models import labelled


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both models, labelled images and a plan; the current folder."""
    write_images(write_models(tmp_path))
    write_plan(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


LEARN = ("extend", "learn", "masks", "--photographs-in", "images", "--primary", "primary.onnx")
LEARN = (*LEARN, "--secondary", "secondary.onnx")


def counts_plan() -> str:
    return PLAN.replace("  add:", "  counts: counts.npz\n  add:")


def test_from_two_models_to_a_picture(work: Path, cli: Cli) -> None:
    said = cli(*LEARN, "--out", "counts.npz")
    assert said.code == 0 and "counts.npz: 3 images, 144 pixels" in said.out
    sides = ("--primary", "primary.onnx", "--secondary", "secondary.onnx", "--counts", "counts.npz")
    said = cli("extend", "suggest", *sides, "--add", "frog", "--out", "draft.yaml")
    assert said.code == 0 and "look through `add` and `similar`" in said.err
    assert "{label: tiles, why:" in (work / "draft.yaml").read_text()
    Image.fromarray(stripes(0, 1, 2, 0)).save("photo.png")
    said = cli("extend", "apply", "draft.yaml", "photo.png", "--out", "results", "--json")
    assert said.code == 0 and "nobody has looked through this plan" in said.err
    assert [segment["label"] for segment in json.loads(said.out)["images"][0]["segments"]] == ["roof", "lawn", "frog"]
    names = sorted(path.name for path in Path("results").iterdir())
    assert names == [".segweave.jsonl", "panoptic.json", "photo.overlay.png", "photo.png", "segments.csv"]
    same = cli("predict", "photo.png", "--model", "draft.yaml", "--task", "semantic", "--json")
    assert json.loads(same.out)["images"][0]["segments"] == json.loads(said.out)["images"][0]["segments"]


def test_added_things_can_be_written_as_coco_results(work: Path, cli: Cli) -> None:
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, :, 0], image[10:30, 10:30] = 120, (0, 0, 250)
    Image.fromarray(image).save("photo.png")
    write_plan(
        work, "version: 1\nmode: odds\nprimary: {model: street}\nsecondaries: [{model: secondary.onnx, add: [frog]}]"
    )
    said = cli("extend", "apply", "plan.yaml", "photo.png", "--task", "instance", "--out", "results")
    assert said.code == 0
    scores = [entry["score"] for entry in json.loads(Path("results/instances.json").read_text())]
    assert scores and all(0 < score <= 1 for score in scores)


def test_a_draft_from_label_sets_alone_goes_to_stdout(work: Path, cli: Cli) -> None:
    said = cli("extend", "suggest", "--primary-labels", "cityscapes", "--secondary-labels", "ade20k", "--add", "bag")
    assert said.code == 0 and "reviewed: false" in said.out and "primary: {labels: cityscapes}" in said.out
    assert "add:\n  - bag" in said.out and "mode: odds" in said.out


def test_strict_refuses_a_plan_that_nobody_has_looked_through(work: Path, cli: Cli) -> None:
    write_plan(work, counts_plan().replace("reviewed: true", "reviewed: false"))
    cli(*LEARN, "--out", "counts.npz")
    for command in (
        ("apply", "plan.yaml", "photo.png", "--out", "x"),
        ("forecast", "plan.yaml"),
        ("evaluate", "plan.yaml", "masks", "--photographs-in", "images"),
    ):
        said = cli("extend", *command, "--strict")
        assert said.code == 2 and "then set reviewed: true" in said.err, command


def test_shards_merge_to_the_counts_of_one_run(work: Path, cli: Cli) -> None:
    for k in (1, 2):
        assert cli(*LEARN, "--out", f"{k}.npz", "--shard", f"{k}/2").code == 0
    assert cli("extend", "merge", "1.npz", "2.npz", "--out", "both.npz", "--json").code == 0
    assert cli(*LEARN, "--out", "counts.npz").code == 0
    both, whole = CooccurrenceCounts.load("both.npz"), CooccurrenceCounts.load("counts.npz")
    assert np.array_equal(both.pixels, whole.pixels) and both.provenance.n_images == 3
    said = cli("extend", "merge", "1.npz", "1.npz", "--out", "twice.npz")
    assert said.code == 1 and "1.npz: the part" in said.err and "is in both counts" in said.err
    assert not Path("twice.npz").exists()
    said = cli("extend", "merge", "1.npz", "2.npz", "--out", "both.npz")
    assert said.code == 1 and "is there already; --force replaces it" in said.err


def test_an_interrupt_keeps_what_is_counted_and_resume_goes_on(
    work: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = labelled.photograph

    def interrupted(sample):
        if sample.image_name.startswith("1"):
            raise KeyboardInterrupt
        return real(sample)

    with monkeypatch.context() as patch:
        patch.setattr(labelled, "photograph", interrupted)
        said = cli(*LEARN, "--out", "counts.npz")
    assert said.code == 130 and "1 of 3 images are counted; --resume goes on" in said.err
    assert not Path("counts.npz").exists() and Path("counts.npz.unfinished").exists()
    said = cli(*LEARN, "--out", "counts.npz")
    assert said.code == 1 and "an interrupted run is kept there; --resume goes on with it" in said.err
    said = cli(*LEARN, "--out", "counts.npz", "--resume", "--json")
    assert said.code == 0 and json.loads(said.out)["images"] == 3
    assert not Path("counts.npz.unfinished").exists()


def test_a_broken_photograph_is_named_and_the_others_count(work: Path, cli: Cli) -> None:
    (work / "images" / "1.png").write_bytes(b"")
    said = cli(*LEARN, "--out", "counts.npz", "--json")
    assert said.code == 1 and json.loads(said.out)["images"] == 2 and len(said.complaints) == 1
    said = cli("extend", "evaluate", "plan.yaml", "masks", "--photographs-in", "images", "--json")
    assert said.code == 1 and json.loads(said.out)["images"] == 2


def test_a_training_split_is_warned_of(work: Path, cli: Cli) -> None:
    for folder, warned in (("train", True), ("strains", False)):
        (work / folder).mkdir()
        (work / "masks").rename(work / folder / "masks")
        said = cli("extend", "learn", f"{folder}/masks", *LEARN[3:], "--out", f"{folder}.npz")
        assert said.code == 0 and ("this looks like a training split" in said.err) == warned
        (work / folder / "masks").rename(work / "masks")


def test_a_forecast_looks_at_no_image(work: Path, cli: Cli) -> None:
    cli(*LEARN, "--out", "counts.npz")
    write_plan(work, counts_plan())
    for name in ("primary.onnx", "secondary.onnx"):
        (work / name).unlink()
    said = cli("extend", "forecast", "plan.yaml", "--mode", "cooccurrence", "--json")
    found = json.loads(said.out)["secondaries"][0]
    assert found["added"] == {"frog": {"moved": 36, "gained": 36, "lost": 0, "missed": 36, "iou": 0.5}}
    # tiles: said on 72 px, there on 36; grass right; frog: there on 72, said on 36
    assert found["secondary_miou"] == pytest.approx((0.5 + 1 + 0.5) / 3)
    table = cli("extend", "forecast", "plan.yaml", "--mode", "guarded")
    assert table.code == 0 and "its own mIoU is 66.7" in table.out
    low = cli("extend", "forecast", "plan.yaml", "--mode", "guarded", "--floor", "0.7")
    assert low.code == 1 and "is 0.667 on the counted images, expected at least 0.7" in low.err
    odds = cli("extend", "forecast", "plan.yaml")
    assert odds.code == 2 and "mode odds decides by probabilities" in odds.err


def test_rules_list_what_changes(work: Path, cli: Cli) -> None:
    cli(*LEARN, "--out", "counts.npz")
    write_plan(work, counts_plan())
    said = cli("extend", "rules", "plan.yaml", "--mode", "override", "--json")
    rows = json.loads(said.out)["rules"]
    assert [(r["primary_label"], r["secondary_label"], r["becomes"], r["pixels"]) for r in rows] == [
        ("pond", "frog", "frog", 36),
        ("roof", "frog", "frog", 0),
        ("lawn", "frog", "frog", 0),
    ]
    assert "pond" in cli("extend", "rules", "plan.yaml", "--mode", "override").out


def test_evaluate_shows_gain_and_harm(work: Path, cli: Cli) -> None:
    (work / "map.yaml").write_text("roof: tiles\nlawn: grass\npond: null\nfrog: frog\n")
    command = ("extend", "evaluate", "plan.yaml", "masks", "--photographs-in", "images", "--map", "map.yaml")
    said = cli(*command, "--refine", "snap,guided", "--json")
    found = json.loads(said.out)
    assert said.code == 0 and [row["name"] for row in found["rows"]] == [
        *("primary alone", "override", "odds"),
        *("odds + snap", "odds + guided"),
    ]
    assert found["rows"][2]["added"] == 0.5 and found["labels"] == {"primary": ["tiles", "grass"], "added": ["frog"]}
    table = cli(*command)
    assert table.code == 0 and "HARM" in table.out and "50.0" in table.out
    assert cli(*command, "--refine", "snpa").code == 2


def test_explain_says_why_one_pixel_is_what_it_is(work: Path, cli: Cli) -> None:
    Image.fromarray(stripes(0, 1, 2, 0)).save("photo.png")
    said = cli("extend", "explain", "plan.yaml", "photo.png", "--at", "2,5")
    assert said.code == 0 and said.out.startswith("row 2, column 5: pond -> frog")
    found = json.loads(cli("extend", "explain", "plan.yaml", "photo.png", "--at", "2,5", "--json").out)
    assert found["output"] == "frog" and found["steps"][0]["terms"][0]["label"] == "frog"
    for at in ("2", "2;5", "-1,5", "2,x", "6,0"):
        assert cli("extend", "explain", "plan.yaml", "photo.png", "--at", at).code == 2


def test_explain_says_what_refining_makes_of_the_pixel(work: Path, cli: Cli) -> None:
    image = stripes(2, 2, 2, 1)
    image[2, 5] = (100, 0, 101)  # a frog with probability 0.73, not more than 4 times the rest; a pond among frogs
    Image.fromarray(image).save("photo.png")
    write_plan(work, PLAN.replace("primary:", "refine: [vote]\nprimary:"))
    found = json.loads(cli("extend", "explain", "plan.yaml", "photo.png", "--at", "2,5", "--json").out)
    assert (found["output"], found["refined"]) == ("pond", "frog")
    said = cli("extend", "explain", "plan.yaml", "photo.png", "--at", "2,5")
    assert "refining (vote) makes it frog" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("apply", "paln.yaml", "x.png", "--out", "x"), 2, "did you mean 'plan.yaml'?"),
        (("suggest", "--primary-labels", "voc"), 2, "--secondary-labels names a label set"),
        (("suggest", "--primary-labels", "voc", "--secondary-labels", "vco"), 2, "label set 'vco' is not known"),
        (
            ("suggest", "--primary-labels", "voc", "--secondary-labels", "coco", "--add", "benhc"),
            2,
            "--add 'benhc' is no label of the secondary; did you mean 'bench'?",
        ),
        (("evaluate", "plan.yaml", "masks", "--mode", "od"), 2, "mode 'od' is not known; did you mean 'odds'?"),
        (
            ("learn", "masks", "--primary", "stret", "--secondary", "street", "--out", "c.npz"),
            2,
            "did you mean 'street'",
        ),
        (
            ("learn", "masks", "--primary", "street", "--secondary", "street", "--out", "c.npz", "--shard", "3"),
            2,
            "i/n",
        ),
        (("merge", "raw.onnx", "--out", "c.npz"), 1, "raw.onnx: cannot be read"),
        (("forecast", "plan.yaml", "--mode", "guarded"), 1, "mode guarded needs `counts:`"),
        (("forecast", "plan.yaml", "--mode", "override"), 2, "a forecast needs `counts:`"),
    ],
)
def test_wrong_use_is_one_line(work: Path, cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    found = cli("extend", *arguments)
    assert found.code == code and said in found.err and "Traceback" not in found.err


def test_a_photograph_without_a_file_says_which_option_helps(work: Path, cli: Cli) -> None:
    (work / "images").rename(work / "elsewhere")
    said = cli("extend", "learn", "masks", *LEARN[5:], "--out", "counts.npz")
    assert said.code == 1 and "--photographs-in" in said.err
