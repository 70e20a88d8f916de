"""A data set said in another label set."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from segweave.formats.dataset import Dataset, Note, Sample
from segweave.labels import LabelMap
from segweave.segmentation.edit import map_labels


def mapped_dataset(data: Dataset, label_map: LabelMap, path: Path) -> Dataset:
    """The same data set with every truth in `label_map.target`; path: where it is, for the notes.

    Segments of labels without a counterpart become void. A note on the data set names these labels, a note on each
    sample counts its segments.
    """
    lost = [label.name for label, to in zip(label_map.source, label_map.targets, strict=True) if to is None]
    notes = list(data.notes)
    if lost:
        shown = ", ".join(repr(name) for name in lost[:8]) + (f" and {len(lost) - 8} more" if len(lost) > 8 else "")
        reason = f"{len(lost)} labels have no counterpart in {label_map.target.name!r}: {shown}"
        notes.append(Note(path, "", reason, "void-label"))
    load = partial(_load, data.load, label_map, path)
    return replace(data, labels=label_map.target, notes=tuple(notes), load=load)


def _load(load: Callable[[int], Sample], label_map: LabelMap, path: Path, place: int) -> Sample:
    sample = load(place)
    notes = list(sample.notes)
    gone = sum(label_map.targets[segment.label] is None for segment in sample.truth.segments)
    if gone:
        reason = f"{gone} segments of labels without a counterpart become void"
        notes.append(Note(path, f"image {sample.image_id!r}", reason, "unknown-label"))
    return replace(sample, truth=map_labels(sample.truth, label_map), notes=tuple(notes), extra=None)
