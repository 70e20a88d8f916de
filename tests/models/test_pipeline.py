"""Many images through one model: batches, what fails, and what is held in memory."""

import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.color_model import ColorModel, ShareModel
from segweave.errors import ModelError, UsageError
from segweave.formats import Photo, Source, find_sources
from segweave.models import Result, Task
from segweave.models.manner import Manner
from segweave.models.pipeline import Failure, Prediction, predict_sources
from segweave.models.predict import Model
from segweave.models.tiles import TiledModel
from segweave.segmentation import from_label_indices


def images(folder: Path, sizes: Sequence[tuple[int, int]]) -> tuple[Source, ...]:
    """Black images 0.png, 1.png, ... of (height, width) px."""
    for k, size in enumerate(sizes):
        Image.new("RGB", size[::-1]).save(folder / f"{k}.png")
    return find_sources([str(folder)])[0]


@pytest.mark.parametrize(("batch", "batches"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (9, [5])])
def test_a_model_gets_so_many_images_at_once_whatever_their_sizes(
    batch: int, batches: list[int], tmp_path: Path
) -> None:
    sizes = [(3, 4), (5, 2), (1, 1), (3, 4), (2, 9)]
    network = ColorModel()
    found = list(predict_sources(Model("colors", network), images(tmp_path, sizes), task="panoptic", batch=batch))
    assert network.batches == batches
    assert [item.result.size for item in found if isinstance(item, Prediction)] == sizes


class Picky(ColorModel):
    """Refuses images of 2 x 2 px, and has no memory for those of 3 x 3 px."""

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        self.batches.append(len(images))
        if any(image.shape[:2] == (2, 2) for image in images):
            raise ModelError("too square")
        if any(image.shape[:2] == (3, 3) for image in images):
            raise MemoryError
        return [self._one(image, task) for image in images]


def test_of_a_batch_that_fails_the_images_at_fault_are_reported_and_the_others_done(tmp_path: Path) -> None:
    sources = images(tmp_path, [(1, 2), (2, 2), (1, 3), (3, 3), (4, 1)])
    (tmp_path / "0.5.png").write_bytes(b"nothing")
    sources = find_sources([str(tmp_path)])[0]
    network = Picky()
    found = list(predict_sources(Model("picky", network), sources, task="panoptic", batch=6))
    assert network.batches == [5, 1, 1, 1, 1, 1]
    by_name = {item.source.name: item for item in found}
    assert list(by_name) == ["0.5", "0", "1", "2", "3", "4"]
    failed = {name: str(item.error) for name, item in by_name.items() if isinstance(item, Failure)}
    assert list(failed) == ["0.5", "1", "3"]
    assert "1.png: too square" in failed["1"]
    assert "3.png: does not fit into memory; --tile 1024" in failed["3"]


def test_a_tiled_model_without_memory_wants_smaller_tiles(tmp_path: Path) -> None:
    tiles = TiledModel(network=Picky(), tile=3, overlap=0)
    (failure,) = predict_sources(Model("picky", tiles), images(tmp_path, [(3, 6)]), task="panoptic")
    assert isinstance(failure, Failure) and "smaller tiles" in str(failure.error)


class Flat(ColorModel):
    """Says sky of everything, without looking."""

    def _one(self, image: Photo, task: Task) -> Result:
        return from_label_indices(np.zeros(image.shape[:2], np.int32), self.labels)


def test_large_images_are_not_in_memory_together(tmp_path: Path) -> None:
    sources = images(tmp_path, [(4001, 4000)] * 3)
    found = predict_sources(Model("flat", Flat()), sources, task="semantic", batch=3)
    for _ in range(3):
        done = next(found)
        assert isinstance(done, Prediction)
        held = [weakref.ref(done.image), weakref.ref(done.result.ids)]
        del done
        assert [reference() for reference in held] == [None, None]  # gone before the next one is read
    assert next(found, None) is None


def test_a_batch_of_large_images_is_sent_one_by_one(tmp_path: Path) -> None:
    sources = images(tmp_path, [(10, 10), (4001, 4000), (10, 10), (10, 10)])
    network = Flat()
    list(predict_sources(Model("flat", network), sources, task="semantic", batch=4))
    assert network.batches == [2, 2]


def test_images_that_are_done_are_neither_read_nor_predicted(tmp_path: Path) -> None:
    sources = images(tmp_path, [(1, 2), (1, 3), (1, 4)])
    sources[1].path.unlink()
    network = ColorModel()
    found = list(predict_sources(Model("colors", network), sources, task="panoptic", skip={"1"}, batch=2))
    assert [item.source.name for item in found] == ["0", "2"]
    assert network.sizes == [(1, 2), (1, 4)]


def test_how_sure_the_model_is_comes_with_each_image_where_it_is_asked(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), (0, 102, 51)).save(tmp_path / "a.png")
    sources, _ = find_sources([str(tmp_path)])
    model = Model("shares", ShareModel())
    (plain,) = predict_sources(model, sources, task="semantic")
    (asked,) = predict_sources(model, sources, task="semantic", confidence=True)
    assert isinstance(plain, Prediction) and plain.confidence is None
    assert isinstance(asked, Prediction) and asked.confidence is not None
    assert (asked.confidence.probability == 102).all() and asked.confidence.entropy.shape == (2, 3)


def test_a_manner_says_in_words_what_changes_the_results() -> None:
    assert Manner(batch=4).words() == ()
    everything = Manner(tile=64, overlap=8, flip=True, scales=(0.5, 1.0), confidence=True)
    assert everything.words() == ("tile 64", "overlap 8", "flip", "scales 0.5 1", "confidence")
    assert Manner(tile=64, batch=4).images_at_once == 1
    assert Manner(batch=4).images_at_once == 4
    for wrong in ({"overlap": 3}, {"batch": 0}):
        with pytest.raises(UsageError):
            Manner(**wrong)


def test_a_manner_is_applied_from_the_inside_out() -> None:
    """Views within each tile, so that no more than a tile is in memory several times."""
    model = Manner(tile=8, flip=True).applied(Model("shares", ShareModel()), "semantic")
    assert isinstance(model.network, TiledModel)
    image = np.zeros((9, 20, 3), np.uint8)
    image[:, :, 0] = np.arange(20) * 4
    (found,) = model.network.probabilities([image])  # type: ignore[attr-defined]
    assert found == pytest.approx(ShareModel().probabilities([image])[0], abs=1e-6)
