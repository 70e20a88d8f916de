"""Scores of parts of a data set: by night and day, by city, by whatever a table says of the images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Score = TypeVar("Score")

Attributes = Mapping[str, tuple[str, ...]]
"""By attribute, the value of each image, in the order of the images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceScore(Generic[Score]):
    """The score of the images whose `attribute` has the value `value`. images: how many these are."""

    attribute: str
    value: str
    images: int
    score: Score


def sliced(attributes: Attributes, score: Callable[[Sequence[int]], Score]) -> tuple[SliceScore[Score], ...]:
    """The score of every slice, attributes in their order, values sorted.

    score: of the images at these places.

    >>> [(s.value, s.score) for s in sliced({"time": ("day", "night", "day")}, score=lambda places: tuple(places))]
    [('day', (0, 2)), ('night', (1,))]
    """
    found = []
    for attribute, values in attributes.items():
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            places.setdefault(value, []).append(place)
        for value in sorted(places):
            found.append(
                SliceScore(attribute=attribute, value=value, images=len(places[value]), score=score(places[value]))
            )
    return tuple(found)
