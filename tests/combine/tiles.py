"""What tests of tiles need: results cut up as a model that is never wrong would give them, and results as sets."""

import numpy as np
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.combine.tile_grid import TileGrid
from segweave.segmentation import Instances, Rle, Segmentation, assemble, semantic_to_panoptic


def cut(seg: Segmentation, grid: TileGrid) -> list[Segmentation]:
    """Each tile's part of a result; a segment keeps its identity, even where it is torn within the tile."""
    return [assemble(np.ascontiguousarray(seg.ids[tile.shown]), seg.segments, seg.labels) for tile in grid]


def cut_instances(instances: Instances, grid: TileGrid) -> list[Instances]:
    """The same for masks; those that are not in a tile are left out there."""
    found = []
    for tile in grid:
        masks = [mask.mask()[tile.shown] for mask in instances.masks]
        seen = [k for k, mask in enumerate(masks) if mask.any()]
        rles = tuple(Rle.from_mask(masks[k]) for k in seen)
        found.append(Instances(tile.size, rles, tuple(instances.segments[k] for k in seen), instances.labels))
    return found


def as_sets(result: Segmentation | Instances) -> list[tuple]:
    """The segments, whatever their order: label, score to 9 decimals, pixels."""
    found = []
    for k, segment in enumerate(result.segments):
        score = None if segment.score is None else round(segment.score, 9)
        found.append((segment.label, score, result.mask(k).tobytes()))
    return sorted(found, key=repr)


@st.composite
def connected_scenes(draw: st.DrawFn) -> Segmentation:
    """Scenes whose things are 8-connected."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    return semantic_to_panoptic(random_segmentation(rng, size, SOME_LABELS, n=draw(st.integers(1, 20))))


@st.composite
def cuts(draw: st.DrawFn, *, least_overlap: int = 1) -> tuple[int, int]:
    """(tile, overlap), px."""
    tile = draw(st.integers(max(1, 2 * least_overlap), 16))
    return tile, draw(st.integers(least_overlap, tile // 2))
