"""Which secondary labels mean nearly the same as a primary one: a draft of a plan for a person to look through."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from segweave.combine.cooccurrence import CooccurrenceCounts
from segweave.errors import LabelError
from segweave.labels import LabelSet
from segweave.labels.map_yaml import yaml_scalar
from segweave.labels.meaning import fits, path_meanings, wider

OFTEN = 0.3
"""From this share of a primary label's pixels on, what is there counts as similar to it."""


SMALLEST_PART = "0.0001"
"""What a draft says of `smallest_part`: 17 px of 480 x 360, a third of the parts and nothing of the IoU on CamVid."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A secondary label that is similar to a primary one, as indices, and why."""

    primary: int
    secondary: int
    why: str


def similar_labels(
    primary: LabelSet, secondary: LabelSet, *, counts: CooccurrenceCounts | None = None
) -> tuple[Likeness, ...]:
    """By equal names, spellings and synonyms, by kinds (a palm is a kind of vegetation), and by co-occurrence: where
    P(truth | primary label) is at least `OFTEN`. In primary order, each pair once, with the first reason.

    >>> from segweave.labels import label_set
    >>> city, camvid = label_set("cityscapes"), label_set("camvid11")
    >>> [(city[s.primary].name, camvid[s.secondary].name, s.why) for s in similar_labels(city, camvid)][:2]
    [('road', 'Road', 'other spelling'), ('sidewalk', 'Pavement', 'synonym')]
    """
    found: dict[tuple[int, int], str] = {}
    for k, fit in enumerate(fits(secondary, primary)):
        for i in fit.candidates:
            found[i, k] = fit.why
    for i, fit in enumerate(fits(primary, secondary)):
        for k in fit.candidates:
            found.setdefault((i, k), fit.why)
    for i, label in enumerate(primary):
        for k, other in enumerate(secondary):
            if any(step & path_meanings(label.name) for step in wider(other.name)):
                found.setdefault((i, k), "kind of")
    if counts is not None:
        of_truth = counts.pixels.sum(axis=1) / np.maximum(counts.pixels.sum(axis=(1, 2))[:, None], 1)
        for i, k in np.argwhere(of_truth >= OFTEN).tolist():
            found.setdefault((i, k), f"co-occurrence {of_truth[i, k]:.2f}")
    return tuple(Likeness(i, k, why) for (i, k), why in sorted(found.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a draft of a plan is made of. models, label sets and counts as the file will name them, None: left out."""

    primary: LabelSet
    secondary: LabelSet
    primary_model: str | None = None
    secondary_model: str | None = None
    primary_labels: str | None = None
    secondary_labels: str | None = None
    counts_path: str | None = None
    counts: CooccurrenceCounts | None = None
    mode: str = "odds"
    add: tuple[str, ...] = ()


def draft_plan(draft: Draft) -> str:
    """The text of a plan that `read_plan` reads, unreviewed, with a reason for each similar label.

    A label that is to be added is listed as similar to nothing; a comment says where it would have been. Without
    `add` a comment lists the labels that the primary lacks. Raises `LabelError` for unknown labels in `add`.
    """
    added = [draft.secondary.index(name) for name in draft.add]
    for name in draft.add:
        if name in draft.primary:
            raise LabelError(f"{name!r} is a label of the primary already; it need not be added")
    found = similar_labels(draft.primary, draft.secondary, counts=draft.counts)
    lines = [
        "# Draft of an extension plan. Look through `add` and `similar`: a wrong or missing pair costs pixels.",
        "# Then set reviewed: true. docs/extend.md says what everything means.",
        "version: 1",
        f"name: {yaml_scalar(f'{draft.primary.name} plus {draft.secondary.name}')}",
        "reviewed: false",
        f"mode: {draft.mode}",
        f"smallest_part: {SMALLEST_PART}  # of the photograph: smaller parts of added labels are dropped; 0 keeps all",
        f"primary: {{{', '.join(_side(draft.primary, draft.primary_model, draft.primary_labels))}}}",
        "secondaries:",
        "- " + "\n  ".join(_side(draft.secondary, draft.secondary_model, draft.secondary_labels)),
    ]
    if draft.counts_path is not None:
        lines.append(f"  counts: {yaml_scalar(draft.counts_path)}")
    return "\n".join([*lines, *_add_lines(draft, found), *_similar_lines(draft, found, added)]) + "\n"


def _side(labels: LabelSet, model: str | None, name: str | None) -> list[str]:
    """A model says its own labels; without one the label set is named."""
    named = name or (None if model else labels.name)
    return [f"{key}: {yaml_scalar(value)}" for key, value in (("model", model), ("labels", named)) if value]


def _add_lines(draft: Draft, found: Sequence[Likeness]) -> list[str]:
    if draft.add:
        return ["  add:", *(f"  - {yaml_scalar(name)}" for name in draft.add)]
    known = {likeness.secondary for likeness in found}
    lacking = [name for k, name in enumerate(draft.secondary.names) if k not in known]
    return ["  add: []  # choose from what the primary lacks:", *(f"  # - {yaml_scalar(name)}" for name in lacking)]


def _similar_lines(draft: Draft, found: Sequence[Likeness], added: Collection[int]) -> list[str]:
    lines = ["  similar:"]
    for i, name in enumerate(draft.primary.names):
        mine = [likeness for likeness in found if likeness.primary == i]
        kept = [likeness for likeness in mine if likeness.secondary not in added]
        lines.append(f"    {yaml_scalar(name)}:" + ("" if kept else " []"))
        for likeness in kept:
            other = draft.secondary[likeness.secondary].name
            lines.append(f"    - {{label: {yaml_scalar(other)}, why: {yaml_scalar(likeness.why)}}}")
        for likeness in mine:
            if likeness not in kept:
                other = draft.secondary[likeness.secondary].name
                lines.append(f"    # not {yaml_scalar(other)} ({likeness.why}): it is to be added")
    return lines
