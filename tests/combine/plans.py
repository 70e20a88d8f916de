"""Plans for tests: a city model that lacks signs and bags, and models that know them."""

from pathlib import Path

import numpy as np

from segweave.combine.plan import Plan, resolve
from segweave.combine.plan_file import read_plan
from segweave.labels import Label, LabelSet

CITY = LabelSet(
    "city",
    (
        Label(name="road", is_thing=False, color=(128, 64, 128)),
        Label(name="wall", is_thing=False, color=(102, 102, 156)),
        Label(name="car", is_thing=True, color=(0, 0, 142)),
    ),
)
INDOOR = LabelSet(
    "indoor",
    (
        Label(name="sign", is_thing=True, color=(128, 64, 128)),
        Label(name="floor", is_thing=False, color=(10, 200, 10)),
        Label(name="wall", is_thing=False, color=(200, 10, 10)),
        Label(name="bag", is_thing=True, color=(0, 200, 200)),
    ),
)
SHOP = LabelSet(
    "shop",
    (
        Label(name="handbag", is_thing=True, color=(250, 250, 0)),
        Label(name="shelf", is_thing=False, color=(0, 90, 0)),
    ),
)

PLAN = """
version: 1
name: city plus
mode: override
primary: {labels: cityscapes}
secondaries:
- labels: ade20k
  add: [sign, bag]
  similar:
    road: [floor]
    wall: [wall]
"""


def plan_of(folder: Path, text: str, *secondaries: LabelSet, mode: str | None = None) -> Plan:
    """Write a plan and find its labels in CITY and the given sets."""
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return resolve(read_plan(path), CITY, secondaries or (INDOOR,), mode=mode)


def labels(*rows: list[int]) -> np.ndarray:
    """A map of label indices, -1 = void."""
    return np.array(rows, np.int32)
