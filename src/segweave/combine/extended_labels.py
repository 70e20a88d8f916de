"""The label set of an extended model: the primary's labels, then the added ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from segweave.combine.plan_file import Named, PlanFile, SecondaryEntry
from segweave.errors import LabelError
from segweave.labels import Color, Label, LabelSet

_NEAR = 60.0  # colours less than so far apart are hard to tell apart in a picture
_STEPS = (0, 64, 128, 192, 255)


def extended_labels(
    file: PlanFile, primary: LabelSet, secondaries: Sequence[LabelSet]
) -> tuple[tuple[Mapping[int, int], ...], LabelSet]:
    """Of each secondary: output label by added secondary label; and the label set of the result.

    Output labels go on from the primary's: the first secondary's added labels in ascending order, then those of the
    second that are not `same_as` one before. A colour that is near one already there gives way. Raises `LabelError`.
    """
    labels = list(primary)
    maps: list[Mapping[int, int]] = []
    for entry, theirs in zip(file.secondaries, secondaries, strict=True):
        added = _indices(entry, theirs)
        same = _same_as(entry, labels[len(primary) :], first=len(primary))
        out: dict[int, int] = {}
        for k in sorted(added):
            name = theirs[k].name
            if name in same:
                out[k] = same[name]
                continue
            _check_free(added[k], labels, n_primary=len(primary))
            out[k] = len(labels)
            labels.append(replace(theirs[k], color=_apart(theirs[k].color, [label.color for label in labels])))
        maps.append(out)
    return tuple(maps), LabelSet(file.name, tuple(labels))


def _indices(entry: SecondaryEntry, labels: LabelSet) -> dict[int, Named]:
    found: dict[int, Named] = {}
    for named in entry.add:
        try:
            k = labels.index(named.name)
        except LabelError as error:
            raise LabelError(f"{named.place}: {error}") from None
        if k in found:
            raise LabelError(f"{named.place}: {named.name!r} is listed a second time under `add`")
        found[k] = named
    return found


def _same_as(entry: SecondaryEntry, added: Sequence[Label], first: int) -> dict[str, int]:
    """Output label by name, of the added labels that mean the same as one that an earlier secondary added."""
    earlier = {label.name: first + t for t, label in enumerate(added)}
    here = {named.name for named in entry.add}
    found: dict[str, int] = {}
    for mine, other in entry.same_as:
        if mine.name not in here:
            raise LabelError(
                f"{mine.place}: {mine.name!r} is not in this secondary's `add`, so it is the same as nothing"
            )
        if other.name not in earlier:
            listed = ", ".join(map(repr, earlier)) or "none"
            raise LabelError(f"{other.place}: no earlier secondary adds {other.name!r}; they add {listed}")
        found[mine.name] = earlier[other.name]
    return found


def _check_free(named: Named, labels: Sequence[Label], *, n_primary: int) -> None:
    there = [label.name for label in labels]
    if named.name not in there:
        return
    if there.index(named.name) < n_primary:
        raise LabelError(
            f"{named.place}: {named.name!r} is a label of the primary already; list it under `similar`, not `add`"
        )
    raise LabelError(
        f"{named.place}: an earlier secondary adds {named.name!r} too; if they mean the same, say so:"
        f" `same_as: {{{named.name}: {named.name}}}`"
    )


def _apart(color: Color, others: Sequence[Color]) -> Color:
    """The colour, or where it is near one of the others the colour of a coarse cube that is farthest from them all."""
    if not others or _distance(color, others) >= _NEAR:
        return color
    cube = [(r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS]
    return max(cube, key=lambda candidate: _distance(candidate, others))


def _distance(color: Color, others: Sequence[Color]) -> float:
    """To the nearest of the others, weighted roughly as the eye does (https://www.compuphase.com/cmetric.htm)."""
    return min(
        math.sqrt((2 * (color[0] - r) ** 2 + 4 * (color[1] - g) ** 2 + 3 * (color[2] - b) ** 2) / 3)
        for r, g, b in others
    )
