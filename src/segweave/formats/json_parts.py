"""Reading JSON that others wrote: every value is checked where it is used, and an error says where it stands."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.images import MAX_PIXELS

Entry = Mapping[str, object]
"""A JSON object whose values have not been checked yet."""


def load_json(path: str | Path) -> object:
    """The content of a UTF-8 JSON file; `FormatError` in one line when it cannot be had."""
    try:
        return json.loads(Path(path).read_bytes())
    except FileNotFoundError:
        raise FormatError(f"{path}: there is no such file") from None
    except RecursionError:
        raise FormatError(f"{path}: is nested too deep to be read") from None
    except (OSError, ValueError) as error:  # ValueError: not JSON, not UTF-8, numbers beyond Python's limit
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise FormatError(f"{path}: cannot be read as JSON: {reason}") from None


def entry_of(value: object, where: str) -> Entry:
    """`value` as a JSON object."""
    if not isinstance(value, dict):
        raise FormatError(f"{where}: expected an object {{...}}; found {shown(value)}")
    return value


def entries(parent: Entry, key: str, where: str) -> list[Entry]:
    """The list of objects under `key`."""
    value = parent.get(key)
    if not isinstance(value, list):
        raise FormatError(f"{where}: expected a list {key!r}; found {_found(parent, key)}")
    return [entry_of(item, f"{where}: {key}[{i}]") for i, item in enumerate(value)]


def whole(parent: Entry, key: str, where: str, *, low: int = 0, high: int = 2**31 - 1) -> int:
    """The whole number under `key` (20.0 counts as one), within low..high."""
    value = parent.get(key)
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise FormatError(f"{where}: expected {key!r} to be a whole number {low}..{high}; found {_found(parent, key)}")
    return value


def image_size_in(parent: Entry, where: str, *, height: str = "height", width: str = "width") -> tuple[int, int]:
    """(height, width) px as a file states it under these keys; at least 1 x 1, at most `MAX_PIXELS` in all."""
    size = whole(parent, height, where, low=1), whole(parent, width, where, low=1)
    return checked_pixels(size, where)


def checked_pixels(size: tuple[int, int], where: str) -> tuple[int, int]:
    """`size` (height, width), refused beyond `MAX_PIXELS` before anybody reserves memory for it."""
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise FormatError(
            f"{where}: states {size[0]} x {size[1]} pixels (height x width); expected 1 to {MAX_PIXELS:,}"
        )
    return size


def flag(parent: Entry, key: str, where: str) -> bool:
    """The 0 or 1 under `key`."""
    value = parent.get(key)
    if value not in (0, 1) or isinstance(value, float):
        raise FormatError(f"{where}: expected {key!r} to be 0 or 1; found {_found(parent, key)}")
    return bool(value)


def number_or_none(parent: Entry, key: str, where: str) -> float | None:
    """The finite number under `key`, None where there is none."""
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1e300:
        raise FormatError(f"{where}: expected {key!r} to be a finite number; found {_found(parent, key)}")
    return float(value)


def text(parent: Entry, key: str, where: str) -> str:
    """The text under `key`."""
    value = parent.get(key)
    if not isinstance(value, str):
        raise FormatError(f"{where}: expected {key!r} to be a text; found {_found(parent, key)}")
    return value


def name_or_number(parent: Entry, key: str, where: str) -> int | str:
    """The identity under `key`: a whole number or a text."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise FormatError(f"{where}: expected {key!r} to be a number or a text; found {_found(parent, key)}")
    return value


def shown(value: object) -> str:
    """A value for an error message, not too long."""
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."


def _found(parent: Entry, key: str) -> str:
    return shown(parent[key]) if key in parent else f"no {key!r}"
