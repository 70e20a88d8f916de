"""A drawn scene that stands for a photograph where there is none: edges, textures and light of all scales."""

import numpy as np
from numpy.typing import NDArray

from segweave.formats import Photo


def drawn_scene(height: int = 360, width: int = 480, *, seed: int = 0) -> Photo:
    """(height, width, 3) uint8: a sky, a textured ground, houses and round things before them. The same every time.

    >>> scene = drawn_scene(90, 120)
    >>> scene.shape, scene.dtype, len(np.unique(scene.reshape(-1, 3), axis=0)) > 1000
    ((90, 120, 3), dtype('uint8'), True)
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    horizon = 0.45 * height / max(height, width)
    picture = np.stack([90 + 120 * rows, 140 + 90 * rows, 230 - 40 * rows], axis=2)
    ground = np.stack([110 + 60 * rows, 105 + 40 * rows, 95 + 20 * columns], axis=2)
    stripes = 25 * np.sin(60 / np.maximum(rows - horizon + 0.05, 0.05))[..., None]
    picture = np.where((rows > horizon)[..., None], ground + stripes, picture)
    for _ in range(12):
        _house(picture, rng, horizon=horizon)
    for _ in range(9):
        _round(picture, rng, rows=rows, columns=columns)
    picture += rng.normal(0, 8, picture.shape)
    scene: Photo = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return scene


def _house(picture: NDArray[np.float64], rng: np.random.Generator, *, horizon: float) -> None:
    """A block that stands on the horizon, its windows darker."""
    side = max(picture.shape[:2])
    left, wide, high = rng.random() * picture.shape[1], side * (0.04 + 0.1 * rng.random()), horizon * rng.random()
    block = picture[int((horizon - high) * side) : int((horizon + 0.05) * side), int(left) : int(left + wide)]
    block[...] = rng.uniform(40, 220, 3)
    block[3::9, 3::7] *= 0.5
    block[4::9, 3::7] *= 0.5


def _round(
    picture: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> None:
    """An ellipse that is lighter on one side."""
    row, column = rng.uniform(rows.max() * 0.4, rows.max()), rng.uniform(0, columns.max())
    tall, wide = rng.uniform(0.02, 0.12, 2)
    inside = ((rows - row) / tall) ** 2 + ((columns - column) / wide) ** 2 < 1
    shade = 1 + 0.4 * (columns - column)[inside][:, None] / wide
    picture[inside] = rng.uniform(30, 230, 3) * shade
