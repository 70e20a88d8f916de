"""Many images through one model: the next image is read while the network works on this one."""

from collections.abc import Collection, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from segweave.errors import ImageError, SegweaveError
from segweave.formats import Photo, Source, frame_count, read_frames, read_image
from segweave.models.predict import Model
from segweave.models.protocol import Result, Task


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """One image and what is where in it. name: of the output files, unique within a run (`video-000001` for frames)."""

    source: Source
    name: str
    image: Photo
    result: Result


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be done, and why."""

    source: Source
    error: SegweaveError


def predict_sources(
    model: Model, sources: Iterable[Source], *, task: Task, skip: Collection[str] = ()
) -> Generator[Prediction | Failure, None, None]:
    """What is where in each source, in order; a source that fails is reported and the others go on.

    Frames of a video come one by one, counted from 1. skip: names that are not to be predicted again.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="segweave-read") as reader:
        for source, name, image in _read_ahead(reader, _reads(sources, skip)):
            if isinstance(image, SegweaveError):
                yield Failure(source, image)
                continue
            try:
                result = model.predict(image, task=task)
            except SegweaveError as error:
                yield Failure(source, type(error)(f"{source.path}: {error}"))
            except MemoryError:
                yield Failure(source, too_large(source))
            else:
                yield Prediction(source, name, image, result)


def too_large(source: Source) -> ImageError:
    """What to say when memory runs out."""
    return ImageError(f"{source.path}: does not fit into memory; cut it into tiles or scale it down first")


def count_images(sources: Iterable[Source]) -> int | None:
    """How many images the sources hold, the frames of videos counted; None when a video does not say."""
    total = 0
    for source in sources:
        try:
            frames = 1 if source.kind == "image" else frame_count(source.path)
        except SegweaveError:
            frames = 0  # it will be reported when it is read
        if frames is None:
            return None
        total += frames
    return total


_Read = tuple[Source, str, Photo | SegweaveError]


def _read_ahead(reader: ThreadPoolExecutor, reads: Iterator[_Read]) -> Iterator[_Read]:
    ahead: Future[list[_Read]] = reader.submit(lambda: list(islice(reads, 1)))
    while read := ahead.result():
        ahead = reader.submit(lambda: list(islice(reads, 1)))
        yield read[0]


def _reads(sources: Iterable[Source], skip: Collection[str]) -> Iterator[_Read]:
    for source in sources:
        try:
            if source.kind == "image":
                if source.name not in skip:
                    yield source, source.name, read_image(source.path)
                continue
            for number, frame in enumerate(read_frames(source.path), start=1):
                if (name := f"{source.name}-{number:06d}") not in skip:
                    yield source, name, frame
        except SegweaveError as error:
            yield source, source.name, error
