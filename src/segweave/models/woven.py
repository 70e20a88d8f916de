"""An extension plan as a model: several networks, one label set (`combine/plan.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segweave.combine.extended import Mask, extended_segmentation, extended_semantic
from segweave.combine.grids import window
from segweave.combine.plan import Plan, extend, resolve
from segweave.combine.plan_file import PlanFile, SideEntry, read_plan
from segweave.combine.refine import Scene, connected_parts, refined
from segweave.combine.rules import Evidence, Labels, Needs
from segweave.combine.scores import with_scores
from segweave.errors import LabelError, ModelError, UsageError
from segweave.formats import Photo
from segweave.labels import LabelSet, label_set
from segweave.models.protocol import TASKS, ProbabilityModel, Result, SegmentationModel, Task, check_offered
from segweave.models.remembering import remembering
from segweave.segmentation import Segmentation, panoptic_to_instances

if TYPE_CHECKING:
    from segweave.models.predict import Model

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WovenModel:
    """A `SegmentationModel` made of a primary and its secondaries.

    It offers the primary's tasks: instances are the things of the panoptic result, so that they do not overlap.
    knows_things: of the primary and of each secondary, whether it was made to tell things apart. remarks: what a person
    should be told once: licences, and that nobody has looked through the plan.
    """

    plan: Plan
    primary: SegmentationModel
    secondaries: tuple[SegmentationModel, ...]
    knows_things: tuple[bool, ...]
    remarks: tuple[str, ...] = ()

    @property
    def labels(self) -> LabelSet:
        """The primary's labels, then the added ones."""
        return self.plan.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All three where the primary tells things apart, else semantic alone."""
        return TASKS if self.knows_things[0] else ("semantic",)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        check_offered(task, self.tasks, by="this plan")
        return [self._one(image, task) for image in images]

    def evidence(self, image: Photo) -> tuple[Evidence, ...]:
        """What each secondary sees of its crop: what the plan's mode needs."""
        pairs = zip(self.secondaries, self.crops(image), strict=True)
        return tuple(evidence_of(network, crop, self.plan.mode.needs) for network, crop in pairs)

    def crops(self, image: Photo) -> tuple[Photo, ...]:
        """What each secondary is shown of a photograph."""
        size = image.shape[0], image.shape[1]
        return tuple(np.ascontiguousarray(image[window(second.crop, size)]) for second in self.plan.secondaries)

    def _one(self, image: Photo, task: Task) -> Result:
        first = _segmentation(self.primary, image, "semantic" if task == "semantic" else "panoptic")
        evidence = self.evidence(image)
        output = self._output(image, first, evidence)
        if task == "semantic":
            return with_scores(extended_semantic(first, output, self.labels), self.plan, evidence)
        least, masks = self.plan.smallest_part * output.size, self._masks(image, output)
        seg = extended_segmentation(first, output, self.labels, masks=masks, least=least)
        seg = with_scores(seg, self.plan, evidence)
        return panoptic_to_instances(seg) if task == "instance" else seg

    def _output(self, image: Photo, first: Segmentation, evidence: Sequence[Evidence]) -> Labels:
        """(H, W) output labels, from the primary's result."""
        primary = first.label_indices()
        output = extend(self.plan, primary, evidence)
        if not self.plan.refine:
            return output
        scene = Scene(primary=primary, regions=connected_parts(first), photograph=image)
        return refined(output, scene, self.plan.refine)

    def _masks(self, image: Photo, output: Labels) -> list[Mask]:
        """The added things that secondaries see, in the photograph's pixels; none of labels that are not there."""
        there = set(np.flatnonzero(np.bincount(output[output >= 0], minlength=len(self.labels))).tolist())
        found = []
        sides = zip(self.secondaries, self.plan.secondaries, self.crops(image), self.knows_things[1:], strict=True)
        for network, second, crop, knows in sides:
            lends = {k: label for k, label in zip(second.lent.add, second.outputs, strict=True) if label in there}
            if not knows or not any(second.labels[k].is_thing for k in lends):
                continue
            seen = _segmentation(network, crop, "panoptic")
            place = window(second.crop, (image.shape[0], image.shape[1]))
            for number, segment in enumerate(seen.segments, start=1):
                if segment.label in lends and second.labels[segment.label].is_thing:
                    mask = np.zeros(image.shape[:2], np.bool_)
                    mask[place] = seen.ids == number
                    found.append(Mask(label=lends[segment.label], mask=mask, score=segment.score))
        return found


def open_woven(path: str | Path, *, threads: int = 0, mode: str | None = None) -> WovenModel:
    """Open a plan and the models it names. mode: instead of the plan's own. Errors as `read_plan`'s and `resolve`'s,
    and `ModelError` for a model that cannot be opened, has other labels than the plan says, or lacks probabilities.
    """
    return _open(Path(path), threads, mode, ())


def label_sets(file: PlanFile) -> tuple[LabelSet | None, ...]:
    """The label sets that a plan names, the primary's first; None where it leaves them to the model."""
    return tuple(_named_set(side) for side in (file.primary, *file.secondaries))


def semantic(network: SegmentationModel, image: Photo) -> Segmentation:
    """The semantic result of one photograph."""
    return _segmentation(network, image, "semantic")


def evidence_of(network: SegmentationModel, image: Photo, needs: Needs) -> Evidence:
    """What a secondary says of a photograph: labels, or probabilities on the network's own grid."""
    if needs == "labels":
        seg = semantic(network, image)
        scores = np.full(len(network.labels), np.nan)
        for segment in seg.segments:
            scores[segment.label] = np.nan if segment.score is None else segment.score
        return Evidence(labels=seg.label_indices(), scores=scores)
    assert isinstance(network, ProbabilityModel)
    maps = network.probabilities([image])[0]
    return Evidence(probabilities=np.ascontiguousarray(maps.transpose(1, 2, 0)))


def _segmentation(network: SegmentationModel, image: Photo, task: Task) -> Segmentation:
    seg = network.predict([image], task)[0]
    assert isinstance(seg, Segmentation)
    return seg


def _open(path: Path, threads: int, mode: str | None, inside: tuple[Path, ...]) -> WovenModel:
    if path.resolve() in inside:
        raise ModelError(f"{path}: the plan is a model of itself; name another model in it")
    file = read_plan(path)
    sides = (file.primary, *file.secondaries)
    opened = [_side(side, threads, (*inside, path.resolve())) for side in sides]
    for side, model, named in zip(sides, opened, label_sets(file), strict=True):
        if named is not None and named.names != model.labels.names:
            raise LabelError(
                f"{side.place}: the plan says {named.name!r}, the model {side.model!r} has other labels:"
                f" {model.labels.name!r}"
            )
    plan = resolve(file, opened[0].labels, [model.labels for model in opened[1:]], mode=mode)
    _check_tasks(plan, sides, opened)
    remarks = [line for model in opened for line in model.remarks] + _other_models(plan, opened)
    if not plan.reviewed:
        remarks.append(f"{path}: nobody has looked through this plan yet (reviewed: false)")
    return WovenModel(
        plan=plan,
        primary=opened[0].network,
        secondaries=tuple(remembering(model.network) for model in opened[1:]),
        knows_things=tuple("panoptic" in model.tasks for model in opened),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _side(side: SideEntry, threads: int, inside: tuple[Path, ...]) -> "Model":
    """The model that a plan names."""
    from segweave.models.predict import Model, load_model

    if side.model is None:
        raise ModelError(f"{side.place}: names no model, so that nothing can be predicted; add `model:`")
    if side.model.endswith(SUFFIXES):
        woven = _open(Path(side.model), threads, None, inside)
        return Model(side.model, woven, remarks=woven.remarks)
    try:
        return load_model(side.model, threads=threads)
    except (ModelError, UsageError) as error:
        raise type(error)(f"{side.place}: {error}") from None


def _other_models(plan: Plan, opened: "Sequence[Model]") -> list[str]:
    """What to tell where counts that decide were learnt with other models, which happen to have the same labels."""
    from segweave.models.identity import model_id

    found = []
    for second, model in zip(plan.secondaries, opened[1:], strict=True):
        if second.lent.counts is None or not plan.mode.learns:
            continue
        known = second.lent.counts.provenance
        for side, learnt, used in (("primary", known.primary, opened[0]), ("secondary", known.secondary, model)):
            if learnt and learnt != (name := model_id(used)):
                found.append(f"{plan.path}: its counts were learnt with the {side} {learnt!r}, not with {name!r}")
    return found


def _check_tasks(plan: Plan, sides: Sequence[SideEntry], opened: "Sequence[Model]") -> None:
    for side, model in zip(sides, opened, strict=True):
        if "semantic" not in model.tasks:
            raise ModelError(f"{side.place}: {side.model!r} says no label for every pixel; it offers {model.tasks}")
    for side, model in zip(sides[1:], opened[1:], strict=True):
        if plan.mode.needs == "probabilities" and not isinstance(model.network, ProbabilityModel):
            raise ModelError(
                f"{side.place}: mode {plan.mode.name} weighs probabilities, and {side.model!r} gives none; choose mode"
                " guarded or cooccurrence, with counts"
            )


def _named_set(side: SideEntry) -> LabelSet | None:
    if side.labels is None:
        return None
    try:
        return label_set(side.labels)
    except LabelError as error:
        raise LabelError(f"{side.place}: {error}") from None
