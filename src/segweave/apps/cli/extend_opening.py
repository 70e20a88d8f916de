"""Opening what `segweave extend` works on: plans, label sets, models, labelled images."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segweave.apps.cli.opening import check_is_there, label_set_named, open_source
from segweave.apps.cli.output import say
from segweave.errors import FormatError, LabelError, UsageError

if TYPE_CHECKING:
    from segweave.combine.plan import Plan
    from segweave.combine.plan_file import PlanFile, SecondaryEntry
    from segweave.formats import Dataset
    from segweave.labels import LabelMap, LabelSet
    from segweave.models import Model
    from segweave.models.learn import Lesson
    from segweave.models.woven import WovenModel


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled images as the user names them; format, labels, photographs: None: to be found out."""

    path: str
    format: str | None = None
    labels: str | None = None
    photographs: str | None = None

    def opened(self) -> "Dataset":
        """The data set; `UsageError` for a path that is not there and for unknown names."""
        data, _ = open_source(self.path, format=self.format, labels=self.labels, photographs=self.photographs)
        return data


def opened_lesson(
    labelled: Labelled, models: tuple[str, str], *, map_file: str | None, shard: tuple[int, int], threads: int
) -> "Lesson":
    """The two models and the data set, its truth in the secondary's labels; talks of what a person should know."""
    from segweave.models.learn import Lesson
    from segweave.models.predict import load_model

    data = labelled.opened()
    primary, secondary = (load_model(name, threads=threads) for name in models)
    for remark in dict.fromkeys((*primary.remarks, *secondary.remarks)):
        say(f"note: {remark}")
    _warn_of_training_data(labelled.path, data)
    name = "/".join(Path(labelled.path).resolve().parts[-2:])
    return Lesson(
        primary=primary,
        secondary=secondary,
        data=in_labels(data, secondary.labels, map_file=map_file, path=Path(labelled.path)),
        name=name,
        source="\n".join(data.labels.names) + (Path(map_file).read_text(encoding="utf-8") if map_file else ""),
        shard=shard,
    )


def in_labels(data: "Dataset", target: "LabelSet", *, map_file: str | None, path: Path) -> "Dataset":
    """The data set with its truth in `target`: by a file, as it is, or by synonyms, which is said."""
    from segweave.formats.mapped import mapped_dataset

    if map_file is None and data.labels.names == target.names:
        return data
    label_map = mapping(data.labels, target, map_file=map_file, what="the data set's")
    if all(to is None for to in label_map.targets):
        raise LabelError(
            f"{path}: none of its labels has a counterpart in {target.name!r}, the labels of the secondary; say which"
            " with --map"
        )
    return mapped_dataset(data, label_map, path)


def mapping(source: "LabelSet", target: "LabelSet", *, map_file: str | None, what: str) -> "LabelMap":
    """A label map by a file, else by synonyms; what has no counterpart is said."""
    from segweave.labels import LabelMap

    if map_file is not None:
        check_is_there(map_file)
        return LabelMap.from_yaml(source, target, map_file)
    try:
        found = LabelMap.by_synonyms(source, target)
    except LabelError as error:
        raise LabelError(f"{error}: say which with --map") from None
    lost = [name for name, to in zip(source.names, found.targets, strict=True) if to is None]
    shown = f"; without a counterpart: {', '.join(lost[:8])}{' ...' if len(lost) > 8 else ''}" if lost else ""
    say(f"note: {what} labels {source.name!r} are said in {target.name!r} by names and synonyms{shown}")
    return found


def open_plan(path: str, *, mode: str | None, strict: bool) -> "tuple[PlanFile, Plan]":
    """A plan without its models: its labels from the label sets it names, or from its counts."""
    from segweave.combine.plan import resolve

    file = read_checked(path, strict=strict)
    sets = [_set_of(file, None), *(_set_of(file, entry) for entry in file.secondaries)]
    return file, resolve(file, sets[0], sets[1:], mode=mode)


def open_woven_plan(path: str, *, mode: str | None, strict: bool, threads: int) -> "WovenModel":
    """A plan with its models; talks of what a person should know."""
    from segweave.models.woven import open_woven

    read_checked(path, strict=strict)
    woven = open_woven(path, threads=threads, mode=mode)
    for remark in woven.remarks:
        say(f"note: {remark}")
    return woven


def read_checked(path: str, *, strict: bool) -> "PlanFile":
    """The plan as it is written; `UsageError` where it is not there, or unreviewed with `strict`."""
    from segweave.combine.plan_file import read_plan

    check_is_there(path)
    file = read_plan(path)
    if strict and not file.reviewed:
        raise UsageError(
            f"{path}: nobody has looked through this plan yet: check `add` and `similar`, then set reviewed: true"
        )
    return file


def labels_of(model: str | None, labels: str | None, *, side: str) -> "tuple[LabelSet, Model | None]":
    """The label set of a side, by its model or by name; `UsageError` where neither is given or the two differ."""
    from segweave.models.predict import load_model

    named = None if labels is None else label_set_named(labels)
    if model is not None:
        opened = load_model(model)
        if named is not None and named.names != opened.labels.names:
            raise UsageError(
                f"--{side}-labels {labels}: the model {model!r} has other labels, {opened.labels.name!r}; leave it out"
            )
        return opened.labels, opened
    if named is None:
        raise UsageError(f"--{side}-labels names a label set (`segweave labels list`), or --{side} a model; give one")
    return named, None


def _set_of(file: "PlanFile", entry: "SecondaryEntry | None") -> "LabelSet":
    """The label set of a side of a plan: by name, from the counts, else from its model."""
    from segweave.combine import CooccurrenceCounts
    from segweave.labels import Label, LabelSet, label_set
    from segweave.models.predict import load_model

    side = entry or file.primary
    if side.labels is not None:
        try:
            return label_set(side.labels)
        except LabelError as error:
            raise LabelError(f"{side.place}: {error}") from None
    counts = next((found.counts for found in ([entry] if entry else file.secondaries) if found.counts), None)
    if counts is not None:
        known = CooccurrenceCounts.load(counts).provenance
        names = known.secondary_labels if entry else known.primary_labels
        if names:
            return LabelSet(side.model or counts.stem, tuple(Label(name=name, is_thing=False) for name in names))
    if side.model is None:
        raise FormatError(f"{side.place}: expected `labels:`, `model:` or `counts:`, so that the labels are known")
    return load_model(side.model).labels


def _warn_of_training_data(dataset: str, data: "Dataset") -> None:
    named = [*Path(dataset).resolve().parts[-2:], *(name.stem for name in data.names()[:1])]
    if any(re.search(r"(^|[^a-z])train(ing|val)?([^a-z]|$)", part.lower()) for part in named):
        say(
            "note: this looks like a training split; models are too sure of images they were trained on, so that the"
            " counts flatter them: learn on the validation split"
        )
