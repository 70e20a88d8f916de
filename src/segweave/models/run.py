"""From predictions to finished images: drawing and writing beside the network, in order, safe to interrupt."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

from segweave.errors import SegweaveError
from segweave.formats import Source
from segweave.models.folder import PredictionFolder
from segweave.models.journal import Finished, finish
from segweave.models.manner import Manner
from segweave.models.pipeline import Failure, Prediction, is_large, predict_sources, too_large
from segweave.models.predict import Model
from segweave.models.protocol import Task

_WAITING = 2  # images that may wait to be drawn; more would only fill the memory


@contextmanager
def finished_images(
    model: Model,
    sources: Sequence[Source],
    *,
    task: Task,
    folder: PredictionFolder | None,
    manner: Manner | None = None,
) -> Iterator[Iterator[Finished | Failure]]:
    """Predict all sources: yields an iterator of what is finished, in order, and what failed.

    model: as `manner.applied` gives it; manner: what is asked of it, and of how many images at once. folder: where
    files are written and what is there already is skipped; None = write nothing. Leaving the block, also by an
    interrupt, finishes the images under way and writes the folder's index.
    """
    skip = frozenset(done.name for done in folder.finished) if folder else frozenset()
    how = manner or Manner()
    asked = predict_sources(model, sources, task=task, skip=skip, batch=how.images_at_once, confidence=how.confidence)
    with closing(asked) as predictions:
        told = write_predictions(folder, predictions) if folder else tell_predictions(predictions)
        with closing(told):
            yield told


def write_predictions(
    folder: PredictionFolder, predictions: Iterable[Prediction | Failure]
) -> Generator[Finished | Failure, None, None]:
    """Draw and write each prediction while the next one is made; yields what is finished, in order.

    An image whose files cannot be written is a failure like any other. When the loop ends, is closed or is
    interrupted, images under way are finished and the index is written.
    """
    waiting: deque[Future[Finished | Failure] | Failure] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="segweave-write") as writer:
        try:
            for item in predictions:
                wait = 0 if isinstance(item, Prediction) and is_large(item.image) else _WAITING
                waiting.append(item if isinstance(item, Failure) else writer.submit(_add, folder, item))
                del item  # it may be large, and must be gone when the next one comes
                while len(waiting) > wait:
                    yield _settled(waiting.popleft())
            while waiting:
                yield _settled(waiting.popleft())
        finally:
            writer.shutdown(wait=True)
            folder.close()


def tell_predictions(predictions: Iterable[Prediction | Failure]) -> Generator[Finished | Failure, None, None]:
    """The same account of each prediction without writing anything; images are numbered from 1."""
    for number, item in enumerate(predictions, start=1):
        yield item if isinstance(item, Failure) else finish(item, number)


def _add(folder: PredictionFolder, prediction: Prediction) -> Finished | Failure:
    try:
        return folder.add(prediction)
    except SegweaveError as error:
        return Failure(prediction.source, error)
    except MemoryError:
        return Failure(prediction.source, too_large(prediction.source))


def _settled(item: "Future[Finished | Failure] | Failure") -> Finished | Failure:
    return item if isinstance(item, Failure) else item.result()
