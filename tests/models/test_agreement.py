"""Whether two models say the same: by outputs, and pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given

from scenes import segmentations
from segweave.labels import Label, LabelSet
from segweave.models.agreement import Agreement, equal_pixels
from segweave.segmentation import Segment, Segmentation, panoptic_to_instances

PETS = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
CAT, GRASS = Segment(label=0, score=0.5), Segment(label=1)


def seg(rows: list[list[int]], *segments: Segment) -> Segmentation:
    """A small result."""
    return Segmentation(np.array(rows, np.int32), segments, PETS)


def test_equal_pixels_by_hand() -> None:
    a = seg([[1, 1, 2, 0]], CAT, GRASS)
    assert equal_pixels(a, a) == 1
    assert equal_pixels(a, seg([[2, 2, 1, 0]], GRASS, CAT)) == 1  # the order of segments means nothing
    assert equal_pixels(a, seg([[1, 1, 2, 2]], CAT, GRASS)) == 0.75  # void became grass
    assert equal_pixels(a, seg([[1, 2, 3, 0]], CAT, CAT, GRASS)) == 0.75  # a cat was cut in two: one part matches
    assert equal_pixels(a, seg([[1, 1, 1, 0]], CAT)) == 0.75  # another label
    assert equal_pixels(seg([[0, 0]]), seg([[0, 0]])) == 1


@given(segmentations())
def test_a_result_is_equal_to_itself_and_to_its_instances_painted(found: Segmentation) -> None:
    assert equal_pixels(found, found) == 1
    things = panoptic_to_instances(found)
    assert equal_pixels(things, things) == 1


@pytest.mark.parametrize(
    ("difference", "equal", "is_same"),
    [
        (0.0, 1.0, True),
        (0.05, 0.9995, True),  # half a per cent of the largest output, a few pixels on borders
        (0.05, 0.99, False),
        (0.2, 1.0, False),  # two per cent
        (0.0005, 0.9, True),  # rounding, and a segment on the edge of a threshold
        (float("inf"), 1.0, False),  # outputs of other shapes
    ],
)
def test_what_is_the_same_model(difference: float, equal: float, is_same: bool) -> None:
    found = Agreement(task="panoptic", size=(2, 3), seen=(4, 6), difference=difference, largest=10.0, equal=equal)
    assert found.is_same == is_same
    assert f"{100 * equal:.3f} %" in str(found) and "3 x 2 px" in str(found)
