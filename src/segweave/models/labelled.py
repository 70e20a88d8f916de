"""Labelled photographs: pixels and truth, the next one read while a network works on this one."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from segweave.combine.rules import Labels
from segweave.errors import FormatError, InvalidSegmentation, SegweaveError
from segweave.formats import Dataset, Photo, Sample, read_image
from segweave.segmentation import Instances, instances_to_panoptic


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhoto:
    """A photograph, and its truth: (H, W) int32 label indices of the data set's labels, -1 = void."""

    photograph: Photo
    truth: Labels


def labelled_photos(data: Dataset, places: Iterable[int]) -> Iterator[LabelledPhoto | SegweaveError]:
    """The images at these places of a data set, in order; what is wrong with one stands in its place."""

    def read(place: int) -> LabelledPhoto | SegweaveError:
        try:
            sample = data[place]
            return LabelledPhoto(photograph(sample), truth_labels(sample))
        except SegweaveError as error:
            return error
        except MemoryError:
            return FormatError(f"image {place + 1} of the data set does not fit into memory")

    with ThreadPoolExecutor(1, thread_name_prefix="segweave-read") as reader:
        waiting: deque[Future[LabelledPhoto | SegweaveError]] = deque()
        for place in places:
            waiting.append(reader.submit(read, place))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def truth_labels(sample: Sample) -> Labels:
    """(H, W) int32 label indices of a sample's truth, -1 = void; instances as `instances_to_panoptic` lays them."""
    if not isinstance(sample.truth, Instances):
        return sample.truth.label_indices()
    try:
        return instances_to_panoptic(sample.truth).label_indices()
    except InvalidSegmentation as error:
        raise FormatError(f"image {sample.image_id!r}: {error}") from None


def photograph(sample: Sample) -> Photo:
    """The photograph of a sample; `FormatError` where there is none, or where it is of another size than the truth."""
    if sample.image_path is None:
        raise FormatError(f"image {sample.image_id!r}: its photograph is not there; name its folder (--photographs-in)")
    image = read_image(sample.image_path)
    if image.shape[:2] != sample.size:
        raise FormatError(
            f"image {sample.image_id!r}: {sample.image_path} is {image.shape[:2]} (height, width), its truth"
            f" {sample.size}"
        )
    return image
