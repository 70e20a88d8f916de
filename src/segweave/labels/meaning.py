"""Which labels of two sets mean the same: by name, by the synonyms in `synonyms.csv`, by the end of a Mapillary path.

Spelling is compared without case, blanks, hyphens and underscores, and with or without a plural ending.
"""

import csv
import io
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from segweave.labels.label_set import LabelSet

Why = Literal["same name", "other spelling", "synonym", "end of the path", "kind of", "near name", "several fit", ""]
"""What speaks for a pair of labels; "" where nothing does."""

# Ends of Mapillary paths that name nothing without the parts before them, and first parts whose paths end in what is
# painted on the road, not in what is there (marking--discrete--symbol--bicycle).
_EMPTY_ENDS = (
    *("ambiguous", "back", "cyclists", "front", "general", "individual", "information", "left"),
    *("other", "pedestrians", "right", "separator", "store", "straight", "temporary"),
)
_NOT_THERE = ("marking", "marking-only", "void")


@dataclass(frozen=True, slots=True)
class Fit:
    """The target labels that fit one source label best, as indices into the target set, and what speaks for them."""

    why: Why
    candidates: tuple[int, ...]


def fits(source: LabelSet, target: LabelSet) -> tuple[Fit, ...]:
    """One `Fit` a source label, in order; no candidates (and no reason) where no target label means the same.

    Equal names come before other spellings, those before synonyms of whole names, and those before the ends of paths
    (`object--vehicle--car` is a car).

    >>> from segweave.labels import label_set
    >>> voc, coco = label_set("voc"), label_set("coco")
    >>> fit = fits(voc, coco)[voc.index("sofa")]
    >>> fit.why, [coco[i].name for i in fit.candidates]
    ('synonym', ['couch'])
    """
    others = [(spellings(label.name), meanings(label.name), path_meanings(label.name)) for label in target]
    return tuple(_best(label.name, target.names, others) for label in source)


def _best(
    name: str, names: tuple[str, ...], others: list[tuple[frozenset[str], frozenset[str], frozenset[str]]]
) -> Fit:
    if name in names:
        return Fit("same name", (names.index(name),))
    plain, meant, loose = spellings(name), meanings(name), path_meanings(name)
    tiers: tuple[tuple[Why, tuple[int, ...]], ...] = (
        ("other spelling", tuple(i for i, other in enumerate(others) if plain & other[0])),
        ("synonym", tuple(i for i, other in enumerate(others) if meant & other[1])),
        ("end of the path", tuple(i for i, other in enumerate(others) if loose & other[2])),
    )
    return next((Fit(why, found) for why, found in tiers if found), Fit("", ()))


def plain_name(name: str) -> str:
    """The name without case, blanks and punctuation.

    >>> plain_name("SignSymbol") == plain_name("sign_symbol"), plain_name("sky-other-merged")
    (True, 'skyothermerged')
    """
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum()) or name


@cache
def spellings(name: str) -> frozenset[str]:
    """The plain name, and what it may be the plural of.

    >>> sorted(spellings("Buses")), sorted(spellings("glass"))
    (['bus', 'buse', 'buses'], ['glass'])
    """
    plain = plain_name(name)
    found = {plain}
    if len(plain) > 3 and plain.endswith("s") and not plain.endswith(("ss", "us", "is")):
        found.add(plain[:-1])
        if plain.endswith("ies"):
            found.add(plain[:-3] + "y")
        elif plain.endswith(("ses", "xes", "ches", "shes")):
            found.add(plain[:-2])
    return frozenset(found)


@cache
def meanings(name: str) -> frozenset[str]:
    """The spellings of a name and, where it has synonyms, the first name of their group.

    >>> sorted(meanings("Aeroplane"))
    ['aeroplane', 'airplane']
    """
    own = spellings(name)
    return own | {group for spelling in own if (group := _groups().get(spelling))}


def path_meanings(name: str) -> frozenset[str]:
    """The meanings of a name, and those of the last part of a Mapillary path where that part says enough.

    >>> "car" in path_meanings("object--vehicle--car"), "front" in path_meanings("object--traffic-sign--front")
    (True, False)
    """
    first, end = name.partition("--")[0], name.rpartition("--")[2]
    says_enough = end and end not in _EMPTY_ENDS and first not in _NOT_THERE
    return meanings(name) | meanings(end) if says_enough else meanings(name)


@cache
def wider(name: str) -> tuple[frozenset[str], ...]:
    """What the named label is a kind of, the nearest first: each step up as a set of meanings.

    From `kinds.csv` and from the parts of Mapillary paths before the last.

    >>> [sorted(step) for step in wider("bicyclist")]
    [['rider'], ['person']]
    """
    steps: list[frozenset[str]] = []
    here = path_meanings(name)
    seen = set(here)
    parts = name.split("--")[:-1]
    while here or parts:
        above = set(meanings(parts.pop())) if parts else set()
        for broad, kinds in _kinds():
            if any(here & meanings(kind) for kind in kinds):
                above |= meanings(broad)
        here = frozenset(above - seen)
        seen |= here
        if here:
            steps.append(here)
    return tuple(steps)


def synonym_groups() -> tuple[tuple[str, ...], ...]:
    """The groups of names in `synonyms.csv` that mean the same.

    >>> [group for group in synonym_groups() if "sofa" in group]
    [('couch', 'sofa', 'settee')]
    """
    return _rows("synonyms.csv")


@cache
def _groups() -> dict[str, str]:
    """Spelling -> plain first name of its group."""
    return {s: plain_name(group[0]) for group in synonym_groups() for name in group for s in spellings(name)}


def _kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((row[0], row[1:]) for row in _rows("kinds.csv"))


@cache
def _rows(file: str) -> tuple[tuple[str, ...], ...]:
    text = (resources.files("segweave.labels") / file).read_text(encoding="utf-8")
    return tuple(tuple(row) for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#"))
