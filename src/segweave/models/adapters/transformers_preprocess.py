"""How photographs go into a network of the library transformers: from its `preprocessor_config.json`, done by us.

Of its own processors only the numbers are used (docs/decisions). Nothing is cropped, whatever the file says, for every
pixel of the photograph must get an answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segweave.errors import ModelError
from segweave.models.adapters.transformers_families import EDGES, Family
from segweave.models.preprocess import Frame, FramedPreprocess, Size

Triple = tuple[float, float, float]
_BICUBIC = 3  # Pillow's number, which the files use


def default_preprocess(family: Family, *, labels: str, image_size: int | None) -> FramedPreprocess:
    """Preprocessing where the files say nothing. labels: the label set's name; image_size: of a fixed network."""
    how = family.preprocess
    edges = EDGES.get(labels)
    if family.papers_edges and edges:
        how = replace(how, frame=replace(how.frame, shortest=edges[0], longest=edges[1]))
    return replace(how, frame=_fixed(how.frame, image_size)) if family.fixed and image_size else how


def read_preprocess(found: Mapping[str, Any], default: FramedPreprocess, *, fixed: int | None) -> FramedPreprocess:
    """Preprocessing as `preprocessor_config.json` says; what it does not say is as in `default`.

    fixed: the side of a network that takes squares alone. `ModelError` names the entry that cannot be read.
    """
    frame = _frame(found, default.frame)
    mean, std = _tone(found, default)
    return replace(
        default,
        frame=_fixed(frame, fixed) if fixed else frame,
        mean=mean,
        std=std,
        bgr=_flag(found, "do_flip_channel_order", default.bgr),
        cubic=found.get("resample", _BICUBIC if default.cubic else 2) == _BICUBIC,
    )


def cuts_windows(found: Mapping[str, Any]) -> bool:
    """Does the file say that a photograph is seen window by window? (EoMT, semantic)"""
    return _flag(found, "do_split_image", False)


def _fixed(frame: Frame, side: int) -> Frame:
    """The frame of a network that takes squares of this side alone: padded to it, or stretched to it."""
    if frame.pad_to:
        return replace(frame, shortest=side, longest=side, pad_to=(side, side))
    return replace(frame, shortest=None, longest=None, exact=(side, side))


def _frame(found: Mapping[str, Any], default: Frame) -> Frame:
    pad = default.pad_multiple
    if pad > 1:
        pad = _length(found, "size_divisor", _length(found, "size_divisibility", pad) or pad) or pad
    if not _flag(found, "do_resize", True):
        return Frame(multiple=default.multiple, pad_multiple=pad, pad_to=default.pad_to)
    if found.get("size") is None:
        return replace(default, pad_multiple=pad)
    shortest, longest, exact = _size(found, default)
    return Frame(
        shortest=shortest,
        longest=longest,
        exact=exact,
        keep_aspect=_flag(found, "keep_aspect_ratio", False) and exact is not None,
        multiple=max(default.multiple, _length(found, "ensure_multiple_of", 1) or 1),
        pad_multiple=pad,
        pad_to=default.pad_to,
    )


def _size(found: Mapping[str, Any], default: Frame) -> tuple[int | None, int | None, Size | None]:
    """Shortest and longest side, and the exact size, that the entry "size" asks for."""
    size = found["size"]
    if isinstance(size, int) and not isinstance(size, bool):
        exact = (size, size) if default.exact else None
        longest = _length(found, "max_size", default.longest)
        return (None, None, exact) if exact else (_length(found, "size", None), longest, None)
    if isinstance(size, Mapping) and {"height", "width"} <= set(size):
        return None, None, (_length(size, "height", 1) or 1, _length(size, "width", 1) or 1)
    if isinstance(size, Mapping) and {"shortest_edge", "longest_edge"} & set(size):
        return _length(size, "shortest_edge", None), _length(size, "longest_edge", None), None
    raise ModelError(f"'size' must be a number, {{height, width}} or {{shortest_edge, longest_edge}}; found {size!r}")


def _tone(found: Mapping[str, Any], default: FramedPreprocess) -> tuple[Triple, Triple]:
    """Mean and std on the scale 0..255."""
    if not {"do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std"} & set(found):
        return default.mean, default.std
    factor = found.get("rescale_factor", 1 / 255) if _flag(found, "do_rescale", True) else 1.0
    if not isinstance(factor, int | float) or factor <= 0:
        raise ModelError(f"'rescale_factor' must be a number above 0; found {factor!r}")
    if not _flag(found, "do_normalize", default.mean != (0.0, 0.0, 0.0)):
        return (0.0, 0.0, 0.0), (1 / factor, 1 / factor, 1 / factor)
    mean = _triple(found, "image_mean", factor, default.mean)
    return mean, _triple(found, "image_std", factor, default.std)


def _triple(found: Mapping[str, Any], name: str, factor: float, default: Triple) -> Triple:
    values = found.get(name)
    if values is None:
        return default
    if isinstance(values, int | float):
        values = [values] * 3
    if not isinstance(values, list | tuple) or len(values) != 3 or not all(isinstance(v, int | float) for v in values):
        raise ModelError(f"{name!r} must be three numbers; found {values!r}")
    red, green, blue = (float(v) / factor for v in values)
    return red, green, blue


def _flag(found: Mapping[str, Any], name: str, default: bool) -> bool:
    value = found.get(name)
    if value is not None and not isinstance(value, bool):
        raise ModelError(f"{name!r} must be true or false; found {value!r}")
    return default if value is None else value


def _length(found: Mapping[str, Any], name: str, default: int | None) -> int | None:
    value = found.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ModelError(f"{name!r} must be a whole number of at least 1 px; found {value!r}")
    return value
