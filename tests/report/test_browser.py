"""A report in a real browser: nothing is fetched, nothing fails, nothing is cut off. Needs Debian's chromium."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import Cli
from report.pages import moved, scenes, write
from segweave.labels import Label, LabelSet
from segweave.segmentation import Segmentation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
N = 4
MANY = LabelSet(
    "many", tuple(Label(name=f"{'a rather long name of ' * (k % 3)}label {k}", is_thing=k % 2 == 0) for k in range(40))
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Headless Chromium; the tests are skipped, saying so, where it is not installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason='needs playwright: pip install -e ".[dev]"')
    if not CHROMIUM.is_file():
        pytest.skip(f"needs {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


@dataclass
class Watched:
    """An open page, and what it asked for and complained about."""

    page: "Page"
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def opened(browser: "Browser", file: Path, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Watched:
    """The file in the browser; every request but the one for the file itself is written down and aborted."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    watched = Watched(context.new_page())

    def watch(route: "Route") -> None:
        if route.request.url == file.as_uri():
            route.continue_()
        else:
            watched.requests.append(route.request.url)
            route.abort()

    context.route("**/*", watch)
    watched.page.on("request", lambda asked: watched.requests.append(asked.url) if far(asked.url, file) else None)
    watched.page.on("console", lambda message: watched.complaints.append(message.text))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.goto(file.as_uri(), wait_until="load")
    return watched


def far(url: str, file: Path) -> bool:
    """Is it neither the file nor inside it?"""
    return url != file.as_uri() and not url.startswith("data:")


@pytest.fixture
def report(request: pytest.FixtureRequest, cli: Cli, tmp_path: Path) -> Path:
    """The report of a task, with all that can be asked for."""
    task = getattr(request, "param", "panoptic")
    truths = scenes(N, labels=MANY)
    for name, by in (("truth", 0), ("guess", 3), ("other", 9)):
        write([moved(scene, by) for scene in truths], tmp_path / name)
    rows = [f"image_{k},{k % 2}" for k in range(N)]
    (tmp_path / "a.csv").write_text("\n".join(["image,half", *rows]))
    asked = ["--against", tmp_path / "other", "--slices", tmp_path / "a.csv"]
    asked.append("--cityscapes" if task == "instance" else "--boundary")
    sides = (tmp_path / "truth", tmp_path / "guess")
    said = cli("evaluate", *sides, "--task", task, "--report", tmp_path / "page.html", *asked)
    assert said.code == 0, said.err
    return tmp_path / "page.html"


@pytest.mark.parametrize("report", ["panoptic", "semantic", "instance"], indirect=True)
def test_a_report_opens_without_a_request_and_without_a_complaint(browser: "Browser", report: Path):
    watched = opened(browser, report)
    widths = watched.page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert widths and all(widths), "a picture could not be decoded"
    assert watched.requests == [] and watched.complaints == []


def test_the_watch_sees_a_request(browser: "Browser", tmp_path: Path):
    """A page that does fetch is caught, so that the test above can fail."""
    file = tmp_path / "bad.html"
    file.write_text("<!DOCTYPE html><img src='http://example.invalid/x.png'><script>nothing()</script>")
    watched = opened(browser, file)
    assert set(watched.requests) == {"http://example.invalid/x.png"}
    assert any("nothing is not defined" in complaint for complaint in watched.complaints)


@pytest.mark.parametrize("width", [320, 420, 800, 1280])
def test_a_report_is_never_wider_than_the_window(width: int, browser: "Browser", report: Path):
    page = opened(browser, report, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_titles_sort_their_table_and_what_is_not_defined_stays_last(browser: "Browser", report: Path):
    page = opened(browser, report).page
    column = "[...document.querySelectorAll('#labels tbody tr')].map(row => row.cells[2].textContent)"
    before = page.evaluate(column)
    title = page.locator("#labels thead button").nth(2)
    ascending, descending = [], []
    for found in (ascending, descending):
        title.click()
        found += page.evaluate(column)
    numbers = sorted(float(text) for text in before if text != "–")
    dashes = ["–"] * before.count("–")
    assert dashes and [float(t) for t in ascending if t != "–"] == numbers and ascending[-len(dashes) :] == dashes
    assert [float(t) for t in descending if t != "–"] == numbers[::-1] and descending[-len(dashes) :] == dashes
    title.click()
    assert page.evaluate(column) == before


def test_bars_sort_by_their_number(browser: "Browser", report: Path):
    page = opened(browser, report).page
    page.locator("#labels thead button", has_text="0 to 100").click()
    shown = page.evaluate("[...document.querySelectorAll('#labels tbody tr')].map(row => row.cells[2].textContent)")
    numbers = [float(text) for text in shown if text != "–"]
    assert numbers == sorted(numbers) and numbers[0] < numbers[-1]


def test_a_report_is_dark_where_people_want_it_dark(browser: "Browser", report: Path):
    color = "getComputedStyle(document.body).backgroundColor"
    light, dark = (opened(browser, report, scheme=scheme).page.evaluate(color) for scheme in ("light", "dark"))
    assert light == "rgb(255, 255, 255)" and dark == "rgb(20, 23, 27)"


def test_a_tall_picture_is_not_blown_up(browser: "Browser", cli: Cli, tmp_path: Path):
    """300 x 12 px would be 10,000 px tall at the width of a column."""
    tall = [
        Segmentation(scene.ids.reshape(-1)[:2400].reshape(200, 12), scene.segments, scene.labels) for scene in scenes(1)
    ]
    write(tall, tmp_path / "truth")
    write([moved(scene) for scene in tall], tmp_path / "guess")
    said = cli("evaluate", tmp_path / "truth", tmp_path / "guess", "--report", tmp_path / "page.html")
    assert said.code == 0, said.err
    page = opened(browser, tmp_path / "page.html").page
    heights = page.eval_on_selector_all("img", "images => images.map(image => image.getBoundingClientRect().height)")
    assert heights and max(heights) <= 416


def test_without_scripts_everything_is_there(browser: "Browser", report: Path):
    page = opened(browser, report, script=False).page
    assert page.locator("#labels tbody tr").count() == len(MANY) and page.locator("thead button").count() == 0
