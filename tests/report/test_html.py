"""Markup: escaped where it enters, closed where it was opened; bars, pictures and numbers."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from report.pages import Seen, seen
from segweave.evaluation.significance import Interval
from segweave.report.bars import Part, difference, legend, meter, stacked, swatch
from segweave.report.data_uri import data_uri
from segweave.report.html import Cell, Column, Html, Section, escape, folded, items, page, picture, table, tag
from segweave.report.numbers import ends_of, meter_cell, points_cell, range_cell

HOSTILE = "<script>alert(1)</script>\" onload='x' & \udcff\x00"
SHOWN = HOSTILE.replace("\udcff", r"\udcff")


def with_body(*body: Html, title: str = "A page") -> Seen:
    return seen(page(title, [Section("only", "Only", Html("".join(body)))]))


def test_every_part_of_a_page_takes_hostile_words_as_words():
    columns = [Column(title=HOSTILE, hint=HOSTILE), Column(title="n", is_number=True)]
    rows = [[Cell(shown=escape(HOSTILE), hint=HOSTILE), Cell(shown=escape(1), key=1.0)]]
    colors = legend([((1, 2, 3), HOSTILE)])
    bar = stacked([Part(share=0.5, color=(0, 0, 0), title=HOSTILE)], label=HOSTILE)
    image = picture("data:image/png;base64,", alt=HOSTILE, caption=escape(HOSTILE), size=(1, 1))
    found = with_body(
        table(columns, rows, caption=HOSTILE, kind="sortable"),
        colors,
        bar,
        image,
        items([escape(HOSTILE)]),
        title=HOSTILE,
    )
    assert [name for name, _ in found.tags].count("script") == 1
    assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
    assert sum(word.count(SHOWN.replace("\x00", "\ufffd")) + word.count(SHOWN) for word in found.words) == 10
    titles = [a["title"] for _, a in found.tags if "title" in a] + [a["alt"] for name, a in found.tags if name == "img"]
    assert len(titles) == 3 and all(said == SHOWN for said in titles)


def test_a_page_is_utf_8_whatever_the_names():
    text = page("日本 \ud800", [Section("s", "\udfff", escape("\udcff"))])
    assert r"日本 \ud800" in text and text.encode("utf-8").decode("utf-8") == text


def test_a_long_table_scrolls_below_its_titles_and_a_short_one_does_not():
    columns = [Column(title="a"), Column(title="b", is_number=True)]
    row = [Cell(shown=escape("x")), Cell(shown=escape("1"), key=1.0)]
    for n, kind in ((24, "scroll"), (25, "scroll tall")):
        found = with_body(table(columns, [row] * n, caption="c"))
        assert [a["class"] for name, a in found.tags if name == "div"] == [kind]


def test_rows_of_another_length_than_the_columns_are_our_own_mistake():
    with pytest.raises(ValueError, match="zip"):
        table([Column(title="a")], [[Cell(shown=escape("1"))] * 2], caption="c")


def boxes_of(svg: Html) -> list[tuple[str, dict[str, str]]]:
    return [(name, a) for name, a in with_body(svg).tags if name in ("rect", "line")]


def test_a_meter_is_as_long_as_its_value():
    (_, track), (_, fill), *whiskers = boxes_of(meter(0.25, low=0.2, high=1.3))
    assert (track["width"], fill["x"], fill["width"]) == ("100", "0", "25")
    assert (whiskers[0][1]["x1"], whiskers[0][1]["x2"]) == ("20", "100")  # an end beyond the bar stays on it
    assert meter(None) == "" and len(boxes_of(meter(0.5))) == 2


def test_a_difference_grows_from_the_middle_to_its_own_side():
    for value, x, width in ((0.1, "50", "25"), (-0.2, "0", "50"), (0.0, "50", "0")):
        fill = next(a for _, a in boxes_of(difference(value, reach=0.2)) if a["class"] == "fill")
        assert (fill["x"], fill["width"]) == (x, width)
    assert difference(None, reach=1.0) == "" and difference(0.0, reach=0.0) == ""


def test_parts_of_a_stacked_bar_lie_side_by_side():
    parts = [Part(share=share, color=(0, 0, 9), title="t") for share in (0.5, 0.25)]
    drawn = [(a["x"], a["width"]) for _, a in boxes_of(stacked(parts, label="l"))]
    assert drawn == [("0", "1000"), ("0", "500"), ("500", "250")]


def test_a_swatch_has_its_colour():
    assert [a["fill"] for _, a in boxes_of(swatch((255, 0, 16)))] == ["#ff0010"]


def decoded(uri: str) -> Image.Image:
    kind, content = uri.split(",")
    assert kind in ("data:image/png;base64", "data:image/jpeg;base64")
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_flat_pictures_keep_every_pixel():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[10:20, 10:30] = (240, 228, 66)
    assert (np.asarray(decoded(data_uri(pixels))) == pixels).all()


@pytest.mark.parametrize("size", [(480, 480), (1, 1), (1, 2000), (2000, 1500)])
def test_pictures_of_noise_are_at_most_75_kb_and_keep_their_shape(size: tuple[int, int]):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    uri = data_uri(noise)
    width, height = decoded(uri).size
    assert len(uri) <= 75_000 and abs(width * size[0] - height * size[1]) <= max(size) + 1


def test_thin_lines_keep_their_colour_in_a_picture():
    """One yellow pixel column in noise: stored as JPEG, it is still far more yellow than grey."""
    noise = np.random.default_rng(0).integers(90, 170, (300, 400, 1), dtype=np.uint8).repeat(3, axis=2)
    noise[:, 200] = (240, 228, 66)
    found = np.asarray(decoded(data_uri(noise))).astype(int)[:, 200].mean(axis=0)
    assert decoded(data_uri(noise)).format == "JPEG" and found[0] - found[2] > 120


def test_intervals_that_cannot_be_trusted_are_not_shown():
    """One that does not hold its number, and one that a single image decides; 1 to 1 of a perfect score is fine."""
    shown = [(0.5, 0.4, 0.6), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.5, 0.5, 0.7)]
    hidden = [(0.756, 0.759, 0.762), (0.404, 0.404, 0.404), (0.5, None, None), (None, None, None)]
    for value, low, high in shown:
        assert ends_of(Interval(value=value, low=low, high=high)) == (low, high)
    for value, low, high in hidden:
        interval = Interval(value=value, low=low, high=high)
        assert ends_of(interval) is None and "too few images" in range_cell(interval).hint
        assert "line" not in meter_cell(value, interval).shown
    assert ends_of(None) is None


def test_what_is_not_defined_is_a_dash_that_sorts_last():
    cell = points_cell(None)
    assert "–" in cell.shown and cell.key is not None and np.isnan(cell.key) and cell.hint


def test_a_shape_is_closed_and_words_are_not_folded_away_without_a_title():
    assert tag("rect", x="1") == '<rect x="1"/>' and tag("line", x1="0") == '<line x1="0"/>'
    assert with_body(folded(escape("more"), escape("inside"))).text_of("only") == "Only more inside"
