"""Photograph and truth belong together and have one size."""

import numpy as np
import pytest
from PIL import Image

from scenes import SOME_LABELS
from segweave.errors import FormatError
from segweave.formats import read_image
from segweave.formats.photographs import find_photograph, make_sample
from segweave.segmentation import Instances, Rle, Segment, Segmentation


def sample(truth, path, tmp_path):
    return make_sample(truth, file=tmp_path / "a.json", image_path=path, image_id=1, image_name="a.jpg")


def photo_with_orientation(path, orientation):
    """A grey photograph, 20 x 30 px as stored, whose top left corner as stored is white."""
    pixels = np.full((20, 30, 3), 60, np.uint8)
    pixels[:8, :8] = 255
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, quality=95)


def corner_truth(kind):
    """A car on the stored photograph's top left corner."""
    mask = np.zeros((20, 30), bool)
    mask[:8, :8] = True
    if kind == "instances":
        return Instances((20, 30), (Rle.from_mask(mask),), (Segment(label=3),), SOME_LABELS)
    return Segmentation(mask.astype(np.int32), (Segment(label=3),), SOME_LABELS)


@pytest.mark.parametrize("kind", ["instances", "segmentation"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_truth_drawn_before_the_exif_turn_is_turned_like_the_photograph(tmp_path, orientation, kind):
    photo_with_orientation(tmp_path / "a.jpg", orientation)
    found = sample(corner_truth(kind), tmp_path / "a.jpg", tmp_path)
    assert found.size == (30, 20) and [n.kind for n in found.notes] == ["image-turned"]
    bright = read_image(tmp_path / "a.jpg")[..., 0] > 150  # where the photograph, seen upright, is white
    assert np.array_equal(found.truth.mask(0), bright)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_truth_of_the_upright_size_is_left_alone(tmp_path, orientation):
    photo_with_orientation(tmp_path / "a.jpg", orientation)
    size = (30, 20) if orientation == 6 else (20, 30)
    truth = Segmentation(np.zeros(size, np.int32), (), SOME_LABELS)
    found = sample(truth, tmp_path / "a.jpg", tmp_path)
    assert found.notes == () and found.truth is truth


def test_another_size_is_refused_and_both_files_are_named(tmp_path):
    Image.new("RGB", (31, 20)).save(tmp_path / "a.png")
    with pytest.raises(FormatError, match=r"a\.json: image 1: .*a\.png: the photograph has \(20, 31\).*\(20, 30\)"):
        sample(corner_truth("segmentation"), tmp_path / "a.png", tmp_path)


def test_a_missing_or_broken_photograph_is_noted(tmp_path):
    truth = corner_truth("segmentation")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    for path in (None, tmp_path / "a.jpg"):
        found = sample(truth, path, tmp_path)
        assert [n.kind for n in found.notes] == ["image-missing"] and found.truth is truth and found.image_path == path


def test_photographs_are_found_under_other_suffixes_but_never_by_half_a_name(tmp_path):
    for name in ("one/a.png", "two/a.jpg", "two/b.1.JPG", "two/c.txt", "two/sub/d.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    one, two = tmp_path / "one", tmp_path / "two"
    assert find_photograph([one, two], "a.jpg") == one / "a.png"  # the first folder wins
    assert find_photograph([two, one], "a") == two / "a.jpg"
    assert find_photograph([two], "sub/d.jpg") == two / "sub" / "d.webp"
    assert find_photograph([one, two], "b.1.JPG") == two / "b.1.JPG"
    for nothing in ("c", "c.txt.jpg", "e", "sub", "b", "x" * 300, "a\0b"):
        assert find_photograph([one, two], nothing) is None
