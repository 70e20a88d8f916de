"""One shape of CVAT's XML: `<polygon>`, `<box>`, `<ellipse>`, `<mask>`, and those that cover no pixels."""

from collections.abc import Mapping
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.cvat_numbers import finite_or_none, number_of, whole_of, whole_or_text
from segweave.formats.cvat_regions import Region, ellipse, mask, polygon, rectangle
from segweave.formats.cvat_shapes import OWN_ATTRIBUTES, Shape
from segweave.formats.json_parts import shown
from segweave.formats.xml_parts import Element


def read_shape(element: Element, label: str, path: Path, *, place: str, track: int | None = None) -> Shape:
    """The shape of an element. place: of it in the file; track: number of the track it belongs to.

    Raises `FormatError` that names file, line and place.
    """
    label = label.strip()
    place = f"{place} ({element.tag} {label!r})"
    where = f"{path}:{element.line}: {place}"
    own = {
        child.attributes.get("name", ""): child.text
        for child in element.children
        if child.tag == "attribute" and child.attributes.get("name") in OWN_ATTRIBUTES
    }
    score, number = finite_or_none(own.get("score", "")), whole_or_text(own.get("track", ""))
    crowd = own.get("crowd", "").lower()
    lost = {"score": score is None, "track": isinstance(number, str), "crowd": crowd not in ("true", "false")}
    return Shape(
        place=place,
        label=label,
        region=_region(element, where),
        z=_optional(element.attributes, "z_order", where),
        group=_optional(element.attributes, "group_id", where) or _optional(element.attributes, "group", where),
        track=number if isinstance(number, int) else track,
        crowd=crowd == "true",
        score=score,
        lost=tuple(name for name, is_lost in lost.items() if is_lost and own.get(name)),
    )


def _region(element: Element, where: str) -> Region | None:
    attributes = element.attributes
    match element.tag:
        case "polygon":
            return polygon(_points(attributes, where), where)
        case "box":
            sides = [number_of(attributes, key, where) for key in ("xtl", "ytl", "xbr", "ybr")]
            return rectangle(sides, _rotation(attributes, where), where)
        case "ellipse":
            sides = [number_of(attributes, key, where) for key in ("cx", "cy", "rx", "ry")]
            return ellipse(sides, _rotation(attributes, where), where)
        case "mask":
            top, left, height, width = (whole_of(attributes, key, where) for key in ("top", "left", "height", "width"))
            return mask(_runs(attributes, where), (top, left, height, width), where)
    return None


def _points(attributes: Mapping[str, str], where: str) -> list[float]:
    """The numbers of `x,y;x,y;...`."""
    text = attributes.get("points", "")
    pairs = [pair.split(",") for pair in text.split(";")]
    try:
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError
        return [float(number) for pair in pairs for number in pair]
    except ValueError:
        raise FormatError(f"{where}: expected 'points' as x,y;x,y;...; found {shown(text)}") from None


def _runs(attributes: Mapping[str, str], where: str) -> list[int]:
    text = attributes.get("rle", "")
    try:
        return [int(run) for run in text.split(",")]
    except ValueError:
        raise FormatError(f"{where}: expected 'rle' as whole numbers a, b, c, ...; found {shown(text)}") from None


def _rotation(attributes: Mapping[str, str], where: str) -> float:
    return number_of(attributes, "rotation", where) if attributes.get("rotation") else 0.0


def _optional(attributes: Mapping[str, str], key: str, where: str) -> int:
    return whole_of(attributes, key, where) if attributes.get(key) else 0
