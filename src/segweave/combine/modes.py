"""From a mode's name and parameters in a plan to the mode."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, get_args

from segweave.combine.cooccurrence import Unseen
from segweave.combine.extension import Foreign
from segweave.combine.plan_file import Number
from segweave.combine.rules import CooccurrenceMode, GuardedMode, Mode, OddsMode, OverrideMode, Promotion
from segweave.errors import UsageError, did_you_mean

MODES: Mapping[str, Mode] = {
    mode.name: mode for mode in (CooccurrenceMode(), GuardedMode(), OddsMode(), OverrideMode())
}
_WORDS: Mapping[str, tuple[str, ...]] = {"unseen": get_args(Unseen), "foreign": get_args(Foreign)}
_PROMOTE, _PROMOTION = "promote", ("promote_ratio", "promote_p_min")


def mode_of(name: str, parameters: Sequence[tuple[str, Number]], place: str) -> Mode:
    """The mode with its parameters. `UsageError`, beginning with `place`, for an unknown mode, parameter or value.

    odds: `promote: true` adds a `Promotion`, of which `promote_ratio` and `promote_p_min` are the numbers.

    >>> mode_of("odds", [("ratio", 8.0), ("promote", True)], "plan.yaml")
    OddsMode(ratio=8.0, p_min=0.2, promotion=Promotion(ratio=16.0, p_min=0.5))
    """
    if name not in MODES:
        raise UsageError(f"{place}: mode {name!r} is not known; {did_you_mean(name, MODES)}")
    mode = MODES[name]
    known = [field.name for field in fields(mode) if field.name != "promotion"]
    if isinstance(mode, OddsMode):
        known += [_PROMOTE, *_PROMOTION]
    given: dict[str, Any] = {}
    for key, value in parameters:
        if key not in known:
            raise UsageError(f"{place}: mode {name} has no parameter {key!r}; {did_you_mean(key, known)}")
        given[key] = _checked(key, value, place)
    promotion = {key.removeprefix("promote_"): given.pop(key) for key in _PROMOTION if key in given}
    if given.pop(_PROMOTE, False):
        given["promotion"] = Promotion(**promotion)
    elif promotion:
        raise UsageError(f"{place}: promote_ratio and promote_p_min need promote: true")
    return replace(mode, **given)


def _checked(key: str, value: Number, place: str) -> Number:
    if key in _WORDS:
        if value not in _WORDS[key]:
            raise UsageError(f"{place}: {key} {value!r} is not known; {did_you_mean(str(value), _WORDS[key])}")
        return value
    if key == _PROMOTE:
        if not isinstance(value, bool):
            raise UsageError(f"{place}: promote is true or false; found {value!r}")
        return value
    if isinstance(value, bool | str) or value < 0:
        raise UsageError(f"{place}: {key} is a number of 0 or more; found {value!r}")
    if key in ("tau", "p_min", "promote_p_min") and value > 1:
        raise UsageError(f"{place}: {key} is a probability in 0..1; found {value}")
    if key in ("alpha", "beta") and value == 0:
        raise UsageError(f"{place}: {key} is a number of pixels above 0; found 0")
    return int(value) if key == "min_pixels" else float(value)
