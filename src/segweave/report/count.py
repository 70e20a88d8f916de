"""Two data sets as counts: what an evaluation needs of their pixels, image by image, in threads."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from segweave.errors import FormatError, InvalidSegmentation, SegweaveError
from segweave.evaluation.agreement import AgreementCounts, count_agreement
from segweave.evaluation.boundary import BoundaryCounts, count_boundary
from segweave.evaluation.instance_table import InstanceTable, instance_table
from segweave.formats import Note, Sample
from segweave.report.paired import Paired
from segweave.segmentation import ImageKey, OverlapTable, Segmentation, edit, instances_to_panoptic, overlap_table

_AHEAD = 4  # images that wait for each worker: enough to keep it busy, few enough for little memory


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Piece:
    """The counts of one image: what was asked for of segments, instances, boundaries, agreement of annotators.

    The prediction of `segments` and `instances` is in its own labels. notes: what the truth's files lost.
    """

    segments: OverlapTable | None = None
    instances: InstanceTable | None = None
    boundary: BoundaryCounts | None = None
    agreement: AgreementCounts | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """An image that could not be counted, and why."""

    image: int | str
    error: SegweaveError


Count = Callable[[Paired, int], Piece]


def count_segments(paired: Paired, place: int) -> Piece:
    """For the panoptic and the semantic task."""
    table = paired.file_table(place)
    if table is not None:
        return Piece(segments=table)
    truth, prediction = paired.samples(place)
    return Piece(segments=overlap_table(painted(truth), painted(prediction), key_of(truth)), notes=truth.notes)


def count_segments_and_boundary(paired: Paired, place: int) -> Piece:
    """`count_segments`, and the boundaries."""
    truth, prediction = paired.samples(place)
    first, second, key = painted(truth), painted(prediction), key_of(truth)
    table = paired.file_table(place)
    return Piece(
        segments=overlap_table(first, second, key) if table is None else table,
        boundary=count_boundary(first, edit.map_labels(second, paired.label_map), key),
        notes=truth.notes,
    )


def count_instances(paired: Paired, place: int) -> Piece:
    """For the instance task."""
    truth, prediction = paired.samples(place)
    areas = paired.areas(place, truth, prediction)
    table = instance_table(truth.truth, prediction.truth, key_of(truth), areas=areas)
    return Piece(instances=table, notes=truth.notes)


def count_annotators(paired: Paired, place: int) -> Piece:
    """For the agreement of two annotators, the second in the labels of the first."""
    truth, prediction = paired.samples(place)
    mapped = edit.map_labels(painted(prediction), paired.label_map)
    return Piece(agreement=count_agreement(painted(truth), mapped, key_of(truth)), notes=truth.notes)


def counted(paired: Paired, count: Count, *, workers: int) -> Iterator[Piece | Fault]:
    """Every pair, in order. What takes long (decoding, counting) runs without the interpreter's lock.

    One worker is the caller's own thread.
    """

    def run(place: int) -> Piece | Fault:
        try:
            return count(paired, place)
        except SegweaveError as error:
            return Fault(paired.key(place), error)
        except MemoryError:
            return Fault(paired.key(place), FormatError(f"image {paired.key(place)!r}: does not fit into memory"))

    if workers == 1:
        yield from map(run, range(len(paired)))
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="segweave-count") as pool:
        waiting: deque[Future[Piece | Fault]] = deque()
        try:
            for place in range(len(paired)):
                waiting.append(pool.submit(run, place))
                if len(waiting) >= workers * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def painted(sample: Sample) -> Segmentation:
    """The truth without overlap: instances on top of each other as `instances_to_panoptic` lays them."""
    if isinstance(sample.truth, Segmentation):
        return sample.truth
    try:
        return instances_to_panoptic(sample.truth)
    except InvalidSegmentation as error:
        raise FormatError(f"image {sample.image_id!r}: {error}") from None


def key_of(sample: Sample) -> ImageKey:
    """Which image a sample is of."""
    return ImageKey(id=sample.image_id, name=sample.image_name, size=sample.size)
