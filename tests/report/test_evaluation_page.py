"""The page of an evaluation: what it says for each task, and that it needs nothing but itself."""

import json
import os
import re
import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from cli import Cli
from report.pages import Seen, in_words, moved, scenes, seen, street_photographs, write
from scenes import SOME_LABELS
from segweave.apps.cli.evaluate_show import write_page
from segweave.errors import OutputError
from segweave.formats import open_dataset
from segweave.labels import Label, LabelSet
from segweave.segmentation import Segmentation

N = 6
ALWAYS = {"numbers", "labels", "worst"}
ASKED = {"comparison", "slices"}
SECTIONS = {
    "panoptic": ALWAYS | ASKED | {"errors", "confusion", "boundary"},
    "semantic": ALWAYS | ASKED | {"confusion", "boundary"},
    "instance": ALWAYS | ASKED | {"cityscapes"},
}
OPTIONS = {"panoptic": ["--boundary"], "semantic": ["--boundary"], "instance": ["--cityscapes"]}
TASKS = list(SECTIONS)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """A truth, and the same 3 px further right."""
    truths = scenes(N)
    return write(truths, tmp_path / "truth"), write([moved(t) for t in truths], tmp_path / "guess")


def reported(cli: Cli, page: Path, *arguments: object) -> Seen:
    """The page that `segweave evaluate ARGUMENTS --report` writes."""
    said = cli("evaluate", *arguments, "--report", page)
    assert said.code == 0, said.err
    return seen(page)


@pytest.mark.parametrize("task", TASKS)
def test_every_section_is_there(task: str, cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    rows = [f"image_{k},{'night' if k % 2 else 'day'}" for k in range(N)]
    (tmp_path / "attributes.csv").write_text("\n".join(["image,time", *rows]))
    write([moved(t, 7) for t in scenes(N)], tmp_path / "other")
    asked = ["--slices", tmp_path / "attributes.csv", "--against", tmp_path / "other", *OPTIONS[task]]
    page = reported(cli, tmp_path / "page.html", *sides, "--task", task, *asked)
    assert set(page.by_section) == SECTIONS[task]
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == [f"#{anchor}" for anchor in page.by_section]
    assert "night" in page.text_of("slices") and "is better (p =" in page.text_of("comparison")
    pictures = [attributes["alt"] for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) >= 9 and {alt.split(": ")[1] for alt in pictures} == {"truth", "prediction", "mistakes"}


@pytest.mark.parametrize("task", TASKS)
def test_the_numbers_are_those_of_the_evaluation(task: str, cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    said = cli("evaluate", *sides, "--task", task, "--report", tmp_path / "page.html", "--intervals", "--json")
    found = json.loads(said.out)
    key = {"panoptic": "pq", "semantic": "miou", "instance": "ap"}[task]
    value = found["all"]["pq"] if task == "panoptic" else found[key]
    interval = found["intervals"][key]
    page = seen(tmp_path / "page.html")
    assert f"{100 * value:.1f} 95 %: {100 * interval['low']:.1f} to {100 * interval['high']:.1f}" in page.text_of(
        "numbers"
    )
    measure = {"panoptic": "PQ", "semantic": "IoU", "instance": "AP"}[task]
    assert page.text_of("labels").startswith(f"Labels {measure} of each label, in points")
    for name, label in found["labels"].items():
        number = label["pq"] if isinstance(label, dict) else label
        shown = "–" if number is None else f"{100 * number:.1f}"
        assert re.search(rf"\b{name} (thing|stuff) {re.escape(shown)} ", page.text_of("labels")), name


def test_the_page_says_how_it_counts_and_what_made_it(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    page = reported(cli, tmp_path / "page.html", *sides, "--convention", "strict")
    assert "Images 6 images" in page.text and "strict: the definition (Kirillov et al. 2019)" in page.text
    assert "Pixels that the truth leaves void do not count" in page.text
    assert f"segweave evaluate {sides[0]} {sides[1]} --convention strict --report" in page.text
    assert re.search(r"segweave \d+\.\d+\.\d+, numpy \d+.*, hotcoco \d+.*, Python 3", page.text)
    semantic = reported(cli, tmp_path / "semantic.html", *sides, "--task", "semantic")
    assert "Void in the prediction is wrong wherever" in semantic.text and "Convention" not in semantic.text


def test_errors_and_intervals_are_on_the_page_though_nobody_asked(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    said = cli("evaluate", *sides, "--report", tmp_path / "page.html", "--json")
    assert "errors" not in json.loads(said.out) and "intervals" not in json.loads(said.out)
    page = seen(tmp_path / "page.html")
    assert "Is the handling of the background our bottleneck?" in page.text_of("errors")
    assert "of the" in page.text_of("errors") and "95 %" in page.text_of("numbers")


def test_images_that_were_left_out_are_said(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    short = [*scenes(N)[:4], Segmentation(np.ones((3, 3), np.int32), scenes(1)[0].segments[:1], SOME_LABELS)]
    write(short, tmp_path / "short")
    page = reported(cli, tmp_path / "page.html", sides[0], tmp_path / "short", "--skip-missing")
    assert "Images 4 images; 1 could not be counted" in page.text
    assert "image 6 (image_5) of" in page.text and "is missing in" in page.text
    assert re.search(r"left out: \S+: image 5: has \(40, 60\) pixels .* has \(3, 3\)", page.text)


def test_a_data_set_against_itself_has_nothing_to_show(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    for task in TASKS:
        page = reported(cli, tmp_path / f"{task}.html", sides[0], sides[0], "--task", task, "--against", sides[0])
        assert "There is no image with a mistake to show." in page.text_of("worst")
        assert "the two are equal" in page.text_of("comparison") and "nan" not in page.text.lower()


def test_one_image_has_no_interval(cli: Cli, tmp_path: Path):
    scene = scenes(1)
    write(scene, tmp_path / "truth")
    write([moved(scene[0])], tmp_path / "guess")
    page = reported(cli, tmp_path / "page.html", tmp_path / "truth", tmp_path / "guess")
    assert "there are no intervals" in page.text_of("numbers")
    assert " to " not in page.text_of("labels").replace("0 to 100", "")


def test_a_page_of_kept_counts_has_no_pictures_and_says_so(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    assert cli("evaluate", *sides, "--counts", tmp_path / "counts.npz").code == 0
    said = cli("evaluate", "merge", tmp_path / "counts.npz", "--report", tmp_path / "page.html")
    assert said.code == 0, said.err
    page = seen(tmp_path / "page.html")
    assert "There are no pictures: kept counts say" in page.text_of("worst") and "image_0" in page.text_of("worst")
    assert not [tag for tag, _ in page.tags if tag == "img"]


HOSTILE = "<script>alert('x')</script> & \"q\""


@pytest.mark.parametrize("task", TASKS)
def test_hostile_names_are_words_and_nothing_else(task: str, cli: Cli, tmp_path: Path):
    labels = LabelSet("hostile", tuple(Label(name=f"{HOSTILE}{k}", is_thing=k > 2) for k in range(5)))
    names = [f"<img src=x onerror=alert(1)>&amp;\"'{k}.png" for k in range(3)]
    truths = [in_words(scene, labels) for scene in scenes(3)]
    write(truths, tmp_path / "truth<b>", names=names)
    write([moved(t) for t in truths], tmp_path / "guess<b>", names=names)
    rows = ['"{}",<u>'.format(name.replace('"', '""')) for name in names]
    (tmp_path / "a.csv").write_text("\n".join(["image,<i>time</i>", *rows]))
    asked = ["--against", tmp_path / "truth<b>", "--slices", tmp_path / "a.csv", *OPTIONS[task]]
    page = reported(cli, tmp_path / "p.html", tmp_path / "truth<b>", tmp_path / "guess<b>", "--task", task, *asked)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not {tag for tag, _ in page.tags} & {"b", "i", "u"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert HOSTILE in page.text_of("labels") and "<img src=x onerror=alert(1)>" in page.text_of("worst")
    assert "<i>time</i>" in page.text_of("slices") and "<u>" in page.text_of("slices")


@pytest.mark.parametrize("task", TASKS)
def test_nothing_on_the_page_points_outside(task: str, cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    page = reported(cli, tmp_path / "page.html", *sides, "--task", task, *OPTIONS[task])
    policy = [
        a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy and policy[0].startswith("default-src 'none'")
    sources = [
        a[key] for _, a in page.tags for key in ("src", "href", "action", "data", "srcset", "poster") if key in a
    ]
    assert sources and all(source.startswith(("data:image/", "#")) for source in sources)
    assert not {tag for tag, _ in page.tags} & {"link", "iframe", "object", "embed", "base", "form", "video", "audio"}
    text = re.sub(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+", "", (tmp_path / "page.html").read_text("utf-8"))
    assert not re.search(r"https?:|//[a-z0-9.-]+\.[a-z]{2,}|url\(|@import|fetch\(|XMLHttpRequest|import\(", text)


@pytest.mark.slow
def test_twelve_images_of_noise_stay_below_three_megabytes(cli: Cli, tmp_path: Path):
    truth = street_photographs(13, tmp_path / "truth", size=(480, 640))
    shifted = [moved(sample.truth, 40) for sample in open_dataset(truth)]
    write(shifted, tmp_path / "guess", names=[f"street_{k}.png" for k in range(13)], photographs=False)
    page = reported(cli, tmp_path / "page.html", truth, tmp_path / "guess")
    assert [tag for tag, _ in page.tags].count("img") == 36
    assert (tmp_path / "page.html").stat().st_size < 3_000_000


def test_a_page_that_cannot_be_written_leaves_no_half_of_it(tmp_path: Path):
    """The disk is full at 10,000 bytes of 50,000."""
    path = tmp_path / "page.html"
    path.write_text("the old one")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OutputError, match=r"page\.html: cannot be written"):
            write_page(path, "x" * 50_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"] and path.read_text() == "the old one"


def test_a_report_is_never_written_over_unasked(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    path = tmp_path / "page.html"
    path.write_text("the old one")
    said = cli("evaluate", *sides, "--report", path)
    assert said.code == 1 and "--force replaces it" in said.err and path.read_text() == "the old one"
    assert cli("evaluate", *sides, "--report", path, "--force").code == 0
    assert "Evaluation of" in seen(path).text


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are no text")
def test_a_folder_whose_name_is_no_text_is_spelled_out(cli: Cli, sides: tuple[Path, Path], tmp_path: Path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff")
    os.rename(sides[0], odd)
    page = reported(cli, tmp_path / "page.html", odd, sides[1])
    assert r"odd\udcff" in page.text
