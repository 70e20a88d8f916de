"""How good a plan is: the primary alone, the baseline and the plan's mode, side by side on labelled images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from segweave.combine.modes import MODES
from segweave.combine.plan import extend
from segweave.combine.refine import STEPS, Scene, connected_parts, refined
from segweave.combine.rules import Evidence, Labels
from segweave.errors import LabelError, SegweaveError
from segweave.evaluation.confusion import Confusion, SemanticCounts, confusion_of_maps, score_semantic
from segweave.evaluation.contour_accuracy import ContourCounts, count_contours
from segweave.formats import Dataset
from segweave.labels import LabelMap
from segweave.models.learn import photograph, truth_labels
from segweave.models.woven import WovenModel, evidence_of, semantic
from segweave.segmentation.overlap_table import Ints

PRIMARY, OVERRIDE = "primary alone", "override"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """What is tried. label_map: from the plan's labels to the data set's; refine: names of steps, each tried alone."""

    model: WovenModel
    data: Dataset
    label_map: LabelMap
    refine: tuple[str, ...] = ()

    @property
    def added(self) -> frozenset[int]:
        """Labels of the truth that an added label maps to."""
        m = len(self.model.plan.primary_labels)
        return frozenset(t for t in self.label_map.targets[m:] if t is not None)

    @property
    def kept(self) -> frozenset[int]:
        """Labels of the truth that only primary labels map to."""
        m = len(self.model.plan.primary_labels)
        return frozenset(t for t in self.label_map.targets[:m] if t is not None) - self.added


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What one contender is scored by; tallies add."""

    confusion: Confusion
    contours: ContourCounts

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.confusion + other.confusion, self.contours + other.contours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender; 0..1, None where undefined.

    primary: mIoU of the primary's labels. harm: the same on pixels whose truth is one of them: what extension costs
    there. added: mIoU of the added labels. all: of both. contour: label accuracy within 2 px of the truth's contours.
    by_label: IoU of each label of the data set.
    """

    name: str
    primary: float | None
    harm: float | None
    added: float | None
    all: float | None
    contour: float | None
    by_label: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What was found so far, by contender; error: why the last image was left out."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)
    images: int = 0
    error: SegweaveError | None = None


def check_trial(trial: Trial) -> None:
    """`LabelError` where no primary or no added label has a counterpart in the data set."""
    for what, labels in (("primary", trial.kept), ("added", trial.added)):
        if not labels and (what == "primary" or any(second.outputs for second in trial.model.plan.secondaries)):
            raise LabelError(
                f"no {what} label of the plan has a counterpart of its own among {trial.label_map.target.name!r}; say"
                " with --map which label of the data set each label of the plan is"
            )


def try_plan(trial: Trial) -> Iterator[Tried]:
    """Score image after image; yields the sum after each. A broken image is passed over."""
    known = Tried()
    for place in range(len(trial.data)):
        try:
            here = _tallies(trial, place)
        except SegweaveError as error:
            known = replace(known, error=error)
        else:
            sums = {name: known.tallies[name] + one if name in known.tallies else one for name, one in here.items()}
            known = Tried(sums, known.images + 1)
        yield known


def rows(trial: Trial, tried: Tried) -> tuple[Row, ...]:
    """The table of contenders."""
    return tuple(_row(trial, name, tally) for name, tally in tried.tallies.items())


def _tallies(trial: Trial, place: int) -> dict[str, Tally]:
    sample = trial.data[place]
    image, truth = photograph(sample), truth_labels(sample)
    first = semantic(trial.model.primary, image)
    primary = first.label_indices()
    evidence = trial.model.evidence(image)
    plan = trial.model.plan
    chosen = extend(plan, primary, evidence)
    outputs = {PRIMARY: primary, OVERRIDE: _override(trial.model, primary, evidence, image=image)}
    outputs |= {plan.mode.name: chosen}
    scene = Scene(primary=primary, regions=connected_parts(first), photograph=image)
    if plan.refine:
        outputs[f"{plan.mode.name} + {', '.join(plan.refine)}"] = refined(chosen, scene, plan.refine)
    outputs |= {f"{plan.mode.name} + {name}": STEPS[name](chosen, scene) for name in trial.refine}
    to_truth = np.array([*(-1 if t is None else t for t in trial.label_map.targets), -1], np.int32)
    return {name: _tally(trial, truth, to_truth[output]) for name, output in outputs.items()}


def _override(model: WovenModel, primary: Labels, evidence: Sequence[Evidence], *, image: np.ndarray) -> Labels:
    """The baseline on the labels of the secondaries: where their probabilities are at hand, the most probable ones."""
    plan = model.plan.with_rules(MODES[OVERRIDE])
    seen = evidence
    if model.plan.mode.needs != "labels":
        seen = tuple(
            evidence_of(network, image_of, "labels")
            for network, image_of in zip(model.secondaries, model.crops(image), strict=True)
        )
    return extend(plan, primary, seen)


def _tally(trial: Trial, truth: Labels, prediction: Labels) -> Tally:
    return Tally(confusion_of_maps(truth, prediction, trial.data.labels), count_contours(truth, prediction))


def _row(trial: Trial, name: str, tally: Tally) -> Row:
    ious = score_semantic(tally.confusion.counts()).by_label
    harmed = score_semantic(_of_truths(tally.confusion, sorted(trial.kept))).by_label
    return Row(
        name=name,
        primary=_mean([ious[k] for k in trial.kept]),
        harm=_mean([harmed[k] for k in trial.kept]),
        added=_mean([ious[k] for k in trial.added]),
        all=_mean([ious[k] for k in trial.kept | trial.added]),
        contour=tally.contours.accuracy,
        by_label=ious,
    )


def _of_truths(confusion: Confusion, labels: list[int]) -> SemanticCounts:
    """The counts of the pixels whose truth is one of the labels."""
    n = len(confusion.labels)
    pixels: Ints = np.zeros_like(confusion.pixels[:n])
    pixels[labels] = confusion.pixels[labels]
    return SemanticCounts(
        confusion.labels,
        shared=np.diagonal(pixels).copy(),
        truth=pixels.sum(axis=1),
        predicted=pixels.sum(axis=0)[:n],
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
