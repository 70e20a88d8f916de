"""Pictures come back as they were written."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from segweave.errors import ImageError, OutputError
from segweave.formats import write_grey, write_png
from segweave.formats.id_png import is_own_id_png


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_pillow_reads_the_pixels_that_were_written(
    tmp_path_factory: pytest.TempPathFactory, picture: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    write_png(path, picture)
    with Image.open(path) as read:
        assert (read.format, read.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(read), picture)


def test_a_view_is_written_as_it_is_seen(tmp_path: Path, china: Path) -> None:
    photo = np.asarray(Image.open(china))[::-2, ::3]
    write_png(tmp_path / "a.png", photo)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), photo)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)])
def test_what_is_no_picture_is_refused(wrong: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="a picture is"):
        write_png(tmp_path / "a.png", wrong)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        write_png(tmp_path / "nowhere" / "a.png", np.zeros((2, 2, 3), np.uint8))


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_grey_pictures_are_read_as_written_and_known_as_our_own(
    tmp_path_factory: pytest.TempPathFactory, shares: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    write_grey(path, shares)
    with Image.open(path) as read:
        assert (read.format, read.mode, read.info["Software"]) == ("PNG", "L", "segweave")
        assert np.array_equal(np.asarray(read), shares)
    assert is_own_id_png(path)


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2)), np.zeros((0, 2), np.uint8)])
def test_what_is_no_grey_picture_is_refused(wrong: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="a grey picture is"):
        write_grey(tmp_path / "a.png", wrong)
