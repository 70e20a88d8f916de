"""One exception tree. Every message says what was found, what was expected, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class SegweaveError(Exception):
    """Base of every error segweave raises on purpose; catch this one to catch them all."""


class LabelError(SegweaveError, ValueError):
    """A label, a label set or a mapping between label sets is not what it must be."""


class InvalidSegmentation(SegweaveError, ValueError):
    """The parts do not make a valid `Segmentation`, `Instances` or `Rle`."""


class FormatError(SegweaveError, ValueError):
    """A file's content is not what its format promises."""


class ImageError(FormatError):
    """A file is not a readable image."""


class ModelError(SegweaveError):
    """A model cannot be opened, or does not answer as its description says."""


class MissingExtra(SegweaveError, ImportError):
    """A part of segweave needs an optional dependency that is not installed."""


class OutputError(SegweaveError, OSError):
    """A result cannot be written where the user asked."""


class UsageError(SegweaveError, ValueError):
    """The request itself is wrong: an unknown name, a source that is not there. Exit code 2."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The tail of an "unknown name" message: near matches, or what there is.

    >>> did_you_mean("stret", ["street", "street-int8"])
    "did you mean 'street' or 'street-int8'?"
    >>> did_you_mean("zebra", ["street"])
    "there is 'street'"
    """
    known = sorted(known)
    lowered = {k.lower(): k for k in known}
    near = get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(lowered[n]) for n in near)}?"
    shown = ", ".join(repr(k) for k in known[:8])
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"there is {shown}{more}" if known else "there is nothing to choose from"
