"""Models for weaving: a primary that knows colours, and secondaries that know other names for them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from PIL import Image

from segweave.labels import Label, LabelSet
from segweave.models import describe_onnx
from segweave.models.adapters.onnx import open_onnx
from segweave.models.opening import find_card
from segweave.models.weights import asset_path
from segweave.segmentation import from_label_indices
from tiny_onnx import channel_network, describe_channels

PRIMARY = LabelSet(
    "garden",
    (
        Label(name="roof", is_thing=False, color=(200, 30, 30)),
        Label(name="lawn", is_thing=False, color=(30, 200, 30)),
        Label(name="pond", is_thing=False, color=(30, 30, 200)),
    ),
)
"""Red, green, blue."""
SECONDARY = LabelSet(
    "details",
    (
        Label(name="tiles", is_thing=False, color=(250, 120, 0)),
        Label(name="grass", is_thing=False, color=(0, 120, 0)),
        Label(name="frog", is_thing=True, color=(180, 250, 0)),
    ),
)
"""What is blue is a frog to this one."""
PIXELS = 48

PLAN = """
version: 1
name: garden plus
reviewed: true
mode: odds
primary: {model: primary.onnx}
secondaries:
- model: secondary.onnx
  add: [frog]
  similar:
    roof: [tiles]
    lawn: [grass]
"""


def write_models(folder: Path) -> Path:
    """`primary.onnx` and `secondary.onnx` in the folder: labels by which of red, green, blue is largest."""
    raw = channel_network(folder / "raw.onnx")
    for name, labels in (("primary.onnx", PRIMARY), ("secondary.onnx", SECONDARY)):
        describe_channels(raw, folder / name, labels, pixels=PIXELS)
    return folder


def write_renamed_street(path: Path) -> Path:
    """The model `street` whose labels are called `other Sky` and so on: a secondary that tells things apart."""
    source = asset_path(find_card("street"))
    description = open_onnx(source).description
    renamed = tuple(replace(label, name=f"other {label.name}") for label in description.labels)
    model = onnx.load(str(source))
    del model.metadata_props[:]
    raw = path.with_suffix(".raw")
    onnx.save(model, str(raw))
    describe_onnx(raw, path, replace(description, labels=LabelSet("others", renamed)))
    return path


def write_plan(folder: Path, text: str = PLAN, name: str = "plan.yaml") -> Path:
    """A plan in the folder."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def stripes(*channels: int) -> np.ndarray:
    """(6, 8, 3) uint8 with a stripe of two columns for each of four channels: 0 red, 1 green, 2 blue."""
    image = np.zeros((6, 8, 3), np.uint8)
    for k, channel in enumerate(channels):
        image[:, 2 * k : 2 * k + 2, channel] = 200
    return image


def write_images(folder: Path, *, n: int = 3) -> tuple[Path, Path]:
    """Photographs and their truth in SECONDARY's labels as CamVid-like index PNGs: (images, masks)."""
    images, masks = folder / "images", folder / "masks"
    images.mkdir()
    masks.mkdir()
    truth = from_label_indices(np.repeat([[0, 1, 2, 2]], 2, axis=1).repeat(6, axis=0), SECONDARY)
    for k in range(n):
        Image.fromarray(stripes(0, 1, 2, 0)).save(images / f"{k}.png")
        Image.fromarray(truth.label_indices().astype(np.uint8)).save(masks / f"{k}.png")
    lines = [f"{label.name},{k}" for k, label in enumerate(SECONDARY)]
    (masks / "classes.csv").write_text("\n".join(["name,value", *lines]) + "\n", encoding="utf-8")
    return images, masks
