"""The photograph that the scripts here work on."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from segweave import read_image


def photo_path() -> Path:
    """The first argument of the script, or scikit-learn's china.jpg (640 x 427 px)."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        sys.exit("name a photograph, or install scikit-learn, which ships one")
    return Path(found.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"


def street_photo() -> np.ndarray:
    """(H, W, 3) uint8."""
    return read_image(photo_path())
