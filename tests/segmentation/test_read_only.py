"""Nobody can change a `Segmentation` from outside, and no array of the caller is changed or locked."""

import numpy as np
import pytest

from segmentation_strategies import CAT, LABELS, assert_valid
from segweave.segmentation import Segment, Segmentation, assemble

CATS = (Segment(label=CAT), Segment(label=CAT))
MAPS = {
    "C order": lambda: np.array([[1, 2, 0], [1, 2, 0]], np.int32),
    "Fortran order": lambda: np.asfortranarray(np.array([[1, 2, 0], [1, 2, 0]], np.int32)),
    "int64": lambda: np.array([[1, 2, 0], [1, 2, 0]], np.int64),
    "uint8": lambda: np.array([[1, 2, 0], [1, 2, 0]], np.uint8),
    "every second pixel": lambda: np.array([[1, 9, 2, 9, 0, 9], [9] * 6, [1, 9, 2, 9, 0, 9]], np.int32)[::2, ::2],
    "mirrored": lambda: np.array([[0, 2, 1], [0, 2, 1]], np.int32)[:, ::-1],
    "a bytearray's view": lambda: np.frombuffer(
        bytearray(np.array([1, 2, 0, 1, 2, 0], np.int32).tobytes()), np.int32
    ).reshape(2, 3),
}


@pytest.mark.parametrize("build", [Segmentation, assemble])
@pytest.mark.parametrize("make", MAPS.values(), ids=MAPS)
def test_the_map_is_an_independent_read_only_copy_and_the_callers_array_stays_writable(make, build):
    mine = make()
    seg = build(mine, CATS, LABELS)
    assert_valid(seg)
    with pytest.raises(ValueError, match="read-only"):
        seg.ids[0, 0] = 2
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        seg.ids.view().setflags(write=True)
    assert mine.flags.writeable and not np.shares_memory(mine, seg.ids)
    mine[...] = 0
    assert seg.ids.tolist() == [[1, 2, 0], [1, 2, 0]]


def test_a_map_that_is_read_only_already_is_shared():
    ids = np.array([[1, 2]], np.int32)
    ids.setflags(write=False)
    assert Segmentation(ids, CATS, LABELS).ids is ids
    half = np.array([[1, 2], [0, 0]], np.int32)
    half.setflags(write=False)
    assert np.shares_memory(Segmentation(half[:1], CATS, LABELS).ids, half)


def test_a_segmentation_of_another_ones_map_shares_it():
    seg = Segmentation(np.array([[1, 2]]), CATS, LABELS)
    assert Segmentation(seg.ids, seg.segments, LABELS).ids is seg.ids


def test_a_read_only_view_of_writable_memory_is_copied():
    mine = np.array([[1, 2]], np.int32)
    view = mine.view()
    view.setflags(write=False)
    seg = Segmentation(view, CATS, LABELS)
    mine[:] = 0
    assert seg.ids.tolist() == [[1, 2]]


def test_a_read_only_view_of_a_view_of_writable_memory_is_copied():
    mine = np.array([1, 2], np.int32)
    view = np.broadcast_to(mine, (1, 2))
    assert not view.flags.writeable
    seg = Segmentation(view, CATS, LABELS)
    mine[:] = 0
    assert seg.ids.tolist() == [[1, 2]]


def test_a_file_map_is_copied(tmp_path):
    path = tmp_path / "ids.npy"
    np.save(path, np.array([[1, 2]], np.int32))
    seg = Segmentation(np.load(path, mmap_mode="r"), CATS, LABELS)
    changed = np.load(path, mmap_mode="r+")
    changed[:] = 0
    changed.flush()
    assert seg.ids.tolist() == [[1, 2]]
    assert type(seg.ids) is np.ndarray


def test_masks_and_label_maps_are_the_callers_own():
    seg = Segmentation(np.array([[1, 2]]), CATS, LABELS)
    seg.mask(0)[:] = False
    seg.label_indices()[:] = -1
    seg.boxes()[:] = 0
    assert seg == Segmentation(np.array([[1, 2]]), CATS, LABELS)
    assert seg.boxes().tolist() == [[0, 0, 1, 1], [0, 1, 1, 2]]
