"""Bars as inline SVG. They repeat numbers that stand beside them as text, so readers of screens skip them."""

from collections.abc import Sequence
from dataclasses import dataclass

from segweave.labels import Color
from segweave.report.html import EMPTY, Html, escape, join, tag

_TALL = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a stacked bar. share: of the bar, 0..1. title: plain text, shown when a pointer rests on it."""

    share: float
    color: Color
    title: str


def css_color(color: Color) -> str:
    """A colour as style sheets write it.

    >>> css_color((213, 94, 0))
    '#d55e00'
    """
    return "#{:02x}{:02x}{:02x}".format(*color)


def swatch(color: Color) -> Html:
    """A small square that says which colour; it stands before a name."""
    drawn = tag("rect", x="0", y="0", width="1", height="1", fill=css_color(color))
    return tag("span", _svg(1, 1, drawn), class_="swatch", aria_hidden="true")


def meter(value: float | None, *, low: float | None = None, high: float | None = None) -> Html:
    """A bar from 0 to `value`, and a line over the interval; all 0..1. Nothing where the value is None."""
    if value is None:
        return EMPTY
    parts = [_bar(0, 1, "track"), _bar(0, value, "fill")]
    if low is not None and high is not None:
        parts += _whiskers(low, high)
    return _svg(100, _TALL, *parts, kind="meter")


def difference(value: float | None, *, reach: float, low: float | None = None, high: float | None = None) -> Html:
    """A bar from the middle, which is 0, to `value`, and a line over the interval. reach: what the ends stand for."""
    if value is None or reach <= 0:
        return EMPTY

    def at(number: float) -> float:
        return 0.5 + 0.5 * max(-1.0, min(1.0, number / reach))

    start, end = sorted((0.5, at(value)))
    parts = [_bar(0, 1, "track"), _bar(start, end, "fill"), _line((0.5, 0.0), (0.5, 1.0), "zero")]
    if low is not None and high is not None:
        parts += _whiskers(at(low), at(high))
    return _svg(100, _TALL, *parts, kind="meter")


def stacked(parts: Sequence[Part], *, label: str) -> Html:
    """Parts side by side along one bar. label: plain text that says what the bar shows, for readers of screens."""
    drawn = []
    start = 0.0
    for part in parts:
        box = dict(x=_n(1000 * start), y="0", width=_n(1000 * part.share), height="20", fill=css_color(part.color))
        drawn.append(tag("g", tag("title", escape(part.title)), tag("rect", **box)))
        start += part.share
    track = tag("rect", x="0", y="0", width="1000", height="20", class_="track")
    return tag(
        "svg",
        tag("title", escape(label)),
        track,
        *drawn,
        viewBox="0 0 1000 20",
        preserveAspectRatio="none",
        class_="stack",
        role="img",
    )


def legend(entries: Sequence[tuple[Color, str]]) -> Html:
    """What colours mean. names: plain text."""
    return tag("ul", *(tag("li", join((swatch(color), escape(name)))) for color, name in entries), class_="legend")


def _bar(start: float, end: float, kind: str) -> Html:
    left, right = (max(0.0, min(1.0, x)) for x in (start, end))
    box = dict(x=_n(100 * left), y=_n(0.15 * _TALL), width=_n(100 * (right - left)), height=_n(0.7 * _TALL))
    return tag("rect", **box, class_=kind)


def _whiskers(low: float, high: float) -> list[Html]:
    """A line from `low` to `high` with its ends marked, all 0..1."""
    ends = [_line((x, 0.1), (x, 0.9), "whisker") for x in (low, high)]
    return [_line((low, 0.5), (high, 0.5), "whisker"), *ends]


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> Html:
    """A line between (x, y) 0..1, of the same width however far the bar is stretched."""
    (x1, y1), (x2, y2) = ((_n(100 * max(0.0, min(1.0, x))), _n(_TALL * y)) for x, y in (start, end))
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind, vector_effect="non-scaling-stroke")


def _svg(width: float, height: float, *content: Html, kind: str | None = None) -> Html:
    box = f"0 0 {_n(width)} {_n(height)}"
    return tag("svg", *content, viewBox=box, preserveAspectRatio="none", class_=kind, aria_hidden="true")


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
