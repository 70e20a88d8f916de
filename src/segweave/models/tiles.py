"""A model that looks at a large image tile by tile: satellite and microscope images of any size."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from segweave.combine.stitch import stitch
from segweave.combine.stitch_instances import stitch_instances
from segweave.combine.tile_grid import Tile, TileGrid, check_tiles, tile_grid
from segweave.errors import UsageError
from segweave.formats import Photo
from segweave.labels import LabelSet
from segweave.models.preprocess import Size
from segweave.models.protocol import ProbabilityModel, Result, ScalableModel, SegmentationModel, Task
from segweave.models.resample import sampled
from segweave.models.upsample import Maps

Watch = Callable[[int, int], None]
"""Told (tiles done, tiles in all) after every tile."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TiledModel:
    """A `SegmentationModel` that shows another one an image in tiles and puts the results together (`combine.stitch`).

    tile, overlap: px, as in `combine.tile_grid`. batch: tiles that the network gets at once. watch: see `Watch`. An
    image that fits into one tile is seen as it is, so that its result is the network's own.
    """

    network: SegmentationModel
    tile: int
    overlap: int
    batch: int = 1
    watch: Watch | None = None

    def __post_init__(self) -> None:
        check_tiles(self.tile, self.overlap)

    @property
    def labels(self) -> LabelSet:
        """What the network can see."""
        return self.network.labels

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the network can be asked for."""
        return self.network.tasks

    def grid(self, image: Photo) -> TileGrid:
        """The tiles of a photograph."""
        return tile_grid(_size(image), tile=self.tile, overlap=self.overlap)

    def at_scale(self, factor: float) -> Self:
        """The same tiles, each of them `factor` times as high and wide to the network (`ScalableModel`)."""
        if not isinstance(self.network, ScalableModel):
            raise UsageError(f"the model that sees the tiles cannot look at them at the scale {factor:g}")
        return replace(self, network=self.network.at_scale(factor))

    def predict(self, images: Sequence[Photo], task: Task) -> list[Result]:
        """One result for each photograph, in its own pixels."""
        return [self._predict(image, task) for image in images]

    def _predict(self, image: Photo, task: Task) -> Result:
        grid = self.grid(image)
        if len(grid) == 1:
            return self.network.predict([image], task)[0]
        return self.joined(grid, self._results(image, grid, task), task)

    def joined(self, grid: TileGrid, results: Iterable[Result], task: Task) -> Result:
        """The result of an image from those of its tiles, in the order of `grid`; read one at a time."""
        if task == "instance":
            return stitch_instances(grid, results)  # type: ignore[arg-type]  # the protocol promises Instances
        return stitch(grid, results, semantic=task == "semantic")  # type: ignore[arg-type]  # Segmentations

    def _results(self, image: Photo, grid: TileGrid, task: Task) -> Iterator[Result]:
        tiles, done = iter(grid), 0
        while group := list(islice(tiles, self.batch)):
            yield from self.network.predict([shown(image, tile) for tile in group], task)
            done += len(group)
            self.tell(done, len(grid))

    def tell(self, done: int, total: int) -> None:
        """So many tiles are done."""
        if self.watch:
            self.watch(done, total)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TiledProbabilityModel(TiledModel):
    """A `TiledModel` whose network is a `ProbabilityModel`, and so is it."""

    network: ProbabilityModel

    def probabilities(self, images: Sequence[Photo]) -> list[NDArray[np.float32]]:
        """(len(labels), h, w) float32 for each photograph, on a grid over all of it as fine as the network's.

        Each cell is read, between the network's own cells, in the tile that owns the cell's centre.
        """
        return [self._probabilities(image) for image in images]

    def _probabilities(self, image: Photo) -> Maps:
        grid = self.grid(image)
        whole: Maps | None = None
        for done, tile in enumerate(grid, start=1):
            maps = self.network.probabilities([shown(image, tile)])[0]
            if whole is None:
                whole = np.empty((len(maps), *_fine(grid, tile, maps)), np.float32)
            _fill(whole, maps, tile=tile, size=grid.size)
            self.tell(done, len(grid))
        assert whole is not None  # a grid has a tile
        return whole


def tiled(
    network: SegmentationModel, *, tile: int, overlap: int | None = None, batch: int = 1, watch: Watch | None = None
) -> SegmentationModel:
    """A model that sees its images in tiles of `tile` px; arguments as `TiledModel`'s, overlap: an eighth of `tile`.

    Of a network that gives probabilities the result does so too. An extension plan whose secondaries see a part of
    the image only has its networks tiled, so that the parts stay parts of the whole image.

    >>> from segweave.models import load_model
    >>> street = tiled(load_model("street").network, tile=64)
    >>> street.predict([np.zeros((150, 100, 3), np.uint8)], "semantic")[0].size
    (150, 100)
    """
    from segweave.combine.grids import WHOLE
    from segweave.models.woven import WovenModel

    around = tile // 8 if overlap is None else overlap
    if isinstance(network, WovenModel) and any(second.crop != WHOLE for second in network.plan.secondaries):
        primary, *rest = (
            tiled(part, tile=tile, overlap=around, batch=batch, watch=watch)
            for part in (network.primary, *network.secondaries)
        )
        return replace(network, primary=primary, secondaries=tuple(rest))
    if isinstance(network, ProbabilityModel):
        return TiledProbabilityModel(network=network, tile=tile, overlap=around, batch=batch, watch=watch)
    return TiledModel(network=network, tile=tile, overlap=around, batch=batch, watch=watch)


def shown(image: Photo, tile: Tile) -> Photo:
    """What a tile shows of a photograph, contiguous and read-only."""
    part = np.ascontiguousarray(image[tile.shown])
    part.setflags(write=False)
    return part


def _fine(grid: TileGrid, tile: Tile, maps: Maps) -> Size:
    """(height, width) of a grid over the whole image whose cells are as large as those of a tile's maps."""
    rows, columns = (
        max(1, round(whole * cells / part))
        for whole, cells, part in zip(grid.size, maps.shape[1:], tile.size, strict=True)
    )
    return rows, columns


def _fill(whole: Maps, maps: Maps, *, tile: Tile, size: Size) -> None:
    """Write those cells of the whole grid whose centres the tile owns."""
    places, positions = [], []
    for side, span in enumerate((tile.rows, tile.columns)):
        cells = whole.shape[1 + side]
        centres = (np.arange(cells) + 0.5) * size[side] / cells  # in px of the image
        owned = slice(*np.searchsorted(centres, (span.first, span.last)).tolist())
        places.append(owned)
        positions.append((centres[owned] - span.start) * maps.shape[1 + side] / (span.stop - span.start) - 0.5)
    whole[:, places[0], places[1]] = sampled(maps, positions[0], positions[1])


def _size(image: Photo) -> Size:
    return image.shape[0], image.shape[1]
