"""What can be seen: a `Label` is one class a model can see, a `LabelSet` is an ordered, named tuple of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from segweave.errors import LabelError, did_you_mean

Language = Literal["en", "ja", "ko"]
Color = tuple[int, int, int]
"""(red, green, blue), 0..255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One class a model can see.

    is_thing: True for a countable label with identity (car), False for stuff (road).
    color: (red, green, blue), 0..255. ja, ko: Japanese and Korean display names, "" where there is none.

    >>> Label(name="car", is_thing=True, color=(0, 0, 142), ja="車").display_name("ja")
    '車'
    """

    name: str
    is_thing: bool
    color: Color = (128, 128, 128)
    ja: str = ""
    ko: str = ""

    def __post_init__(self) -> None:
        if not self.name or self.name != self.name.strip():
            raise LabelError(f"a label needs a name without blanks at its ends; found {self.name!r}")
        color = tuple(self.color)
        if len(color) != 3 or not all(0 <= c <= 255 and int(c) == c for c in color):
            raise LabelError(f"label {self.name!r} has color {self.color}; expected three whole numbers 0..255")
        object.__setattr__(self, "color", tuple(int(c) for c in color))

    def display_name(self, language: Language = "en") -> str:
        """The name to show to a person; the English name where the language has none."""
        translated = {"en": self.name, "ja": self.ja, "ko": self.ko}
        if language not in translated:
            raise LabelError(f"unknown language {language!r}; {did_you_mean(language, translated)}")
        return translated[language] or self.name


@dataclass(frozen=True, slots=True)
class LabelSet:
    """An ordered set of labels; a label's index in it is how arrays speak of the label. Void is not a label.

    >>> pets = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
    >>> pets.index("grass"), pets[0].name, pets.things, pets.stuff, len(pets)
    (1, 'cat', (0,), (1,), 2)
    >>> pets.index("gras")
    Traceback (most recent call last):
    segweave.errors.LabelError: label 'gras' is not in 'pets'; did you mean 'grass'?
    """

    name: str
    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        twice = sorted(name for name, n in Counter(label.name for label in self.labels).items() if n > 1)
        if twice:
            raise LabelError(f"label set {self.name!r} lists {', '.join(map(repr, twice))} more than once")

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __getitem__(self, index: int) -> Label:
        return self.labels[index]

    def __contains__(self, name: object) -> bool:
        return any(label.name == name for label in self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """English names in label order."""
        return tuple(label.name for label in self.labels)

    @property
    def things(self) -> tuple[int, ...]:
        """Indices of the countable labels, ascending."""
        return tuple(i for i, label in enumerate(self.labels) if label.is_thing)

    @property
    def stuff(self) -> tuple[int, ...]:
        """Indices of the uncountable labels, ascending."""
        return tuple(i for i, label in enumerate(self.labels) if not label.is_thing)

    def index(self, name: str) -> int:
        """Index of the label called `name`; raises `LabelError` with near matches when there is none."""
        for i, label in enumerate(self.labels):
            if label.name == name:
                return i
        raise LabelError(f"label {name!r} is not in {self.name!r}; {did_you_mean(name, self.names)}")
