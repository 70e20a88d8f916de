"""`Counts`: everything that an evaluation needs of the pixels of two data sets, whatever it is asked later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segweave.errors import FormatError, UsageError
from segweave.evaluation.boundary import BoundaryCounts, joined_boundaries
from segweave.evaluation.instance_table import InstanceTable, joined_instances, map_prediction_instances
from segweave.formats.names import natural_key
from segweave.labels import LabelMap
from segweave.report.count import Piece
from segweave.report.evaluation import Task
from segweave.segmentation import ImageKey, OverlapTable, joined, map_prediction
from segweave.segmentation.overlap_table import Ints


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Counts:
    """What was counted, in the truth's labels, images ordered by id so that shards give the digits of one run.

    truth, prediction: what they are called. segments: for the panoptic and the semantic task; instances: for the
    instance task. boundary: where it was asked for. skipped: one line for each image that was left out.
    """

    task: Task
    truth: str
    prediction: str
    segments: OverlapTable | None = None
    instances: InstanceTable | None = None
    boundary: BoundaryCounts | None = None
    skipped: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[ImageKey, ...]:
        """The images that count."""
        if self.segments is not None:
            return self.segments.images
        return () if self.instances is None else self.instances.images

    def select(self, places: Sequence[int] | Ints) -> "Counts":
        """The counts of some images, in the order of `places`."""
        at = np.asarray(places, np.int64)
        return replace(
            self,
            segments=None if self.segments is None else self.segments.select(at),
            instances=None if self.instances is None else self.instances.select(at),
            boundary=None if self.boundary is None else self.boundary.select(at),
        )


def counts_of(
    pieces: Sequence[Piece], label_map: LabelMap, *, task: Task, truth: str, prediction: str, skipped: tuple[str, ...]
) -> Counts:
    """The counts of images as one; `FormatError` where there are none."""
    segments = [piece.segments for piece in pieces if piece.segments is not None]
    instances = [piece.instances for piece in pieces if piece.instances is not None]
    boundary = [piece.boundary for piece in pieces if piece.boundary is not None]
    if not segments and not instances:
        more = f"; {len(skipped)} were left out, the first: {skipped[0]}" if skipped else ""
        raise FormatError(f"no image of {truth} could be counted against {prediction}{more}")
    return _in_order(
        Counts(
            task=task,
            truth=truth,
            prediction=prediction,
            segments=map_prediction(joined(segments), label_map) if segments else None,
            instances=map_prediction_instances(joined_instances(instances), label_map) if instances else None,
            boundary=joined_boundaries(boundary) if boundary else None,
            skipped=skipped,
        )
    )


def merged(parts: Iterable[Counts]) -> Counts:
    """The counts of shards as one; at least one.

    Raises `UsageError` when they are of different tasks or some lack boundaries, `LabelError` when their label sets
    differ, `InvalidSegmentation` when an image is in two of them.
    """
    parts = tuple(parts)
    first = parts[0]
    for part in parts[1:]:
        if part.task != first.task:
            raise UsageError(f"counts of the tasks {first.task} and {part.task} do not add")
        if (part.boundary is None) != (first.boundary is None):
            raise UsageError("some of these counts were made with --boundary and some without; they do not add")
    segments = [part.segments for part in parts if part.segments is not None]
    instances = [part.instances for part in parts if part.instances is not None]
    boundary = [part.boundary for part in parts if part.boundary is not None]
    return _in_order(
        replace(
            first,
            truth=_names(part.truth for part in parts),
            prediction=_names(part.prediction for part in parts),
            segments=joined(segments) if segments else None,
            instances=joined_instances(instances) if instances else None,
            boundary=joined_boundaries(boundary) if boundary else None,
            skipped=tuple(dict.fromkeys(line for part in parts for line in part.skipped)),
        )
    )


def aligned(counts: Counts, other: Counts) -> tuple[Counts, Counts]:
    """Both with the images that both have, in the same order; `FormatError` where there are none."""
    there = {image.id: place for place, image in enumerate(other.images)}
    pairs = [(place, there[image.id]) for place, image in enumerate(counts.images) if image.id in there]
    if not pairs:
        raise FormatError(f"{counts.prediction} and {other.prediction} have no image of the truth in common")
    return counts.select([i for i, _ in pairs]), other.select([k for _, k in pairs])


def _in_order(counts: Counts) -> Counts:
    ids = [image.id for image in counts.images]
    order = sorted(range(len(ids)), key=lambda place: _id_key(ids[place]))
    return counts if order == list(range(len(ids))) else counts.select(order)


def _id_key(image: int | str) -> tuple[bool, object]:
    return (False, image) if isinstance(image, int) else (True, natural_key(image))


def _names(found: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(found))
