"""Codes of files become segments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenes import SOME_LABELS
from segweave.formats.codes import dense_codes, from_codes
from segweave.segmentation import Segment


@given(arrays(np.int64, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.integers(0, 9)), st.booleans())
def test_dense_codes_say_what_numpy_unique_says(codes, far):
    """far: codes beyond the table of all possible codes, which takes the other way."""
    codes = codes * 10_000_000 if far else codes
    ids, values, areas = dense_codes(codes)
    expected, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    assert values == expected.tolist() and areas == counts.tolist()
    assert ids.dtype == np.int32 and np.array_equal(ids, inverse.reshape(codes.shape))


def test_each_code_is_asked_for_once_with_its_pixels():
    asked = []

    def meaning(code: int, pixels: int) -> Segment | None:
        asked.append((code, pixels))
        return Segment(label=3, source_id=code) if code > 1000 else None

    seg = from_codes(np.array([[7, 26001, 26001], [26000, 7, 7]]), meaning, SOME_LABELS)
    assert asked == [(7, 3), (26000, 1), (26001, 2)]
    assert seg.ids.tolist() == [[0, 2, 2], [1, 0, 0]]  # void, then in the order of the codes
    assert [s.source_id for s in seg.segments] == [26000, 26001]


@pytest.mark.parametrize("far", [1, 10_000_000])
@pytest.mark.parametrize("width", [1, 40])
def test_pixels_are_counted_right_whether_runs_are_long_or_short(width, far):
    """Counting goes by pixels, by runs, or through `dense_codes`."""
    codes = np.repeat(np.random.default_rng(width).integers(0, 200, (50, 8)), width, axis=1) * far
    expected = dict(zip(*(part.tolist() for part in np.unique(codes, return_counts=True)), strict=True))
    asked: dict[int, int] = {}

    def meaning(code: int, pixels: int) -> Segment | None:
        asked[code] = pixels
        return Segment(label=3, source_id=code) if code else None

    seg = from_codes(codes, meaning, SOME_LABELS)
    assert asked == expected
    for k, segment in enumerate(seg.segments):
        assert np.array_equal(seg.mask(k), codes == segment.source_id)


def test_stuff_under_several_codes_is_one_segment():
    seg = from_codes(np.array([[5, 9, 8]]), lambda code, n: Segment(label=1 if code < 9 else 0), SOME_LABELS)
    assert seg.ids.tolist() == [[1, 2, 1]] and seg.label_names() == ("road", "sky")


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0)])
def test_no_pixels_are_no_segments(shape):
    assert from_codes(np.zeros(shape, np.int32), lambda code, n: Segment(label=0), SOME_LABELS).size == shape
