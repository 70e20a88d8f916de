"""From two opened data sets to `Paired`: which images belong together, and what the prediction's labels mean."""

from pathlib import Path

from segweave.errors import LabelError
from segweave.formats import format_named
from segweave.formats.pairing import pair_images
from segweave.formats.stated_areas import stated_areas
from segweave.labels import LabelMap, LabelSet
from segweave.report.evaluation import Task
from segweave.report.paired import Paired, Side


def paired(truth: Side, prediction: Side, *, map_file: str | Path | None = None) -> Paired:
    """Pair the images and the labels of two data sets.

    map_file: a YAML file of `prediction's name: truth's name`; without it labels pair by name. Raises `FormatError`
    where no image pairs and where an id stands for two images, `LabelError` where no label does.
    """
    pairing = pair_images(truth.data, prediction.data, truth_path=truth.path, prediction_path=prediction.path)
    source, target = prediction.data.labels, truth.data.labels
    if map_file is not None:
        label_map = LabelMap.from_yaml(source, target, map_file)
    elif source == target:
        label_map = LabelMap(source, target, tuple(range(len(target))))
    else:
        label_map = LabelMap.same_names(source, target)
        _check_shared(label_map, truth.path, prediction.path)
    return Paired(
        truth=truth, prediction=prediction, pairing=pairing, label_map=label_map, lenient=map_file is not None
    )


def with_stated_areas(truth: Side) -> Side:
    """The same truth with the areas that a COCO instances file states, which AP's size ranges go by."""
    return Side(data=truth.data, path=truth.path, areas=stated_areas(truth.data))


def remarks(pair: Paired, *, task: Task, truth_format: str) -> tuple[str, ...]:
    """What a reader of the numbers should know about the two data sets."""
    said: list[str] = []
    if task != "semantic" and truth_format and not format_named(truth_format).holds.identity:
        said.append(
            f"{truth_format} files do not tell things of one label apart: each label is one segment of the truth, so"
            " numbers of things are not what they are elsewhere"
        )
    label_map = pair.label_map
    reached = set(label_map.targets)
    gone = [label.name for label, t in zip(label_map.source, label_map.targets, strict=True) if t is None]
    if gone and pair.lenient:
        said.append(f"void in the prediction by the map: {_shown(gone)}")
    mute = [label.name for i, label in enumerate(label_map.target) if i not in reached]
    if mute:
        said.append(
            f"labels of the truth that no label of the prediction means, so they can only be missed: {_shown(mute)}"
        )
    return tuple(said)


def _check_shared(label_map: LabelMap, truth: Path, prediction: Path) -> None:
    if any(target is not None for target in label_map.targets):
        return
    source, target = _names(label_map.source), _names(label_map.target)
    raise LabelError(
        f"no label of {prediction} ({source}) is called like one of {truth} ({target}); say with --map which is which"
        " (`segweave labels suggest` drafts such a file)"
    )


def _names(labels: LabelSet) -> str:
    return f"{labels.name!r}: {_shown([label.name for label in labels])}"


def _shown(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
