"""What a user asks of `segweave predict`, checked before anything is read."""

from typing import cast, get_args

from segweave.errors import UsageError, did_you_mean
from segweave.labels import Language
from segweave.models.folder import Look
from segweave.models.manner import ONCE, Manner


def manner_of(tile: int | None, overlap: int | None, scales: str | None, **asked: bool | int) -> Manner:
    """How the model is shown its images; `UsageError` for options that do not go together, or say nothing.

    asked: flip, batch and confidence, as in `Manner`.
    """
    return Manner(
        tile=tile,
        overlap=overlap,
        scales=ONCE if scales is None else _numbers(scales),
        flip=bool(asked["flip"]),
        batch=int(asked["batch"]),
        confidence=bool(asked["confidence"]),
    )


def checked_look(opacity: float, language: str, colorblind: bool) -> Look:
    """How pictures are drawn; `UsageError` for what is not known or out of range."""
    if not 0 <= opacity <= 1:
        raise UsageError(f"--opacity must lie in 0..1; found {opacity}")
    if language not in get_args(Language):
        raise UsageError(f"--language {language!r} is not known; {did_you_mean(language, get_args(Language))}")
    return Look(opacity=opacity, language=cast("Language", language), colorblind=colorblind)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"--scales {text!r}: expected numbers with commas between them, for example 0.75,1,1.25"
        ) from None
