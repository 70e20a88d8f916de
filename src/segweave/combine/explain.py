"""Why one pixel became what it is: which rule, which counts, which probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.cooccurrence import CooccurrenceCounts, cooccurrence_rule
from segweave.combine.extension import smoothed_probability
from segweave.combine.grids import labels_at, probabilities_at, window
from segweave.combine.plan import Plan, Secondary, extend
from segweave.combine.rules import CooccurrenceMode, Evidence, GuardedMode, Labels, OddsMode
from segweave.errors import UsageError
from segweave.labels import LabelSet

_MOST = 5


@dataclass(frozen=True, slots=True)
class Term:
    """A label of the secondary with what speaks for it: a probability, and pixels where there are counts."""

    label: str
    probability: float
    pixels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one secondary does to the pixel.

    secondary: the model or label set. says: its label, None where it is void or was not asked. terms: what was weighed,
    the best first. seen: how many counted pixels have this pair of labels; None without counts. reason: a sentence.
    output: the label after this step alone. applies: False where an earlier secondary had changed the pixel already.
    """

    secondary: str
    says: str | None
    terms: tuple[Term, ...]
    seen: int | None
    reason: str
    output: str
    applies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a pixel became what it is. row, column: of the photograph. primary, output: labels, None = void. speck: it
    was changed, and its part is smaller than the plan's `smallest_part`, so that the primary's label stays."""

    row: int
    column: int
    mode: str
    primary: str | None
    output: str | None
    steps: tuple[Step, ...]
    speck: bool = False


def explain(plan: Plan, primary: Labels, evidence: Sequence[Evidence], *, at: tuple[int, int]) -> Explanation:
    """Explain the pixel at (row, column); primary, evidence: as `extend` takes them.

    Raises `UsageError` for a place outside the photograph.
    """
    row, column = at
    height, width = primary.shape
    if not (0 <= row < height and 0 <= column < width):
        raise UsageError(f"row {row}, column {column} is outside the photograph of {height} x {width} px")
    label, output = int(primary[at]), int(extend(plan, primary, evidence)[at])
    steps = []
    changed = False
    for second, seen in zip(plan.secondaries, evidence, strict=True):
        step, fires = _step(plan, second, seen, primary=primary, at=at, applies=not changed)
        steps.append(step)
        changed |= fires
    return Explanation(
        row=row,
        column=column,
        mode=plan.mode.name,
        primary=_name(plan.labels, label),
        output=_name(plan.labels, output),
        steps=tuple(steps) if label >= 0 else (),
        speck=changed and output < len(plan.primary_labels),
    )


def _step(
    plan: Plan, second: Secondary, seen: Evidence, *, primary: Labels, at: tuple[int, int], applies: bool
) -> tuple[Step, bool]:
    """What a secondary does to the pixel, and whether that is an added label."""
    m, label = len(plan.primary_labels), int(primary[at])
    rows, columns = window(second.crop, (primary.shape[0], primary.shape[1]))
    here = at[0] - rows.start, at[1] - columns.start
    size = rows.stop - rows.start, columns.stop - columns.start
    says: int | None = None
    terms: tuple[Term, ...] = ()
    pixels = None
    if label < 0 or not (0 <= here[0] < size[0] and 0 <= here[1] < size[1]):
        local, reason = (
            label,
            "the primary is void here" if label < 0 else "it is not shown this part of the photograph",
        )
    else:
        local = int(second.rule.output(np.ascontiguousarray(primary[rows, columns]), seen)[here])
        if seen.probabilities is not None and isinstance(plan.mode, OddsMode):
            q = probabilities_at(seen.probabilities, here, size)
            says, (terms, reason) = int(q.argmax()), _odds(plan.mode, second, label, q)
        else:
            assert seen.labels is not None
            found = int(labels_at(seen.labels, size)[here])
            says = found if found >= 0 else None
            terms, pixels, reason = _table(plan, second, label, found)
    if 0 <= local < m and local != label:
        reason += f"; what is similar to {plan.primary_labels[local].name!r} is surer: the pixel is promoted to it"
    output = second.outputs[local - m] if local >= m else local
    step = Step(
        secondary=second.model or second.labels.name,
        says=None if says is None else second.labels[says].name,
        terms=terms,
        seen=pixels,
        reason=reason if applies else f"an earlier secondary changed the pixel already ({reason})",
        output=_name(plan.labels, output) or "void",
        applies=applies,
    )
    return step, local >= m


def _odds(mode: OddsMode, second: Secondary, label: int, q: NDArray[np.float64]) -> tuple[tuple[Term, ...], str]:
    similar, names = second.lent.similar[label], second.labels.names
    candidates = [k for k in second.lent.add if k not in similar]
    keeps = sorted(similar) or [k for k in range(len(names)) if k not in second.lent.add]
    order = sorted(range(len(names)), key=lambda k: -q[k])[:_MOST]
    terms = tuple(Term(names[k], float(q[k])) for k in order)
    if not candidates:
        return terms, "it adds nothing that is not similar to the primary's label"
    best = max(candidates, key=lambda k: q[k])
    kept = float(q[keeps].sum())
    what = (
        f"the labels similar to the primary's ({', '.join(names[k] for k in keeps)})"
        if similar
        else "every label not added"
    )
    test = f"{names[best]!r} has {q[best]:.3f}, {what} {kept:.3f}"
    wanted = f"wanted at least {mode.p_min:g} and more than {mode.ratio:g} times that"
    return terms, f"{test}; {wanted}"


def _table(plan: Plan, second: Secondary, label: int, says: int) -> tuple[tuple[Term, ...], int | None, str]:
    counts, mode, names = second.lent.counts, plan.mode, second.labels.names
    if says < 0:
        return (), None, "it is void here"
    if not isinstance(mode, CooccurrenceMode | GuardedMode) or counts is None:
        added = says in second.lent.add
        return (), None, f"it says {names[says]!r}, which is {'to be added' if added else 'not to be added'}"
    here = counts.pixels[label, says]
    total = int(here.sum())
    smoothed = _probabilities(counts, mode)[label, says]
    order = sorted(range(len(names)), key=lambda k: (-here[k], -smoothed[k]))[:_MOST]
    terms = tuple(Term(names[k], float(smoothed[k]), int(here[k])) for k in order)
    expected = int(cooccurrence_rule(counts, unseen=mode.unseen, min_pixels=mode.min_pixels)[label, says])
    if expected < 0:
        return terms, total, f"only {total} pixels with this pair of labels were counted: the primary stays"
    what = f"of {total} counted pixels with this pair of labels the truth to expect is {names[expected]!r}"
    if isinstance(mode, GuardedMode):
        what += f" (smoothed probability {smoothed[expected]:.3f}; wanted at least {mode.tau:g})"
    if expected in second.lent.similar[label]:
        return terms, total, f"{what}, which is similar to the primary's label"
    return terms, total, f"{what}, which is {'to be' if expected in second.lent.add else 'not'} added"


def _probabilities(counts: CooccurrenceCounts, mode: CooccurrenceMode | GuardedMode) -> NDArray[Any]:
    if isinstance(mode, GuardedMode):
        return smoothed_probability(counts, alpha=mode.alpha, beta=mode.beta)
    shares: NDArray[Any] = counts.pixels / np.maximum(counts.pixels.sum(axis=2, keepdims=True), 1)
    return shares


def _name(labels: LabelSet, index: int) -> str | None:
    return labels[index].name if index >= 0 else None
