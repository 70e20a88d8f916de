"""An extension plan as a model: several networks, one label set (`combine/plan.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segweave.combine.extended import Mask, extended_segmentation
from segweave.combine.grids import window
from segweave.combine.plan import Plan, extend, resolve
from segweave.combine.plan_file import PlanFile, SideEntry, read_plan
from segweave.combine.refine import Scene, connected_parts, refined
from segweave.combine.rules import Evidence, Labels
from segweave.errors import LabelError, ModelError, UsageError, did_you_mean
from segweave.formats import Photo
from segweave.labels import LabelSet, label_set
from segweave.models.protocol import TASKS, ProbabilityModel, Result, SegmentationModel, Task
from segweave.segmentation import Instances, Segmentation, from_label_indices, panoptic_to_instances

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WovenModel:
    """A `SegmentationModel` made of a primary and its secondaries.

    It offers the primary's tasks: instances are the things of the panoptic result, so that they do not overlap.
    remarks: what a person should be told once: licences, and that nobody has looked through the plan.
    """

    plan: Plan
    primary: SegmentationModel
    secondaries: tuple[SegmentationModel, ...]
    remarks: tuple[str, ...] = ()

    @property
    def labels(self) -> LabelSet:
        """The primary's labels, then the added ones."""
        return self.plan.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All three where the primary tells things apart, else semantic alone."""
        return TASKS if "panoptic" in self.primary.tasks else ("semantic",)

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        if task not in self.tasks:
            raise UsageError(f"task {task!r} is not offered by this plan; {did_you_mean(task, self.tasks)}")
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
        if task == "semantic":
            return from_label_indices(self._output(image, semantic(self.primary, image)), self.labels)
        first = self.primary.predict([image], "panoptic")[0]
        assert isinstance(first, Segmentation)
        output = self._output(image, first)
        seg = extended_segmentation(first, output, self.labels, masks=self._masks(image))
        return panoptic_to_instances(seg) if task == "instance" else seg

    def _output(self, image: Photo, first: Segmentation) -> Labels:
        """(H, W) output labels, from the primary's result."""
        primary = first.label_indices()
        output = extend(self.plan, primary, self.evidence(image))
        if not self.plan.refine:
            return output
        scene = Scene(primary=primary, regions=connected_parts(first), photograph=image)
        return refined(output, scene, self.plan.refine)

    def _masks(self, image: Photo) -> list[Mask]:
        """The added things that secondaries see, in the photograph's pixels."""
        found = []
        for network, second, crop in zip(self.secondaries, self.plan.secondaries, self.crops(image), strict=True):
            output = dict(zip(second.lent.add, second.outputs, strict=True))
            if "instance" not in network.tasks or not any(second.labels[k].is_thing for k in output):
                continue
            seen = network.predict([crop], "instance")[0]
            assert isinstance(seen, Instances)
            place = window(second.crop, (image.shape[0], image.shape[1]))
            for k, segment in enumerate(seen.segments):
                if segment.label in output:
                    mask = np.zeros(image.shape[:2], np.bool_)
                    mask[place] = seen.mask(k)
                    found.append(Mask(label=output[segment.label], mask=mask, score=segment.score))
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
    seg = network.predict([image], "semantic")[0]
    assert isinstance(seg, Segmentation)
    return seg


def evidence_of(network: SegmentationModel, image: Photo, needs: str) -> Evidence:
    """What a secondary says of a photograph: labels, or probabilities on the network's own grid."""
    if needs == "labels":
        return Evidence(labels=semantic(network, image).label_indices())
    assert isinstance(network, ProbabilityModel)
    maps = network.probabilities([image])[0]
    return Evidence(probabilities=np.ascontiguousarray(maps.transpose(1, 2, 0)))


def _open(path: Path, threads: int, mode: str | None, inside: tuple[Path, ...]) -> WovenModel:
    if path.resolve() in inside:
        raise ModelError(f"{path}: the plan is a model of itself; name another model in it")
    file = read_plan(path)
    sides = (file.primary, *file.secondaries)
    opened = [_side(side, threads, (*inside, path.resolve())) for side in sides]
    networks = [network for network, _ in opened]
    for side, network, named in zip(sides, networks, label_sets(file), strict=True):
        if named is not None and named.names != network.labels.names:
            raise LabelError(
                f"{side.place}: the plan says {named.name!r}, the model {side.model!r} has other labels:"
                f" {network.labels.name!r}"
            )
    plan = resolve(file, networks[0].labels, [network.labels for network in networks[1:]], mode=mode)
    _check_tasks(plan, file, networks)
    remarks = [line for _, lines in opened for line in lines]
    if not plan.reviewed:
        remarks.append(f"{path}: nobody has looked through this plan yet (reviewed: false)")
    return WovenModel(
        plan=plan,
        primary=networks[0],
        secondaries=tuple(networks[1:]),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _side(side: SideEntry, threads: int, inside: tuple[Path, ...]) -> tuple[SegmentationModel, tuple[str, ...]]:
    """The network that a plan names, and what to tell about it."""
    from segweave.models.predict import load_model

    if side.model is None:
        raise ModelError(f"{side.place}: names no model, so that nothing can be predicted; add `model:`")
    if side.model.endswith(SUFFIXES):
        woven = _open(Path(side.model), threads, None, inside)
        return woven, woven.remarks
    model = load_model(side.model, threads=threads)
    return model.network, model.remarks


def _check_tasks(plan: Plan, file: PlanFile, networks: Sequence[SegmentationModel]) -> None:
    sides = (file.primary, *file.secondaries)
    for side, network in zip(sides, networks, strict=True):
        if "semantic" not in network.tasks:
            raise ModelError(f"{side.place}: {side.model!r} says no label for every pixel; it offers {network.tasks}")
    for side, network in zip(sides[1:], networks[1:], strict=True):
        if plan.mode.needs == "probabilities" and not isinstance(network, ProbabilityModel):
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
