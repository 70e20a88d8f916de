"""Many images through one model: the next ones are read while the network works on these."""

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from segweave.errors import ImageError, SegweaveError
from segweave.formats import Photo, Source, frame_count, read_frames, read_image
from segweave.formats.images import has_more_frames
from segweave.models.confidence import ConfidenceBytes, predicted
from segweave.models.predict import Model
from segweave.models.protocol import Result, Task
from segweave.models.tiles import TiledModel

_LARGE = 16_000_000  # pixels; images with more of them do not wait in memory for each other
_ONE_OF_MANY = "holds several pictures; the first one was taken"


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """One image and what is where in it. name: of the output files, unique within a run (`video-000001` for frames).

    confidence: how sure the model is, where that was asked. notes: what a person should know of the image.
    """

    source: Source
    name: str
    image: Photo
    result: Result
    confidence: ConfidenceBytes | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be done, and why."""

    source: Source
    error: SegweaveError


def predict_sources(
    model: Model,
    sources: Iterable[Source],
    *,
    task: Task,
    skip: Collection[str] = (),
    batch: int = 1,
    confidence: bool = False,
) -> Generator[Prediction | Failure, None, None]:
    """What is where in each source, in order; a source that fails is reported and the others go on.

    Frames of a video come one by one, counted from 1. skip: names that are not to be predicted again. batch: images
    that the model gets at once. confidence: ask how sure it is too (a `ProbabilityModel`), image by image.
    Images over 16 megapixels are read and predicted by themselves, so that two of them are never in memory.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="segweave-read") as reader:
        for group in _read_ahead(reader, _groups(_reads(sources, skip), batch)):
            done = _predicted(model, group, task=task, confidence=confidence)
            group.clear()
            while done:
                yield done.pop(0)  # nothing of it is held here while the next one is waited for


def is_large(image: Photo) -> bool:
    """Whether an image is too large to wait in memory for others."""
    return _pixels(image) > _LARGE


def too_large(source: Source, *, model: Model | None = None) -> ImageError:
    """What to say when memory runs out. model: the one that was at work, if any."""
    if model is not None and isinstance(model.network, TiledModel):
        return ImageError(f"{source.path}: does not fit into memory; try smaller tiles, or fewer at once (--batch)")
    return ImageError(f"{source.path}: does not fit into memory; --tile 1024 shows it to the model in tiles")


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


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """An image that has been read, or why it could not be."""

    source: Source
    name: str
    image: Photo | SegweaveError
    notes: tuple[str, ...] = ()


def _predicted(model: Model, group: Sequence[_Read], *, task: Task, confidence: bool) -> list[Prediction | Failure]:
    """All of a group at once; where that fails, one by one, to tell which it is."""
    good = [read for read in group if not isinstance(read.image, SegweaveError)]
    if len(good) > 1:
        try:
            answers = iter(_answers(model, good, task=task, confidence=confidence))
            return [
                Failure(read.source, read.image) if isinstance(read.image, SegweaveError) else next(answers)
                for read in group
            ]
        except (SegweaveError, MemoryError):
            pass  # whose fault it is comes out below
    return [_one_predicted(model, read, task=task, confidence=confidence) for read in group]


def _one_predicted(model: Model, read: _Read, *, task: Task, confidence: bool) -> Prediction | Failure:
    if isinstance(read.image, SegweaveError):
        return Failure(read.source, read.image)
    try:
        (done,) = _answers(model, [read], task=task, confidence=confidence)
    except SegweaveError as error:
        return Failure(read.source, type(error)(f"{read.source.path}: {error}"))
    except MemoryError:
        return Failure(read.source, too_large(read.source, model=model))
    return done


def _answers(model: Model, group: Sequence[_Read], *, task: Task, confidence: bool) -> list[Prediction]:
    images = [read.image for read in group if not isinstance(read.image, SegweaveError)]
    answers: Sequence[tuple[Result, ConfidenceBytes | None]]
    if confidence:
        answers = [predicted(model.network, image, task) for image in images]
    else:
        answers = [(result, None) for result in model.network.predict(images, task)]
    return [
        Prediction(read.source, read.name, image, result, sure, read.notes)
        for read, image, (result, sure) in zip(group, images, answers, strict=True)
    ]


def _read_ahead(reader: ThreadPoolExecutor, groups: Iterator[list[_Read]]) -> Iterator[list[_Read]]:
    ahead = reader.submit(next, groups, None)
    while (group := ahead.result()) is not None:
        large = any(_pixels(read.image) > _LARGE for read in group)
        if not large:
            ahead = reader.submit(next, groups, None)
        yield group  # whoever gets it empties it, so that large images are gone before others are read
        if large:
            ahead = reader.submit(next, groups, None)


def _groups(reads: Iterable[_Read], most: int) -> Iterator[list[_Read]]:
    """Images that go to the model together: not more than `most`, and not many large ones."""
    group: list[_Read] = []
    pixels = 0
    for read in reads:
        group.append(read)
        pixels += _pixels(read.image)
        del read
        if len(group) >= most or pixels > _LARGE:
            yield group
            group, pixels = [], 0
    if group:
        yield group


def _pixels(image: Photo | SegweaveError) -> int:
    return 0 if isinstance(image, SegweaveError) else int(image.shape[0] * image.shape[1])


def _reads(sources: Iterable[Source], skip: Collection[str]) -> Iterator[_Read]:
    for source in sources:
        try:
            if source.kind == "image":
                if source.name not in skip:
                    yield _read_one(source)
                continue
            for number, frame in enumerate(read_frames(source.path), start=1):
                if (name := f"{source.name}-{number:06d}") not in skip:
                    yield _Read(source, name, frame)
        except SegweaveError as error:
            yield _Read(source, source.name, error)


def _read_one(source: Source) -> _Read:
    notes = (_ONE_OF_MANY,) if has_more_frames(source.path) else ()
    return _Read(source, source.name, read_image(source.path), notes)
