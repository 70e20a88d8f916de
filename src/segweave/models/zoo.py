"""The models that segweave knows by name: a table to read, `ZOO`.

Its rows stand in `zoo.csv`, one a model, and `zoo_families.csv`, one a kind of network. A new model is a new row.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from segweave.errors import ModelError
from segweave.labels import LabelSet, label_set, table_names
from segweave.models.protocol import TASKS, Task

ASSETS = Path(__file__).parent / "assets"

Library = Literal["onnx", "transformers", "torchvision", "smp"]
"""What runs a network; everything but onnx needs the torch extra."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a person should know before using a model.

    family: which kind of network. library: what runs it. source: where it is: a file in `models/assets/` (onnx), a name
    on the hub (transformers, smp), a function of torchvision. weights: torchvision's name of the weights. obtain: how
    to come by the weights where nobody may give them out ready to use. sha256: of the file of weights, checked whenever
    it is loaded; its beginning where no more is published; "" = not pinned: then the hub's own is checked.
    labels: the name of a label set that ships, or of a CSV in `models/assets/`. tasks: what it was trained for.
    weights_licence: as their publisher states it. commercial: does that allow commercial use? None = not clear.
    score: as published, "" where we found none; score_source: where; nothing here was measured by us but street's.
    """

    name: str
    summary: str
    family: str
    library: Library
    source: str
    labels: str
    tasks: tuple[Task, ...]
    weights: str = ""
    obtain: str = ""
    sha256: str = ""
    code_licence: str
    weights_licence: str
    commercial: bool | None
    trained_on: str
    score: str = ""
    score_source: str = ""
    paper: str

    def __post_init__(self) -> None:
        if self.library not in get_args(Library) or not self.tasks or not set(self.tasks) <= set(TASKS):
            raise ModelError(
                f"the card of {self.name!r} names an unknown library or task: {self.library}, {self.tasks}"
            )


def card_table(card: ModelCard) -> str:
    """The name of the card's label set, or the path of its CSV: with the ids that may be a network's columns."""
    return card.labels if card.labels in table_names() else str(ASSETS / f"{card.labels}.csv")


def card_labels(card: ModelCard) -> LabelSet:
    """What the model of a card can see."""
    return label_set(card_table(card))


def limits(card: ModelCard) -> tuple[str, ...]:
    """What a person must be told once when the model is loaded: that its weights are not for everything."""
    if card.commercial:
        return ()
    told = "not for commercial use" if card.commercial is False else "whether commercial use is allowed is not clear"
    return (f"the weights of {card.name!r} are {card.weights_licence}: {told}",)


_COMMERCIAL: Mapping[str, bool | None] = {"yes": True, "no": False, "not clear": None}


def _rows(file: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _read() -> tuple[ModelCard, ...]:
    families = {row["family"]: row for row in _rows("zoo_families.csv")}
    cards = []
    for row in _rows("zoo.csv"):
        family = families[row["family"]]
        known = {key: value for key, value in row.items() if key not in ("commercial", "tasks")}
        tasks: list[Task] = [task for task in TASKS if task in row["tasks"].split()]
        cards.append(
            ModelCard(
                **known,  # the columns are the fields
                tasks=tuple(tasks),
                commercial=_COMMERCIAL[row["commercial"]],
                library=family["library"],  # type: ignore[arg-type]  # checked by the card
                code_licence=family["code_licence"],
                paper=family["paper"],
            )
        )
    return tuple(cards)


ZOO: tuple[ModelCard, ...] = _read()
