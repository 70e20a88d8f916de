"""Small data for tests: seeded scenes, and hypothesis strategies for the types of the core."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from segweave.labels import Label, LabelSet, label_set
from segweave.segmentation import Segment, Segmentation, assemble

Photo = NDArray[np.uint8]
"""(H, W, 3) RGB."""

SOME_LABELS = LabelSet(
    "some",
    (
        Label(name="sky", is_thing=False, color=(70, 130, 180)),
        Label(name="road", is_thing=False, color=(128, 64, 128)),
        Label(name="tree", is_thing=False, color=(107, 142, 35)),
        Label(name="car", is_thing=True, color=(0, 0, 142)),
        Label(name="person", is_thing=True, color=(220, 20, 60)),
    ),
)
"""Three stuff and two thing labels."""


def random_segmentation(
    rng: np.random.Generator, size: tuple[int, int], labels: LabelSet = SOME_LABELS, n: int = 12
) -> Segmentation:
    """A map of at most `n` blobs (each pixel belongs to the nearest of `n` points) of random labels.

    About one blob in six is void and one thing in eight a crowd; stuff of one label is one segment; each segment
    has a score or None, some things a track. The same `rng` state gives the same scene.
    """
    height, width = size
    rows, columns = np.mgrid[:height, :width]
    ids = np.zeros(size, np.int32)
    nearest = np.full(size, np.inf)
    for k, (row, column, weight) in enumerate(rng.random((n, 3)) * (height, width, 1), start=1):
        distance = np.hypot(rows - row, columns - column) * (0.7 + weight)
        closer = distance < nearest
        ids[closer], nearest[closer] = k, distance[closer]
    void = np.flatnonzero(rng.random(n) < 1 / 6) + 1
    ids[np.isin(ids, void)] = 0
    return assemble(ids, [random_segment(rng, labels) for _ in range(n)], labels)


def random_segment(rng: np.random.Generator, labels: LabelSet) -> Segment:
    """A segment of a random label; a thing may be a crowd or have a track."""
    label = int(rng.integers(len(labels)))
    is_thing = labels[label].is_thing
    score, crowd, track = rng.random(3)
    return Segment(
        label=label,
        score=round(float(score), 3) if score > 0.2 else None,
        crowd=bool(is_thing and crowd < 1 / 8),
        track=int(track * 1000) if is_thing and track > 0.5 else None,
    )


def street_scene(rng: np.random.Generator, size: tuple[int, int] = (240, 320)) -> tuple[Photo, Segmentation]:
    """A synthetic street: (photo (H, W, 3) uint8 RGB, its truth in the labels of camvid11).

    Sky over buildings and trees, a road with pavements; it narrows towards the horizon, cars and pedestrians as
    things; shades, texture and noise so that it compresses and looks like a photograph to code. At least 32 px a side.
    """
    labels = label_set("camvid11")
    height, width = size
    rows, columns = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    ids = np.zeros(size, np.int32)
    segments: list[Segment] = []

    def put(name: str, inside: NDArray[np.bool_]) -> None:
        segments.append(Segment(label=labels.index(name)))
        ids[inside] = len(segments)

    horizon = 0.45 + 0.1 * rng.random()
    middle = 0.4 + 0.2 * rng.random()
    put("Sky", rows < horizon)
    skyline = horizon - 0.3 * rng.random(8)[np.minimum((columns * 8).astype(int), 7)]
    put("Building", (rows >= skyline) & (rows < horizon))
    put("Tree", np.hypot((rows - horizon + 0.1) * 1.2, columns - rng.random()) < 0.14)
    put("Pavement", rows >= horizon)
    put("Road", (rows >= horizon) & (np.abs(columns - middle) < 0.05 + 0.7 * (rows - horizon)))
    for name, count, tall, wide in (("Car", 3, 0.12, 0.2), ("Pedestrian", 3, 0.25, 0.06)):
        for depth in np.sort(rng.random(count)):  # far ones first, near ones cover them
            bottom, scale, left = horizon + 0.05 + 0.45 * depth, 0.4 + depth, rng.random() * 0.9
            beside = (columns >= left) & (columns < left + wide * scale)
            put(name, beside & (rows < bottom) & (rows >= bottom - tall * scale))
    ids[: max(1, height // 40)] = 0  # a strip that nobody labelled
    seg = assemble(ids, segments, labels)
    return _painted(rng, seg), seg


def _painted(rng: np.random.Generator, seg: Segmentation) -> Photo:
    """Every segment in its label's colour with a shade of its own, light from above, and noise."""
    colors = np.array([(90, 90, 90), *(seg.labels[s.label].color for s in seg.segments)], float)
    colors = colors * 0.6 + 60 + rng.normal(0, 12, colors.shape)
    light = np.linspace(1.15, 0.8, seg.size[0]).reshape(-1, 1, 1)
    photo = colors[seg.ids] * light + rng.normal(0, 8, (*seg.size, 3))
    return np.clip(photo, 0, 255).astype(np.uint8)


_NAMES = st.text("abcdefghijklmnopqrstuvwxyzäあ車 -_01", min_size=1, max_size=8).filter(lambda s: s == s.strip())
_COLORS = st.tuples(*[st.integers(0, 255)] * 3)


@st.composite
def label_sets(draw: st.DrawFn, *, min_size: int = 1, max_size: int = 6) -> LabelSet:
    """Label sets with things and stuff in any order."""
    names = draw(st.lists(_NAMES, min_size=min_size, max_size=max_size, unique=True))
    return LabelSet("drawn", tuple(Label(name=n, is_thing=draw(st.booleans()), color=draw(_COLORS)) for n in names))


@st.composite
def masks(draw: st.DrawFn, *, size: tuple[int, int] | None = None, max_side: int = 12) -> NDArray[np.bool_]:
    """(H, W) bool; empty and full masks too. size: this one, or any from 1 x 1 to max_side x max_side."""
    sides = st.integers(1, max_side)
    return draw(arrays(bool, size or draw(st.tuples(sides, sides))))


@st.composite
def segments_of(draw: st.DrawFn, labels: LabelSet) -> Segment:
    """Any valid segment of a label set."""
    label = draw(st.integers(0, len(labels) - 1))
    is_thing = labels[label].is_thing
    return Segment(
        label=label,
        score=draw(st.none() | st.floats(0, 1)),
        crowd=draw(st.booleans()) if is_thing else False,
        track=draw(st.none() | st.integers(0, 99)) if is_thing else None,
        source_id=draw(st.none() | st.integers(0, 2**24 - 1) | st.just("24005")),
    )


@st.composite
def segmentations(
    draw: st.DrawFn,
    *,
    labels: LabelSet | None = None,
    size: tuple[int, int] | None = None,
    min_side: int = 1,
    max_side: int = 12,
    max_segments: int = 8,
) -> Segmentation:
    """Any valid segmentation: no segment at all, all void, torn segments, stuff in several parts, crowds, tracks.

    min_side=0 draws images without pixels too.
    """
    known = labels if labels is not None else draw(label_sets())
    sides = st.integers(min_side, max_side)
    shape = size or draw(st.tuples(sides, sides))
    candidates = draw(st.lists(segments_of(known), max_size=max_segments)) if len(known) else []
    ids = draw(arrays(np.int32, shape, elements=st.integers(0, len(candidates))))
    return assemble(ids, candidates, known)
