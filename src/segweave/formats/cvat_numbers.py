"""Numbers in the attributes of XML elements, checked where they are used."""

import math
from collections.abc import Mapping

from segweave.errors import FormatError
from segweave.formats.json_parts import shown


def whole_of(attributes: Mapping[str, str], key: str, where: str, *, low: int = -(2**63), high: int = 2**63 - 1) -> int:
    """The whole number under `key` (20.0 counts as one), within low..high.

    Raises `FormatError` that begins with `where`.

    >>> whole_of({"width": "20.00"}, "width", "a.xml")
    20
    """
    number = whole_or_text(attributes.get(key, ""))
    if isinstance(number, str) or not low <= number <= high:
        raise FormatError(
            f"{where}: expected {key!r} to be a whole number {low}..{high}; found {_found(attributes, key)}"
        )
    return number


def number_of(attributes: Mapping[str, str], key: str, where: str) -> float:
    """The finite number under `key`; `FormatError` that begins with `where`."""
    number = finite_or_none(attributes.get(key, ""))
    if number is None:
        raise FormatError(f"{where}: expected {key!r} to be a finite number; found {_found(attributes, key)}")
    return number


def whole_or_text(text: str) -> int | str:
    """`text` as a whole number where it is one."""
    try:
        return int(text)
    except ValueError:  # no number, or one beyond Python's limit of digits
        number = finite_or_none(text)
        return int(number) if number is not None and number == int(number) else text


def finite_or_none(text: str) -> float | None:
    """`text` as a finite number, None where it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _found(attributes: Mapping[str, str], key: str) -> str:
    return shown(attributes[key]) if key in attributes else f"no {key!r}"
