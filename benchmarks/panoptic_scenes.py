"""Synthetic panoptic scenes and what a model might have seen in them: arrays, for `make_panoptic.py`.

Truth: 3 to 6 regions of stuff from the argmax of smooth noise; on top things, wobbly ellipses of heavy-tailed size;
void along some borders and in blobs; sometimes a crowd. Its ids are sparse 24-bit numbers, as in COCO; predicted ids
are 1..n, as models give them. Prediction: the scene before void and crowd were carved out, shifted by a smooth field;
some segments are missed, wrongly labelled, split, merged or invented.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Map = NDArray[Any]
Entries = list[dict[str, Any]]  # a JSON file's list
Blob = tuple[tuple[slice, slice], NDArray[np.bool_]]  # a window of the image, and which of its pixels


@dataclass(frozen=True, slots=True)
class Recipe:
    """images: how many. things, stuff: category ids. segments: about how many an image. shift: px, how far off."""

    images: int
    height: int
    width: int
    things: tuple[int, ...]
    stuff: tuple[int, ...]
    segments: float
    shift: float


@dataclass(frozen=True, slots=True)
class Scene:
    """drawn: (H, W) 1..n, of categories[k - 1]. truth: the same with void = 0 and perhaps the crowd, its last id."""

    drawn: Map
    categories: list[int]
    truth: Map
    truth_categories: list[int]
    has_crowd: bool


def smooth(rng: Rng, height: int, width: int, *, cell: int) -> NDArray[np.float32]:
    """(H, W) smooth noise in 0..1: a coarse grid of random numbers, interpolated."""
    rows, columns = max(2, height // cell + 2), max(2, width // cell + 2)
    grid = rng.random((rows, columns), dtype=np.float32)
    y = np.linspace(0, rows - 1.001, height, dtype=np.float32)
    x = np.linspace(0, columns - 1.001, width, dtype=np.float32)
    top, left = y.astype(np.int32), x.astype(np.int32)
    down, right = (y - top)[:, None], (x - left)[None, :]
    down, right = down * down * (3 - 2 * down), right * right * (3 - 2 * right)
    lines = grid[top] * (1 - down) + grid[top + 1] * down
    return lines[:, left] * (1 - right) + lines[:, left + 1] * right


def blob(rng: Rng, height: int, width: int, *, size: float) -> Blob | None:
    """A wobbly ellipse of about `size` px radius somewhere in the image; None where hardly a pixel is inside."""
    tall, wide = size * rng.uniform(0.6, 1.6), size * rng.uniform(0.6, 1.6)
    cy, cx = rng.uniform(0, height), rng.uniform(0, width)
    reach = 1.35
    top, bottom = int(max(0, cy - reach * tall)), int(min(height, cy + reach * tall + 1))
    left, right = int(max(0, cx - reach * wide)), int(min(width, cx + reach * wide + 1))
    if bottom - top < 2 or right - left < 2:
        return None
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] - cy) / tall
    x = (np.arange(left, right, dtype=np.float32)[None, :] - cx) / wide
    angle = np.arctan2(y, x)
    radius = 1.0 + sum(rng.uniform(-0.12, 0.12) * np.cos(f * angle + rng.uniform(0, 6.3)) for f in (2, 3, 5))
    return (slice(top, bottom), slice(left, right)), (y * y + x * x) < radius * radius


def paint(ids: Map, spot: Blob | None, value: int) -> None:
    """Give the pixels of a blob a value, in place."""
    if spot is not None:
        window, inside = spot
        ids[window][inside] = value


def make_scene(rng: Rng, recipe: Recipe) -> Scene:
    """Stuff, things on it, a crowd in one image of eight, and void."""
    height, width = recipe.height, recipe.width
    n_stuff = int(rng.integers(3, 7))
    fields = [
        smooth(rng, height, width, cell=max(height, width) // 4) + 0.15 * smooth(rng, height, width, cell=24)
        for _ in range(n_stuff)
    ]
    drawn = np.stack(fields).argmax(0).astype(np.int32) + 1
    categories = [int(c) for c in rng.choice(recipe.stuff, size=n_stuff, replace=False)]
    palette = add_things(rng, recipe, drawn, categories)
    crowd, category = None, 0
    if rng.random() < 0.12:
        crowd = blob(rng, height, width, size=0.14 * height)
        if crowd is not None:
            category = int(rng.choice(palette))
            add_members(rng, drawn, categories, (crowd, category))
    truth, truth_categories = drawn.copy(), list(categories)
    if crowd is not None:
        truth_categories.append(category)
        paint(truth, crowd, len(truth_categories))
    carve_void(rng, truth)
    return Scene(drawn, categories, truth, truth_categories, crowd is not None)


def add_things(rng: Rng, recipe: Recipe, drawn: Map, categories: list[int]) -> NDArray[np.int64]:
    """Paint things, in place; returns the few categories that they are of."""
    share = 1.0 / np.arange(1, len(recipe.things) + 1) ** 0.6
    share /= share.sum()
    n_things = max(0, int(rng.poisson(recipe.segments + 1.2 - len(categories))))
    few = max(1, min(4, len(recipe.things)))
    palette: NDArray[np.int64] = rng.choice(recipe.things, size=few, p=share, replace=False)
    for _ in range(n_things):
        size = min(0.3 * recipe.height, 6 + rng.pareto(1.3) * 0.035 * recipe.height)
        spot = blob(rng, recipe.height, recipe.width, size=size)
        if spot is not None:
            categories.append(int(rng.choice(palette)))
            paint(drawn, spot, len(categories))
    return palette


def add_members(rng: Rng, drawn: Map, categories: list[int], crowd: tuple[Blob, int]) -> None:
    """What a model sees in a crowd: several things."""
    ((rows, columns), _), category = crowd
    half = max(3, int(0.03 * len(drawn)))
    for _ in range(4):
        y, x = int(rng.integers(rows.start, rows.stop)), int(rng.integers(columns.start, columns.stop))
        categories.append(category)
        drawn[max(0, y - half) : y + half, max(0, x - half) : x + half] = len(categories)


def carve_void(rng: Rng, truth: Map) -> None:
    """Annotators leave strips along borders unlabelled, and some regions."""
    height, width = truth.shape
    edge = np.zeros((height, width), bool)
    edge[:, 1:] |= truth[:, 1:] != truth[:, :-1]
    edge[1:] |= truth[1:] != truth[:-1]
    edge &= smooth(rng, height, width, cell=40) > 0.55
    wider = edge.copy()
    wider[:, :-1] |= edge[:, 1:]
    wider[:-1] |= edge[1:]
    truth[wider] = 0
    for _ in range(int(rng.poisson(0.8))):
        paint(truth, blob(rng, height, width, size=0.08 * height), 0)


def predict(rng: Rng, scene: Scene, recipe: Recipe) -> tuple[Map, list[int]]:
    """(H, W) ids of what a model might have seen, 0 = void, and the category of each, from id 1 on."""
    height, width = scene.drawn.shape
    amount = recipe.shift * rng.uniform(0.3, 1.8)
    down, right = (((smooth(rng, height, width, cell=48) - 0.5) * 4 * amount).astype(np.int32) for _ in range(2))
    rows = np.clip(np.arange(height)[:, None] + down, 0, height - 1)
    columns = np.clip(np.arange(width)[None, :] + right, 0, width - 1)
    seen, categories = confused(rng, scene.drawn[rows, columns], [0, *scene.categories], recipe)
    split(rng, seen, categories, len(scene.categories))
    for _ in range(int(rng.poisson(1.0))):
        size = min(0.2 * height, 6 + rng.pareto(1.3) * 0.03 * height)
        spot = blob(rng, height, width, size=size)
        if spot is not None:
            categories.append(int(rng.choice(recipe.things)))
            paint(seen, spot, len(categories) - 1)
    first: dict[int, int] = {}  # stuff has one segment a category
    new = np.arange(len(categories), dtype=np.int32)
    for k in range(1, len(categories)):
        if categories[k] not in recipe.things:
            new[k] = first.setdefault(categories[k], k)
    return new[seen], categories[1:]


def confused(rng: Rng, seen: Map, categories: list[int], recipe: Recipe) -> tuple[Map, list[int]]:
    """Some segments are missed, get another category, or are taken for a neighbour's."""
    n = len(categories) - 1
    new = np.arange(n + 65, dtype=np.int32)
    for k in range(1, n + 1):
        chance = rng.random()
        is_thing = categories[k] in recipe.things
        if chance < 0.07:
            new[k] = 0 if rng.random() < 0.5 else int(rng.integers(1, n + 1))
        elif chance < 0.15:
            categories[k] = int(rng.choice(recipe.things if is_thing else recipe.stuff))
        elif chance < 0.20 and n > 1:
            other = int(rng.integers(1, n + 1))
            if (categories[other] in recipe.things) == is_thing:
                new[k] = other
    return new[seen], categories


def split(rng: Rng, seen: Map, categories: list[int], n: int) -> None:
    """Cut some of the first n segments in two, in place."""
    for k in range(1, n + 1):
        if rng.random() < 0.05:
            rows, columns = np.nonzero(seen == k)
            if len(rows) > 50:
                categories.append(categories[k])
                far = columns > np.median(columns) if rng.random() < 0.5 else rows > np.quantile(rows, 0.7)
                seen[rows[far], columns[far]] = len(categories) - 1


def numbered(dense: Map, categories: list[int], ids: Map, crowd: int | None = None) -> tuple[Map, Entries]:
    """A map of 1..n with the given ids instead, in order, and its `segments_info`; what has no pixel is left out."""
    area = np.bincount(dense.ravel(), minlength=len(categories) + 1)
    new = np.zeros(len(categories) + 1, np.uint32)
    listed: Entries = []
    for k, category in enumerate(categories, start=1):
        if not area[k]:
            continue
        new[k] = ids[len(listed)]
        rows, columns = (np.flatnonzero((dense == k).any(axis)) for axis in (1, 0))
        x, y = int(columns[0]), int(rows[0])
        box = [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1]
        entry = {"id": int(new[k]), "category_id": category, "area": int(area[k])}
        listed.append(entry | {"iscrowd": int(k == crowd), "bbox": box})
    return new[dense], listed


def make_pair(seed: int, i: int, recipe: Recipe) -> tuple[Map, Entries, Map, Entries]:
    """Image i: (H, W) uint32 ids of the truth and its `segments_info`, and the same of the prediction."""
    rng = np.random.default_rng([seed, i])
    scene = make_scene(rng, recipe)
    predicted, categories = predict(rng, scene, recipe)
    n = len(scene.truth_categories)
    ids = np.unique(rng.integers(1, 1 << 24, size=4 * (n + 1)))
    rng.shuffle(ids)
    truth, listed = numbered(scene.truth, scene.truth_categories, ids, n if scene.has_crowd else None)
    return truth, listed, *numbered(predicted, categories, np.arange(1, len(categories) + 1))
