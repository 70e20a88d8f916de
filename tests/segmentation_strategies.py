"""What the tests of `segmentation/` draw at random, and what they check of every result."""

import hypothesis.strategies as st
import numpy as np
from hypothesis.extra import numpy as npst

from segweave.labels import Label, LabelSet
from segweave.segmentation import Rle, Segment, Segmentation
from segweave.segmentation.instances import Instances

LABELS = LabelSet(
    "zoo",
    tuple(Label(name=n, is_thing=True) for n in ("cat", "dog", "owl"))
    + tuple(Label(name=n, is_thing=False) for n in ("grass", "sky", "water")),
)
CAT, DOG, OWL, GRASS, SKY, WATER = range(6)
THINGS = (CAT, DOG, OWL)

sides = st.integers(0, 8)
scores = st.none() | st.integers(0, 16).map(lambda n: n / 16)


def masks(max_side=12, min_side=0):
    """(H, W) bool; random, so rich in holes, diagonals and small parts."""
    shapes = st.tuples(st.integers(min_side, max_side), st.integers(min_side, max_side))
    return shapes.flatmap(lambda shape: npst.arrays(bool, shape))


@st.composite
def segments(draw, labels=LABELS):
    label = draw(st.integers(0, len(labels) - 1))
    return Segment(
        label=label,
        score=draw(scores),
        crowd=labels[label].is_thing and draw(st.booleans()),
        track=draw(st.none() | st.integers(0, 9)),
        source_id=draw(st.none() | st.integers(0, 99) | st.sampled_from(("a", "b"))),
    )


@st.composite
def segmentations(draw, size=None, labels=LABELS, max_segments=7):
    """Built through the constructor alone, so that these laws do not lean on `assemble`."""
    height, width = size or (draw(sides), draw(sides))
    ids = draw(npst.arrays(np.int32, (height, width), elements=st.integers(0, max_segments)))
    kept, new_ids, taken = [], np.zeros_like(ids), set()
    for old in range(1, max_segments + 1):
        if not (ids == old).any():
            continue
        segment = draw(segments(labels))
        if segment.label in taken and not labels[segment.label].is_thing:
            segment = Segment(label=CAT, score=segment.score)
        taken.add(segment.label)
        kept.append(segment)
        new_ids[ids == old] = len(kept)
    return Segmentation(new_ids, tuple(kept), labels)


def pairs(strategy_of_size=segmentations):
    """Two segmentations of one size."""
    return st.tuples(sides, sides).flatmap(lambda size: st.tuples(strategy_of_size(size), strategy_of_size(size)))


@st.composite
def instances(draw):
    size = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    found = draw(st.lists(npst.arrays(bool, size).filter(np.any), max_size=4))
    masks_ = tuple(Rle.from_mask(mask) for mask in found)
    return Instances(size, masks_, tuple(draw(segments()) for _ in found), LABELS)


def assert_valid(seg):
    """Every rule of the constructor again, written naively."""
    assert seg.ids.dtype == np.int32 and seg.ids.ndim == 2
    assert not seg.ids.flags.writeable and seg.ids.flags.c_contiguous
    counts = [0] * (len(seg.segments) + 1)
    for value in seg.ids.ravel().tolist():
        counts[value] += 1  # an id beyond the segments ends in IndexError
        assert value >= 0
    assert 0 not in counts[1:]
    assert seg.areas().tolist() == counts[1:] and seg.areas().dtype == np.int64
    assert seg.void_area() == counts[0]
    stuff = [s.label for s in seg.segments if not seg.labels[s.label].is_thing]
    assert len(stuff) == len(set(stuff))
    for segment in seg.segments:
        assert 0 <= segment.label < len(seg.labels)
        assert not segment.crowd or seg.labels[segment.label].is_thing
