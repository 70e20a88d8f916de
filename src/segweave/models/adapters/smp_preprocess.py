"""How photographs go into a network of segmentation_models_pytorch: as its encoder was trained, or as a file says.

smp's networks take any size whose sides are multiples of a number; nothing is scaled then, and the padding is cut off
again. Files of the hub say more: `albumentations_config_eval.json`, of which the few steps that matter are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segweave.errors import ModelError
from segweave.models.preprocess import Frame, FramedPreprocess, Size

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tone:
    """Mean and std of red, green, blue on the scale 0..1."""

    mean: Triple
    std: Triple


IMAGENET = Tone((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = Tone((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_DPN = Tone((124 / 255, 117 / 255, 104 / 255), (1 / (0.0167 * 255),) * 3)

ENCODERS: Mapping[str, Tone] = {
    "dpn": _DPN,
    "inceptionresnetv2": HALF,
    "inceptionv4": HALF,
    "xception": HALF,
    "timm-tf_efficientnet_lite": HALF,
}
"""Beginning of an encoder's name -> what it was trained with; all others of smp's own with ImageNet's usual numbers
(smp 0.3, `pretrained_settings` in its encoders; smp 0.6 fetches the same numbers from the hub)."""

_LEFT_ALONE = ("ToTensorV2", "ToFloat", "NoOp")


def encoder_tone(encoder: str) -> Tone:
    """Mean and std that an encoder was trained with; `tu-...` are timm's, which knows its own.

    >>> encoder_tone("resnet34") == IMAGENET, encoder_tone("xception") == HALF
    (True, True)
    """
    if not encoder.startswith("tu-"):
        return next((tone for start, tone in ENCODERS.items() if encoder.startswith(start)), IMAGENET)
    import timm

    known = timm.models.get_pretrained_cfg(encoder.removeprefix("tu-"))
    return Tone(tuple(known.mean), tuple(known.std)) if known is not None else IMAGENET


def encoder_preprocess(encoder: str, *, multiple: int, exact: Size | None) -> FramedPreprocess:
    """Photographs as they are, padded to `multiple` px; stretched to `exact` for a network that takes no other size."""
    frame = Frame(exact=exact) if exact else Frame(pad_multiple=multiple)
    return _toned(FramedPreprocess(frame=frame), encoder_tone(encoder), 255.0)


def read_albumentations(found: Any, default: FramedPreprocess) -> FramedPreprocess:
    """Preprocessing as an `albumentations_config_eval.json` says: Resize, SmallestMaxSize, LongestMaxSize, Normalize.

    Without Normalize the network sees 0..255. `ModelError` names a step that is not known.
    """
    how = replace(default, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    frame = default.frame
    for step in _steps(found):
        name = str(step.get("__class_fullname__", "")).rpartition(".")[2]
        if name == "Resize":
            frame = replace(frame, exact=(_length(step, "height"), _length(step, "width")))
        elif name == "SmallestMaxSize":
            frame = replace(frame, shortest=_length(step, "max_size"))
        elif name == "LongestMaxSize":
            frame = replace(frame, longest=_length(step, "max_size"))
        elif name == "Normalize":
            tone = Tone(_triple(step, "mean", IMAGENET.mean), _triple(step, "std", IMAGENET.std))
            how = _toned(how, tone, float(step.get("max_pixel_value", 255.0)))
        elif name not in _LEFT_ALONE:
            raise ModelError(f"the step {name!r} is not known; Resize, SmallestMaxSize, LongestMaxSize, Normalize are")
    return replace(how, frame=frame)


def _steps(found: Any) -> Sequence[Mapping[str, Any]]:
    try:
        steps = found["transform"]["transforms"]
    except (KeyError, TypeError):
        steps = None
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ModelError("expected {'transform': {'transforms': [...]}}, as albumentations saves a Compose")
    return steps


def _toned(how: FramedPreprocess, tone: Tone, full: float) -> FramedPreprocess:
    """full: the value that 1.0 of the tone stands for, on the scale of the photograph."""
    red, green, blue = tone.mean
    mean = (red * full, green * full, blue * full)
    red, green, blue = tone.std
    return replace(how, mean=mean, std=(red * full, green * full, blue * full))


def _length(step: Mapping[str, Any], name: str) -> int:
    value = step.get(name)
    if not isinstance(value, int) or value < 1:
        raise ModelError(f"{name!r} must be a whole number of at least 1 px; found {value!r}")
    return value


def _triple(step: Mapping[str, Any], name: str, default: Triple) -> Triple:
    values = step.get(name, default)
    if not isinstance(values, list | tuple) or len(values) != 3 or not all(isinstance(v, int | float) for v in values):
        raise ModelError(f"{name!r} must be three numbers; found {values!r}")
    red, green, blue = (float(v) for v in values)
    return red, green, blue
