"""Pages in one file: markup as text, escaped where it enters; nothing on a page is fetched from anywhere."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import NewType

Html = NewType("Html", str)
"""Markup that is fit for a page. What comes from outside becomes one through `escape`."""

EMPTY = Html("")
_NO_NETWORK = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_WITHOUT_CONTENT = frozenset({"br", "col", "hr", "img", "line", "meta", "rect"})
_TALL = 25  # rows from which a table scrolls below its titles


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page. anchor: its name in links, letters and hyphens. title: plain text."""

    anchor: str
    title: str
    body: Html


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table. title, hint: plain text; a hint shows when a pointer rests on the title."""

    title: str
    is_number: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table. key: what sorting goes by; None for the text. heat: 0..1, how much it stands out."""

    shown: Html
    key: float | None = None
    hint: str = ""
    heat: float | None = None


def escape(text: object) -> Html:
    r"""Plain text as markup; also fit for an attribute. What UTF-8 cannot say, as in file names that are no text, is
    spelled out.

    >>> escape('<b> & "c"'), escape("\udcff")
    ('&lt;b&gt; &amp; &quot;c&quot;', '\\udcff')
    """
    return Html(html.escape(str(text).encode("utf-8", "backslashreplace").decode("utf-8")))


def join(parts: Iterable[Html], *, between: str = "") -> Html:
    """Parts one after the other. between: plain text."""
    return Html(escape(between).join(parts))


def tag(name: str, /, *content: Html, **attributes: str | None) -> Html:
    """An element. An attribute that is None is left out; `class_` is class, `data_key` is data-key.

    >>> tag("p", escape("1 < 2"), class_="note", title=None)
    '<p class="note">1 &lt; 2</p>'
    """
    named = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    opening = f"<{name}{''.join(named)}>"
    if name in _WITHOUT_CONTENT:
        return Html(f"{opening[:-1]}/>")  # drawings need the slash: without it a shape would hold those that follow
    return Html(f"{opening}{''.join(content)}</{name}>")


def paragraph(*content: Html, kind: str | None = None) -> Html:
    """A paragraph. kind: "note" for what is small print, "verdict" for what must not be missed."""
    return tag("p", *content, class_=kind)


def items(lines: Iterable[Html]) -> Html:
    """A list with a bullet a line."""
    return tag("ul", *(tag("li", line) for line in lines))


def facts(pairs: Iterable[tuple[str, Html]]) -> Html:
    """Names (plain text) and what they are, in one block."""
    return tag("dl", *(tag("div", tag("dt", escape(name)), tag("dd", value)) for name, value in pairs), class_="facts")


def picture(source: str, *, alt: str, caption: Html, size: tuple[int, int]) -> Html:
    """An image with words under it. source: a data URI. alt: plain text. size: (height, width) px."""
    drawn = tag("img", src=source, alt=alt, width=str(size[1]), height=str(size[0]))
    return tag("figure", drawn, tag("figcaption", caption))


def folded(title: Html, *content: Html) -> Html:
    """Content that is closed at first; opens by a click on the title."""
    return tag("details", tag("summary", title), *content)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, caption: str, kind: str = "") -> Html:
    """A table that scrolls inside itself where it is too wide or too tall. caption: plain text. The first cell names
    its row.

    kind: "sortable" lets readers sort it by a column, "heat" is for grids of `Cell.heat`, "" is plain.
    """
    head = tag("tr", *(_head(column) for column in columns))
    body = [
        tag("tr", *(_cell(cell, column, first=place == 0) for place, (cell, column) in enumerate(_pairs(row, columns))))
        for row in rows
    ]
    whole = tag("table", tag("caption", escape(caption)), tag("thead", head), tag("tbody", *body), class_=kind or None)
    kinds = "scroll tall" if len(body) >= _TALL else "scroll"
    return tag("div", whole, class_=kinds, role="region", aria_label=caption, tabindex="0")


def page(title: str, sections: Sequence[Section], *, summary: Html = EMPTY, footer: Html = EMPTY) -> str:
    """A whole page as text, to be written as UTF-8. summary: what stands under the title. footer: at the end.

    It works without a network and without JavaScript, which only sorts tables; it forbids itself to load anything.

    >>> "<h2>Numbers</h2>" in page("Report", [Section("numbers", "Numbers", escape("none"))])
    True
    """
    contents = tag(
        "nav",
        *(tag("a", escape(section.title), href=f"#{section.anchor}") for section in sections),
        aria_label="Contents",
    )
    parts = (tag("section", tag("h2", escape(section.title)), section.body, id=section.anchor) for section in sections)
    head = join(
        (
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_NO_NETWORK),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", escape(title)),
            tag("style", _asset("page.css")),
        )
    )
    body = (
        tag("header", tag("h1", escape(title)), summary),
        contents,
        tag("main", *parts),
        tag("footer", footer) if footer else EMPTY,
        tag("script", _asset("page.js")),
    )
    return f"<!DOCTYPE html>\n{tag('html', tag('head', head), tag('body', *body), lang='en')}\n"


def _pairs(row: Sequence[Cell], columns: Sequence[Column]) -> Iterable[tuple[Cell, Column]]:
    return zip(row, columns, strict=True)


def _head(column: Column) -> Html:
    kind = "number" if column.is_number else None
    return tag("th", escape(column.title), scope="col", class_=kind, title=column.hint or None)


def _cell(cell: Cell, column: Column, *, first: bool) -> Html:
    return tag(
        "th" if first else "td",
        cell.shown,
        scope="row" if first else None,
        class_="number" if column.is_number else None,
        title=cell.hint or None,
        data_key=None if cell.key is None else repr(cell.key),
        style=None if cell.heat is None else f"--heat:{cell.heat:.3f}",
    )


def _asset(name: str) -> Html:
    return Html(resources.files("segweave.report").joinpath(name).read_text(encoding="utf-8"))
