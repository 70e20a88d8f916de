"""How numbers are written on a page: qualities in points of 100, a dash for what is not defined."""

from segweave.evaluation.significance import Interval
from segweave.report.bars import meter
from segweave.report.html import EMPTY, Cell, Html, escape, tag

NOBODY_HAS_IT = "neither truth nor prediction has it"
_DASH = "\u2013"
_MINUS = "\u2212"


def points(value: float | None) -> str:
    """A quality 0..1 in points of 100; a dash for None.

    >>> points(0.5321), points(None)
    ('53.2', '\u2013')
    """
    return _DASH if value is None else f"{100 * value:.1f}"


def signed(value: float | None) -> str:
    """A difference of qualities in points, with its sign.

    >>> signed(0.0123), signed(-0.5), signed(0.0001)
    ('+1.2', '\u221250.0', '0.0')
    """
    if value is None:
        return _DASH
    shown = f"{abs(100 * value):.1f}"
    return shown if float(shown) == 0 else f"{'+' if value > 0 else _MINUS}{shown}"


def whole(number: int) -> str:
    """A count with its thousands apart.

    >>> whole(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def range_of(interval: Interval | None) -> str:
    """The ends of an interval in points, "" where there are none."""
    if interval is None or interval.low is None or interval.high is None:
        return ""
    return f"{points(interval.low)} to {points(interval.high)}"


def signed_range_of(interval: Interval) -> str:
    """The ends of the interval of a difference in points, "" where there are none."""
    if interval.low is None or interval.high is None:
        return ""
    return f"{signed(interval.low)} to {signed(interval.high)}"


def unbroken(text: str) -> str:
    """A sentence in which no line ends before a percent sign.

    >>> unbroken("50 % of them")
    '50\xa0% of them'
    """
    return text.replace(" %", "\u00a0%")


def plural(number: int, one: str) -> str:
    """A count and what is counted.

    >>> plural(1, "image"), plural(2000, "image")
    ('1 image', '2,000 images')
    """
    return f"{whole(number)} {one if number == 1 else one + 's'}"


def points_cell(value: float | None, *, hint: str = NOBODY_HAS_IT) -> Cell:
    """A quality as a cell. hint: why there is none, shown on the dash."""
    return dash_cell(hint) if value is None else Cell(shown=escape(points(value)), key=float(value))


def signed_cell(value: float | None, *, hint: str = NOBODY_HAS_IT) -> Cell:
    """A difference as a cell."""
    return dash_cell(hint) if value is None else Cell(shown=escape(signed(value)), key=float(value))


def count_cell(number: int | None) -> Cell:
    """A count as a cell."""
    return dash_cell(NOBODY_HAS_IT) if number is None else Cell(shown=escape(whole(number)), key=float(number))


def range_cell(interval: Interval | None) -> Cell:
    """The interval of a quality as a cell; sorts by its width."""
    shown = range_of(interval)
    if not shown or interval is None or interval.low is None or interval.high is None:
        return dash_cell("no interval")
    return Cell(shown=tag("span", escape(shown), class_="range"), key=float(interval.high - interval.low))


def meter_cell(value: float | None, interval: Interval | None = None) -> Cell:
    """A bar for a quality, with its interval."""
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return Cell(shown=meter(value, low=low, high=high), key=float("nan") if value is None else float(value))


def text_cell(text: str, *, hint: str = "") -> Cell:
    """Plain text as a cell."""
    return Cell(shown=escape(text) if text else EMPTY, hint=hint)


def dash_cell(hint: str) -> Cell:
    """A cell for what is not defined. hint: why."""
    dash: Html = tag("span", escape(_DASH), class_="dash")
    return Cell(shown=dash, key=float("nan"), hint=hint)
