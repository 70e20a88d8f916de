"""Numbers of `segweave extend` as people read them."""


def percent(value: float | None) -> str:
    """0..1 as a percentage with one decimal.

    >>> percent(0.4567), percent(None)
    ('45.7', '-')
    """
    return "-" if value is None else f"{100 * value:.1f}"


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def signed(value: float | None, base: float | None) -> str:
    """0..1 as a percentage, with the difference to the base.

    >>> signed(0.5, 0.52), signed(None, 0.5)
    ('50.0 (-2.0)', '-')
    """
    if value is None or base is None:
        return percent(value)
    return f"{100 * value:.1f} ({100 * (value - base):+.1f})"
