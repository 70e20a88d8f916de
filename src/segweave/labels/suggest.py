"""Which label of another set a label may become: a draft for a person to look through."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from segweave.labels.label_set import LabelSet
from segweave.labels.map_yaml import yaml_line
from segweave.labels.meaning import Fit, Why, fits, path_meanings, plain_name, wider

# Likeness from which a name is offered, and from which it is taken for a slip of the pen. Short names are alike by
# chance: bar and bear, land and sand.
_ALIKE, _SLIP = 0.82, 0.87
_SHORTEST_NEAR = 5
_MOST_OTHERS = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one source label may become.

    source, target: label names; target is None where nothing fits, or where several fit equally well. why: what
    speaks for the target, "several fit", or "" where there is nothing. others: further names to think of, best first.
    """

    source: str
    target: str | None
    why: Why
    others: tuple[str, ...] = ()


def suggest(source: LabelSet, target: LabelSet) -> tuple[Suggestion, ...]:
    """One suggestion a source label, in order: the same name, else a synonym, else what it is a kind of, else a slip.

    >>> from segweave.labels import label_set
    >>> camvid, city = label_set("camvid32"), label_set("cityscapes")
    >>> found = suggest(camvid, city)
    >>> found[camvid.index("Bicyclist")]
    Suggestion(source='Bicyclist', target='rider', why='kind of', others=('person',))
    """
    ways = _Ways(
        tuple(path_meanings(label.name) for label in target),
        tuple(frozenset[str]().union(*wider(label.name)) for label in target),
    )
    found = zip(source, fits(source, target), strict=True)
    return tuple(_suggestion(label.name, target, fit, ways) for label, fit in found)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Of each target label: what it means, and all that it is a kind of."""

    meant: tuple[frozenset[str], ...]
    wider: tuple[frozenset[str], ...]


def _suggestion(name: str, target: LabelSet, fit: Fit, ways: _Ways) -> Suggestion:
    up = [tuple(i for i, meant in enumerate(ways.meant) if step & meant) for step in wider(name)]
    down = [i for i, above in enumerate(ways.wider) if path_meanings(name) & above]
    near = _near(name, target)
    slips = tuple(i for likeness, i in near if likeness >= max(_SLIP, near[0][0]))
    tiers: tuple[tuple[Why, tuple[int, ...]], ...] = (
        (fit.why, fit.candidates),
        ("kind of", next(filter(None, up), ())),
        ("near name", slips),
    )
    why, best = next((tier for tier in tiers if tier[1]), ("", ()))
    order = dict.fromkeys((*best, *(i for step in up for i in step), *down, *(i for _, i in near)))
    names = tuple(target[i].name for i in order)
    if len(best) == 1:
        return Suggestion(name, names[0], why, names[1 : 1 + _MOST_OTHERS])
    return Suggestion(name, None, "several fit" if best else "", names[: max(_MOST_OTHERS, len(best))])


def _near(name: str, target: LabelSet) -> list[tuple[float, int]]:
    """Target labels spelled much like `name`, as (likeness 0..1, index), the most alike first."""
    plain = plain_name(name.rpartition("--")[2] or name)
    found: list[tuple[float, int]] = []
    if len(plain) < _SHORTEST_NEAR:
        return found
    for i, label in enumerate(target):
        other = plain_name(label.name.rpartition("--")[2] or label.name)
        matcher = SequenceMatcher(None, plain, other, autojunk=False)
        if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
            found.append((matcher.ratio(), i))
    return sorted(found, key=lambda pair: (-pair[0], pair[1]))


def draft_yaml(source: LabelSet, target: LabelSet) -> str:
    """The suggestions as the text of a YAML file that `LabelMap.from_yaml` reads; comments carry reasons and others.

    >>> from segweave.labels import label_set
    >>> print(draft_yaml(label_set("camvid11"), label_set("cityscapes")).splitlines()[-1])
    Bicyclist: rider  # kind of; or: person
    """
    head = [f"# Draft of a label map from {_one_line(source.name)} to {_one_line(target.name)}: look through it."]
    lines = []
    for s in suggest(source, target):
        others = f"or: {', '.join(map(_one_line, s.others))}" if s.others else ""
        lines.append(yaml_line(s.source, s.target, comment="; ".join(filter(None, (s.why, others)))))
    return "\n".join([*head, *(lines or ["{}"])]) + "\n"


def _one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)
