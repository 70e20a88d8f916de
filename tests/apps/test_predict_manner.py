"""`segweave predict` with tiles, several views, maps of how sure it is, batches and lists."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import Cli
from models.weaving import write_models, write_plan
from segweave import load_model, read_image
from segweave.formats import read_id_png
from segweave.models import TASKS
from segweave.models.confidence import predicted


@pytest.fixture
def photos(tmp_path: Path, china: Path) -> Path:
    """Three small photographs of several sizes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, size in enumerate([(160, 107), (160, 107), (90, 120)], start=1):
        photo = Image.open(china).resize(size)
        (photo if number == 1 else photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("task", TASKS)
def test_tiles_give_what_the_tiled_model_gives(task: str, cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = cli("predict", photos / "1.png", "--tile", 64, "--overlap", 16, "--task", task, "--out", out, "--json")
    assert said.code == 0
    expected = load_model("street").tiled(64, overlap=16).predict(photos / "1.png", task=task)  # type: ignore[call-overload]
    (image,) = json.loads(said.out)["images"]
    assert [(s["label"], s["area_px"]) for s in image["segments"]] == [
        (name, area) for name, area in zip(expected.label_names(), expected.areas().tolist(), strict=True)
    ]
    if task != "instance":
        assert np.array_equal(read_id_png(out / "1.png"), expected.ids)


def test_several_views_are_averaged(cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = cli("predict", photos / "1.png", "--task", "semantic", "--flip", "--scales", "0.75, 1,1.25", "--out", out)
    assert said.code == 0
    model = load_model("street").augmented(flip=True, scales=(0.75, 1, 1.25))
    expected = model.predict(photos / "1.png", task="semantic")
    assert np.array_equal(read_id_png(out / "1.png"), expected.ids)
    plain = load_model("street").predict(photos / "1.png", task="semantic")
    assert not np.array_equal(plain.ids, expected.ids)


@pytest.mark.parametrize("how", [(), ("--tile", 64)])
def test_maps_of_how_sure_the_model_is_are_written(how: tuple, cli: Cli, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = cli("predict", photos, "--confidence", "--out", out, "--json", *how)
    assert said.code == 0
    model = load_model("street")
    network = model.tiled(64).network if how else model.network
    for image in json.loads(said.out)["images"]:
        expected = predicted(network, read_image(image["source"]), "panoptic")[1]
        for kind, shares in (("confidence", expected.probability), ("entropy", expected.entropy)):
            assert image[kind] == str(out / f"{image['image']}.{kind}.png")
            with Image.open(image[kind]) as found:
                assert found.mode == "L" and np.array_equal(np.asarray(found), shares)
    # what is sure has little entropy: at p = 1 it is 0, at p it is at most that of p and equal shares of the rest
    p = expected.probability / 255
    rest = np.where(p < 1, -(1 - p) * np.log(np.maximum(1 - p, 1e-9) / 10), 0) - p * np.log(p)
    assert (expected.entropy / 255 * math.log(11) <= rest + 0.03).all()
    again = cli("predict", out, "--json")  # neither maps nor pictures are photographs
    assert again.code == 2


def test_a_batch_gives_the_same_as_one_at_a_time(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (photos / "2b.png").write_bytes(b"this is no picture")
    runs = [cli("predict", photos, "--batch", n, "--out", tmp_path / str(n), "--json") for n in (1, 2, 7)]
    assert [said.code for said in runs] == [1, 1, 1]
    told = [json.loads(said.out) for said in runs]
    assert [[image["image"] for image in one["images"]] for one in told] == [["1", "2", "3"]] * 3
    assert told[0]["images"][0]["segments"] == told[2]["images"][0]["segments"]
    for name in ("1.png", "2.png", "3.png", "panoptic.json", "segments.csv", "2.overlay.png"):
        assert len({(tmp_path / str(n) / name).read_bytes() for n in (1, 2, 7)}) == 1


def test_images_may_come_in_a_list(cli: Cli, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# two of three\nphotos/3.png\nphotos/1.png\nphotos/4.png\n")
    said = cli("predict", f"@{tmp_path / 'list.txt'}", "--out", tmp_path / "out", "--json")
    assert said.code == 1
    assert [image["image"] for image in json.loads(said.out)["images"]] == ["3", "1"]
    assert len(said.complaints) == 1
    assert "list.txt:4" in said.complaints[0] and "did you mean" in said.complaints[0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tile", "64", "--overlap", "40"], "overlap by 0 to 32 px; found 40"),
        (["--overlap", "8"], "--tile"),
        (["--flip"], "use semantic"),
        (["--scales", "1,x", "--task", "semantic"], "expected numbers with commas"),
        (["--scales", "0", "--task", "semantic"], "0.1..10"),
        (["--scales", "nan", "--task", "semantic"], "0.1..10"),
        (["--confidence"], "--out DIR"),
    ],
)
def test_options_that_cannot_be_are_one_line(options: list[str], says: str, cli: Cli, photos: Path) -> None:
    said = cli("predict", photos, *options)
    assert said.code == 2
    assert len(said.complaints) == 1
    assert says in said.complaints[0]


@pytest.mark.parametrize("options", [["--confidence"], ["--flip"], ["--tile", "64", "--confidence"]])
def test_a_model_without_probabilities_says_so_before_a_folder_is_made(
    options: list[str], cli: Cli, photos: Path, tmp_path: Path
) -> None:
    plan = write_plan(write_models(tmp_path))
    said = cli("predict", photos, "--model", plan, "--task", "semantic", "--out", tmp_path / "out", *options)
    assert said.code == 2
    assert len(said.complaints) == 1 and "plan.yaml' gives no" in said.complaints[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("other", [["--tile", "64"], ["--tile", "64", "--overlap", "9"], ["--confidence"], []])
def test_a_run_is_not_resumed_in_another_manner(other: list[str], cli: Cli, photos: Path, tmp_path: Path) -> None:
    first = ["--tile", "48"]
    assert cli("predict", photos, "--out", tmp_path / "out", *first).code == 0
    said = cli("predict", photos, "--out", tmp_path / "out", "--resume", *other)
    assert said.code == 2
    assert "tile 48" in said.complaints[0]
    assert cli("predict", photos, "--out", tmp_path / "out", "--resume", *first).code == 0


def test_a_name_that_is_another_image_s_by_now_is_done_again(cli: Cli, photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (50, 40), "white").save(other / "1.png")
    assert cli("predict", photos / "1.png", "--out", tmp_path / "out").code == 0
    said = cli("predict", other / "1.png", "--out", tmp_path / "out", "--resume", "--json")
    assert said.code == 0
    (image,) = json.loads(said.out)["images"]
    assert (image["height"], image["width"]) == (40, 50)
    assert read_id_png(tmp_path / "out" / "1.png").shape == (40, 50)


def _cmyk(image: Image.Image, path: Path) -> None:
    image.convert("CMYK").save(path)


def _deep(image: Image.Image, path: Path) -> None:
    Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) << 8).save(path)


def _turned(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


def _animated(image: Image.Image, path: Path) -> None:
    image.save(path, save_all=True, append_images=[image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])


ODD: dict[str, Callable[[Image.Image, Path], None]] = {
    "cmyk.jpg": _cmyk,
    "deep.png": _deep,
    "turned.jpg": _turned,
    "animated.gif": _animated,
    "animated.png": _animated,
    "animated.webp": _animated,
    "pages.tif": _animated,
}


def test_odd_images_are_done_and_said_and_a_broken_one_among_them_is_reported(
    cli: Cli, china: Path, tmp_path: Path
) -> None:
    """Of animations and pages the first is taken, with a note; all are seen upright."""
    photo = Image.open(china).resize((160, 107))
    for name, save in ODD.items():
        save(photo, tmp_path / name)
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "turned.jpg").read_bytes()[:900])
    names = sorted([*ODD, "broken.jpg"])
    out = tmp_path / "out"
    said = cli("predict", *(tmp_path / name for name in names), "--out", out, "--json", "--batch", 3)
    assert said.code == 1
    assert len(said.complaints) == 1 and "broken.jpg" in said.complaints[0]
    images = {Path(image["source"]).name: image for image in json.loads(said.out)["images"]}
    assert sorted(images) == sorted(ODD)
    assert all((image["height"], image["width"]) == (107, 160) for image in images.values())
    several = {name for name, image in images.items() if any("several pictures" in note for note in image["notes"])}
    assert several == {"animated.gif", "animated.png", "animated.webp", "pages.tif"}
    assert said.err.count("holds several pictures; the first one was taken") == len(several)
    seen = load_model("street").predict(photo)
    for name in ("animated.png", "pages.tif"):
        assert np.array_equal(read_id_png(images[name]["ids"]), seen.ids)
