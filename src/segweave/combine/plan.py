"""`Plan`: an extension plan with its labels found, ready to be applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segweave.combine.cooccurrence import CooccurrenceCounts
from segweave.combine.extended_labels import extended_labels
from segweave.combine.grids import Crop, window
from segweave.combine.modes import mode_of
from segweave.combine.parts import without_specks
from segweave.combine.plan_file import Named, PlanFile, SecondaryEntry
from segweave.combine.provenance import difference
from segweave.combine.refine import steps_named
from segweave.combine.rules import Evidence, Labels, Lent, Mode, Rule, ready
from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import LabelSet


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Secondary:
    """A model that lends labels. model: as the plan names it. outputs: the output label of each of `lent.add`."""

    model: str | None
    labels: LabelSet
    lent: Lent
    outputs: tuple[int, ...]
    crop: Crop
    rule: Rule


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """An extension plan. labels: of the result: the primary's, then the added ones. primary: the model, as named.
    smallest_part: share of the photograph below which a connected part of an added label is dropped. refine: steps of
    `refine` that follow."""

    path: Path
    mode: Mode
    reviewed: bool
    primary: str | None
    primary_labels: LabelSet
    labels: LabelSet
    secondaries: tuple[Secondary, ...]
    smallest_part: float = 0.0
    refine: tuple[str, ...] = ()

    def with_rules(self, mode: Mode) -> "Plan":
        """The same plan by another mode."""
        found = tuple(replace(second, rule=ready(mode, second.lent)) for second in self.secondaries)
        return replace(self, mode=mode, secondaries=found)


def resolve(file: PlanFile, primary: LabelSet, secondaries: Sequence[LabelSet], *, mode: str | None = None) -> Plan:
    """Find the labels that a plan names. secondaries: one label set each, in its order. mode: instead of the plan's.

    Raises `LabelError` for an unknown label, an added label that is similar to a primary one, a name that two labels
    would share, and counts of other label lists; `FormatError` for counts that cannot be read; `UsageError` for
    parameters a mode does not have, and counts that it needs.
    """
    chosen = mode_of(mode or file.mode, file.parameters if mode in (None, file.mode) else (), str(file.path))
    steps_named(file.refine)
    outputs, labels = extended_labels(file, primary, secondaries)
    found = zip(file.secondaries, secondaries, outputs, strict=True)
    return Plan(
        path=file.path,
        mode=chosen,
        reviewed=file.reviewed,
        primary=file.primary.model,
        primary_labels=primary,
        labels=labels,
        secondaries=tuple(_secondary(chosen, primary, *each) for each in found),
        smallest_part=file.smallest_part,
        refine=file.refine,
    )


def extend(plan: Plan, primary: Labels, evidence: Sequence[Evidence]) -> Labels:
    """(H, W) int32 output labels, indices into `plan.labels`, -1 = void.

    primary: (H, W) int32, -1 = void. evidence: one a secondary, of its crop of the same photograph. Every secondary is
    judged against the original primary label; a later one changes only pixels that still hold a primary label. Outside
    a secondary's crop, and where it is void, the primary stays; so it does where a part of an added label would be
    smaller than `plan.smallest_part`.
    """
    if len(evidence) != len(plan.secondaries):
        raise InvalidSegmentation(f"expected evidence of {len(plan.secondaries)} secondaries; found {len(evidence)}")
    m = len(plan.primary_labels)
    output = primary.astype(np.int32)
    for second, seen in zip(plan.secondaries, evidence, strict=True):
        place = window(second.crop, (primary.shape[0], primary.shape[1]))
        before = np.ascontiguousarray(primary[place])
        after = second.rule.output(before, seen)
        globally = np.array([*range(m), *second.outputs, -1], np.int32)  # -1, void, reads the last
        now = output[place]
        np.copyto(now, globally[after], where=(after != before) & (now < m))
    return without_specks(output, primary, first_added=m, least=plan.smallest_part * output.size)


def _secondary(
    mode: Mode, primary: LabelSet, entry: SecondaryEntry, labels: LabelSet, outputs: Mapping[int, int]
) -> Secondary:
    """outputs: output label by added secondary label."""
    counts = None if entry.counts is None else counts_for(entry.counts, primary, labels, place=entry.place)
    if mode.learns and counts is None:
        needs = f"mode {mode.name} needs `counts:`, a file of `segweave extend learn`"
        raise LabelError(f"{entry.place}: {needs}; or choose mode odds")
    lent = Lent(similar=_similar(entry, primary, labels), add=tuple(sorted(outputs)), n=len(labels), counts=counts)
    return Secondary(
        model=entry.model,
        labels=labels,
        lent=lent,
        outputs=tuple(outputs[k] for k in lent.add),
        crop=entry.crop,
        rule=ready(mode, lent),
    )


def counts_for(path: Path, primary: LabelSet, secondary: LabelSet, *, place: str) -> CooccurrenceCounts:
    """Counts that are of these labels and of some pixels; else `LabelError`. place: what they are for, in messages."""
    counts = CooccurrenceCounts.load(path)
    for side, mine, theirs, n in (
        ("primary", primary.names, counts.provenance.primary_labels, counts.n_primary),
        ("secondary", secondary.names, counts.provenance.secondary_labels, counts.n_secondary),
    ):
        if theirs and mine != theirs:
            raise LabelError(
                f"{path}: its {side} labels are not those of {place}: {difference(theirs, mine)};"
                " learn anew with these models"
            )
        if n != len(mine):
            raise LabelError(f"{path}: counts {n} {side} labels; {place} has {len(mine)}")
    if not counts.pixels.any():
        raise LabelError(f"{path}: counts no pixel, so that no rule can be read from it; learn on more images")
    return counts


def _similar(entry: SecondaryEntry, primary: LabelSet, secondary: LabelSet) -> tuple[frozenset[int], ...]:
    added = {named.name for named in entry.add}
    found: dict[int, frozenset[int]] = {}
    for named, others in entry.similar:
        i = index_of(named, primary)
        if i in found:
            raise LabelError(f"{named.place}: {named.name!r} is listed a second time under `similar`")
        for other in others:
            if other.name in added:
                raise LabelError(
                    f"{other.place}: {other.name!r} is to be added, and is similar to the primary label {named.name!r};"
                    " take it out of `add` or out of `similar`"
                )
        found[i] = frozenset(index_of(other, secondary) for other in others)
    return tuple(found.get(i, frozenset()) for i in range(len(primary)))


def index_of(named: Named, labels: LabelSet) -> int:
    """The index of a label that a plan names; `LabelError` says where it stands and what is near."""
    try:
        return labels.index(named.name)
    except LabelError as error:
        raise LabelError(f"{named.place}: {error}") from None
