"""How good a plan is: the primary alone, the baseline and the plan's mode, side by side on labelled images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from segweave.combine.modes import MODES
from segweave.combine.plan import Plan, extend
from segweave.combine.refine import Scene, connected_parts, refined
from segweave.combine.rules import Evidence, Labels
from segweave.errors import LabelError, SegweaveError
from segweave.evaluation.confusion import Confusion, SemanticCounts, confusion_of_maps, score_semantic
from segweave.evaluation.contour_accuracy import REACH, ContourCounts, count_right, near_contours
from segweave.formats import Dataset, Photo
from segweave.labels import LabelMap
from segweave.models.labelled import LabelledPhoto, labelled_photos
from segweave.models.woven import WovenModel, evidence_of, semantic
from segweave.segmentation import Segmentation
from segweave.segmentation.overlap_table import Ints

PRIMARY, OVERRIDE = "primary alone", "override"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """What is asked. plan: whose mode is tried. label_map: from the plan's labels to the truth's. refine: names of
    steps, each tried alone."""

    plan: Plan
    label_map: LabelMap
    refine: tuple[str, ...] = ()

    @property
    def added(self) -> frozenset[int]:
        """Labels of the truth that an added label maps to."""
        m = len(self.plan.primary_labels)
        return frozenset(t for t in self.label_map.targets[m:] if t is not None)

    @property
    def kept(self) -> frozenset[int]:
        """Labels of the truth that only primary labels map to."""
        m = len(self.plan.primary_labels)
        return frozenset(t for t in self.label_map.targets[:m] if t is not None) - self.added


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Seen:
    """What the models say of one image, and what is there.

    truth: (H, W) int32 label indices of the truth's label set, -1 = void. evidence: what the plan's mode needs; labels:
    of each secondary, for the baseline. photograph: for refining; None where nothing is refined.
    """

    truth: Labels
    primary: Segmentation
    evidence: tuple[Evidence, ...]
    labels: tuple[Evidence, ...]
    photograph: Photo | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """A question put to labelled images."""

    model: WovenModel
    data: Dataset
    question: Question


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


def check_question(question: Question) -> None:
    """`LabelError` where no primary or no added label has a counterpart in the data set."""
    for what, labels in (("primary", question.kept), ("added", question.added)):
        if not labels and (what == "primary" or any(second.outputs for second in question.plan.secondaries)):
            there = f"has a counterpart of its own among {question.label_map.target.name!r}"
            hint = "say with --map which label of the data set each label of the plan is"
            raise LabelError(f"no {what} label of the plan {there}; {hint}")


def try_plan(trial: Trial) -> Iterator[Tried]:
    """Score image after image; yields the sum after each. A broken image is passed over."""
    known = Tried()
    for found in labelled_photos(trial.data, range(len(trial.data))):
        try:
            here = tallies(trial.question, _seen(trial, found))
        except SegweaveError as error:
            known = replace(known, error=error)
        else:
            sums = {name: known.tallies[name] + one if name in known.tallies else one for name, one in here.items()}
            known = Tried(sums, known.images + 1)
        yield known


def rows(question: Question, sums: Mapping[str, Tally]) -> tuple[Row, ...]:
    """The table of contenders."""
    return tuple(_row(question, name, tally) for name, tally in sums.items())


def tallies(question: Question, seen: Seen) -> dict[str, Tally]:
    """One image's tallies, by contender: the primary alone, the baseline, the plan's mode, and what is refined."""
    plan, primary = question.plan, seen.primary.label_indices()
    chosen = extend(plan, primary, seen.evidence)
    plain = replace(plan.with_rules(MODES[OVERRIDE]), smallest_part=0.0)
    outputs = {PRIMARY: primary, OVERRIDE: extend(plain, primary, seen.labels)}
    outputs[plan.mode.name] = chosen
    refinings = ((plan.refine,) if plan.refine else ()) + tuple((name,) for name in question.refine)
    if refinings and seen.photograph is not None:
        scene = Scene(primary=primary, regions=connected_parts(seen.primary), photograph=seen.photograph)
        for steps in refinings:
            outputs[f"{plan.mode.name} + {', '.join(steps)}"] = refined(chosen, scene, steps)
    to_truth = np.array([*(-1 if t is None else t for t in question.label_map.targets), -1], np.int32)
    labels, near = question.label_map.target, near_contours(seen.truth, REACH)
    found: dict[str, Tally] = {}
    for name, output in outputs.items():
        said = to_truth[output]
        contours = count_right(near, seen.truth, said)
        found[name] = Tally(confusion_of_maps(seen.truth, said, labels), contours)
    return found


def _seen(trial: Trial, found: LabelledPhoto | SegweaveError) -> Seen:
    """The models' answers for one image; the baseline takes the most probable labels where there are probabilities."""
    if isinstance(found, SegweaveError):
        raise found
    image, model = found.photograph, trial.model
    evidence = labels = model.evidence(image)
    if model.plan.mode.needs != "labels":
        crops = zip(model.secondaries, model.crops(image), strict=True)
        labels = tuple(evidence_of(network, crop, "labels") for network, crop in crops)
    first = semantic(model.primary, image)
    return Seen(truth=found.truth, primary=first, evidence=evidence, labels=labels, photograph=image)


def _row(question: Question, name: str, tally: Tally) -> Row:
    kept, added = question.kept, question.added
    ious = score_semantic(tally.confusion.counts()).by_label
    harmed = score_semantic(_of_truths(tally.confusion, sorted(kept))).by_label
    return Row(
        name=name,
        primary=_mean([ious[k] for k in kept]),
        harm=_mean([harmed[k] for k in kept]),
        added=_mean([ious[k] for k in added]),
        all=_mean([ious[k] for k in kept | added]),
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
