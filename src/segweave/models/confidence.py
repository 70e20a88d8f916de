"""How sure a model is at each pixel: the probability of the most probable label, and the entropy of all of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segweave.combine.tile_grid import Place
from segweave.errors import UsageError
from segweave.formats import Photo
from segweave.models.augmented import AugmentedModel
from segweave.models.protocol import ProbabilityModel, Result, SegmentationModel, Task
from segweave.models.tiles import TiledModel, shown
from segweave.models.upsample import ScoreMaps, score_maps_of_evidence

_EVERYTHING = slice(None), slice(None)


class ConfidenceMaps(NamedTuple):
    """What a model thinks of each pixel of a photograph.

    probability: (H, W) float32, of the most probable label, 1/n (n labels, no idea) .. 1 (sure). entropy: (H, W)
    float32, of the probabilities of all labels, nats: 0 (sure) .. log(n) (no idea).
    """

    probability: NDArray[np.float32]
    entropy: NDArray[np.float32]


class ConfidenceBytes(NamedTuple):
    """`ConfidenceMaps` in 8 bits, as they are written to files: a quarter of the memory.

    probability: (H, W) uint8, 0..255 for 0..1. entropy: (H, W) uint8, 0..255 for 0..log(n) of n labels.
    """

    probability: NDArray[np.uint8]
    entropy: NDArray[np.uint8]


def confidence_maps(network: SegmentationModel, image: Photo) -> ConfidenceMaps:
    """How sure a network is at each pixel of a photograph; `UsageError` for one that gives no probabilities.

    The probabilities are read between the cells of the network's grid, and scaled to sum to 1 again. Of a tiled model
    each pixel is what the tile that owns it says.
    """
    size = image.shape[:2]
    maps = ConfidenceMaps(np.empty(size, np.float32), np.empty(size, np.float32))
    for place, here, found in _pieces(network, image):
        maps.probability[place], maps.entropy[place] = found.probability[here], found.entropy[here]
    return maps


def predicted(network: SegmentationModel, image: Photo, task: Task) -> tuple[Result, ConfidenceBytes]:
    """What is where in a photograph, and `confidence_maps` in 8 bits. Errors as both.

    Both are asked of each tile before the next, so that a network that remembers (`remembering`) runs once for them;
    so do several views.
    """
    maps = ConfidenceBytes(*(np.empty(image.shape[:2], np.uint8) for _ in ConfidenceBytes._fields))
    n = len(network.labels)
    if not isinstance(network, TiledModel) or len(grid := network.grid(image)) == 1:
        alone = network.network if isinstance(network, TiledModel) else network
        result, found = _both(alone, image, task)
        _store(maps, found, at=(_EVERYTHING, _EVERYTHING), n=n)
        return result, maps

    def results() -> Iterator[Result]:
        for done, tile in enumerate(grid, start=1):
            result, found = _both(network.network, shown(image, tile), task)
            _store(maps, found, at=(tile.owned, tile.owned_here), n=n)
            network.tell(done, len(grid))
            yield result

    return network.joined(grid, results(), task), maps


def _pieces(network: SegmentationModel, image: Photo) -> Iterator[tuple[Place, Place, ScoreMaps]]:
    """(where in the image, where in the maps, the maps) of pieces that cover the image."""
    if not isinstance(network, TiledModel):
        yield _EVERYTHING, _EVERYTHING, _score_maps(network, image)
        return
    grid = network.grid(image)
    for done, tile in enumerate(grid, start=1):
        yield tile.owned, tile.owned_here, _score_maps(network.network, shown(image, tile))
        network.tell(done, len(grid))


def _store(maps: ConfidenceBytes, found: ScoreMaps, *, at: tuple[Place, Place], n: int) -> None:
    """Write a place of `found` (the second one) to a place of the maps. n: labels."""
    place, here = at
    most = np.float32(np.log(max(2, n)))  # of one label the entropy is 0, whatever it is divided by
    maps.probability[place] = _eight_bits(found.probability[here])
    maps.entropy[place] = _eight_bits(found.entropy[here] / most)


def _both(network: SegmentationModel, image: Photo, task: Task) -> tuple[Result, ScoreMaps]:
    if not isinstance(network, AugmentedModel) or task != "semantic":
        return network.predict([image], task)[0], _score_maps(network, image)
    (means,) = network.probabilities([image])
    return network.decoded(means, image), score_maps_of_evidence(means, (image.shape[0], image.shape[1]))


def _score_maps(network: SegmentationModel, image: Photo) -> ScoreMaps:
    if not isinstance(network, ProbabilityModel):
        raise UsageError("this model gives no probabilities, so that it cannot say how sure it is")
    return score_maps_of_evidence(network.probabilities([image])[0], (image.shape[0], image.shape[1]))


def _eight_bits(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.rint(np.clip(shares, 0, 1) * np.float32(255)).astype(np.uint8)
    return rounded
