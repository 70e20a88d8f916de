"""How numbers are written on a page: qualities in points of 100, a dash for what is not defined."""

from segweave.evaluation.significance import Interval
from segweave.report.bars import meter
from segweave.report.html import EMPTY, Cell, Html, escape, tag

NOBODY_HAS_IT = "neither truth nor prediction has it"
_ROUNDING = 1e-9
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
    """The ends of an interval in points, "" where there are none that can be trusted."""
    ends = ends_of(interval)
    return "" if ends is None else f"{points(ends[0])} to {points(ends[1])}"


def ends_of(interval: Interval | None) -> tuple[float, float] | None:
    """The ends of an interval; None where there are none that can be trusted.

    That is where they do not hold the number itself: means over labels that few images have can lean so far to one
    side when images are drawn again that no draw is like the data set. And where all draws are the same although the
    number is neither 0 nor 1: a single image decides it.
    """
    if interval is None or interval.value is None or interval.low is None or interval.high is None:
        return None
    inside = interval.low - _ROUNDING <= interval.value <= interval.high + _ROUNDING
    alone = interval.high - interval.low < _ROUNDING and abs(interval.value) not in (0, 1)
    return (interval.low, interval.high) if inside and not alone else None


def signed_range_of(interval: Interval) -> str:
    """The ends of the interval of a difference in points, "" where there are none that can be trusted."""
    ends = ends_of(interval)
    return "" if ends is None else f"{signed(ends[0])} to {signed(ends[1])}"


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
    ends = ends_of(interval)
    if ends is None:
        return dash_cell("no interval: too few images")
    return Cell(shown=tag("span", escape(range_of(interval)), class_="range"), key=float(ends[1] - ends[0]))


def meter_cell(value: float | None, interval: Interval | None = None) -> Cell:
    """A bar for a quality, with its interval."""
    low, high = ends_of(interval) or (None, None)
    return Cell(shown=meter(value, low=low, high=high), key=float("nan") if value is None else float(value))


def text_cell(text: str, *, hint: str = "") -> Cell:
    """Plain text as a cell."""
    return Cell(shown=escape(text) if text else EMPTY, hint=hint)


def dash_cell(hint: str) -> Cell:
    """A cell for what is not defined. hint: why."""
    dash: Html = tag("span", escape(_DASH), class_="dash")
    return Cell(shown=dash, key=float("nan"), hint=hint)
