"""Colours as the eye orders them: sRGB <-> OKLab, and how people with colour blindness see sRGB."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rgb = NDArray[np.uint8]
"""(..., 3) uint8: red, green, blue."""

# Ottosson 2020, "A perceptual color space for image processing" (bottosson.github.io/posts/oklab).
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

# Machado, Oliveira, Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# severity 1.0, on linear RGB.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def to_oklab(rgb: Rgb) -> Floats:
    """(..., 3) uint8 sRGB -> (..., 3) float64: lightness 0..1, green-red, blue-yellow.

    >>> to_oklab(np.array([255, 255, 255], np.uint8)).round(3).tolist()[0]
    1.0
    """
    return _linear_to_oklab(_linear(rgb))


def from_oklab(lab: Floats) -> tuple[Rgb, NDArray[np.bool_]]:
    """(..., 3) OKLab -> the nearest sRGB by clipping, and (...) bool: whether the colour was within sRGB."""
    lms = (lab @ np.linalg.inv(_TO_LAB).T) ** 3
    linear = lms @ np.linalg.inv(_TO_LMS).T
    inside = np.asarray(((linear > -1e-4) & (linear < 1 + 1e-4)).all(axis=-1))
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8), inside


def seen_by_all(rgb: Rgb) -> Floats:
    """(n, 3) uint8 -> (4, n, 3) OKLab as seen with normal vision, protanopia, deuteranopia and tritanopia."""
    linear = _linear(rgb)
    seen = [linear, *(np.clip(linear @ np.array(m).T, 0, 1) for m in DEFICIENCIES.values())]
    return np.stack([_linear_to_oklab(view) for view in seen])


def _linear(rgb: Rgb) -> Floats:
    share = np.asarray(rgb, np.float64) / 255
    return np.asarray(np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4))


def _linear_to_oklab(linear: Floats) -> Floats:
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)
