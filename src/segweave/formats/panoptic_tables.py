"""An `OverlapTable` straight from two COCO panoptic files, as they list their segments and without making any."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from segweave.errors import FormatError
from segweave.formats.coco_panoptic_sample import (
    ListedSegment,
    PanopticIndex,
    image_name,
    load_sample,
    png_path,
    read_listed,
    stated_size,
)
from segweave.formats.dataset import Dataset
from segweave.formats.id_runs import IdRuns, read_id_runs
from segweave.segmentation import ImageKey, OverlapTable
from segweave.segmentation import Side as TableSide
from segweave.segmentation.overlap_table import UNLISTED, VOID, Ints

Place = tuple[PanopticIndex, int]
"""An image of a COCO panoptic file: its index, and the place among the index's `pairs`."""

_FEW = 1 << 12  # pairs of ids that a first table has room for, twice over


def index_of(data: Dataset) -> PanopticIndex | None:
    """The JSON file behind a data set of COCO panoptic; None for data sets of other formats, and for changed ones."""
    load = data.load
    if isinstance(load, partial) and load.func is load_sample:
        index: PanopticIndex = load.args[0]
        return index
    return None


def panoptic_table(truth: Place, prediction: Place) -> OverlapTable:
    """The table of one image of the truth and one of the prediction: (index, place among its `pairs`) each.

    Rows stand as the files list them. The truth keeps what its file says, right or wrong: stated areas, segments
    without a pixel, crowds of stuff, stuff in several segments; pixels of ids that it does not list are `UNLISTED`.
    (`tidied` makes of it what `Segmentation`s would have given.) A prediction must be sound: `FormatError` for an id
    that is not listed and for a listed one without pixels. So are unknown categories and sizes that differ.
    """
    name = image_name(*truth)
    where = f"image {name.id!r}"
    paths = [png_path(i, i.pairs[k][1], str(i.path)) for i, k in (truth, prediction)]
    first, second = (read_id_runs(path) for path in paths)
    if first.size != second.size:
        sizes = f"{first.size} pixels (height, width); the prediction {paths[1]} has {second.size}"
        raise FormatError(f"{paths[0]}: {where}: has {sizes}; they must be equal")
    for (index, at), path in zip((truth, prediction), paths, strict=True):
        size = stated_size(index, at)
        if size is not None and size != first.size:
            raise FormatError(f"{path}: {where}: has {first.size} pixels (height, width); {index.path} says {size}")
    pairs, pixels = count_pairs(first, second)
    listed = read_listed(*truth), read_listed(*prediction)
    truth_row, truth_side = _side(truth[0], listed[0], (pairs >> 24, pixels), where)
    prediction_row, prediction_side = _side(prediction[0], listed[1], (pairs & 0xFFFFFF, pixels), where)
    _check_sound(prediction[0], listed[1], prediction_side, f"{where} in {paths[1]}")
    order, summed = _in_order(truth_row * len(prediction_side) + prediction_row, pixels)
    return OverlapTable(
        images=(ImageKey(id=name.id, name=name.stem, size=first.size),),
        truth=truth_side,
        prediction=prediction_side,
        truth_row=order // len(prediction_side),
        prediction_row=order % len(prediction_side),
        pixels=summed,
    )


def count_pairs(first: IdRuns, second: IdRuns) -> tuple[Ints, Ints]:
    """(id in the first << 24 | id in the second) and pixels of every pair, of two images of one size."""
    from segweave.formats.kernels import count_joint_runs

    height, width = first.size
    room = _FEW
    while True:
        keys, counts = np.full(room, -1, np.int64), np.zeros(room, np.int64)
        if count_joint_runs((first.start, first.ids), (second.start, second.ids), height * width, keys, counts):
            found = np.flatnonzero(counts)
            return keys[found], counts[found]
        room *= 16


def _side(
    index: PanopticIndex, listed: Sequence[ListedSegment], counted: tuple[Ints, Ints], where: str
) -> tuple[Ints, TableSide]:
    """The row of each id that was counted, and the rows: void, the listed, and one for all that is not listed."""
    ids, pixels = counted
    kept = [entry for entry in listed if entry.segment is not None]
    void = [entry.png_id for entry in listed if entry.segment is None]
    for entry in listed:
        if entry.category not in index.categories.label_of:
            raise FormatError(
                f"{index.path}: {where}, segment {entry.png_id}: its category {entry.category} is unknown; expected one"
                f" of the {len(index.categories.label_of)} that its file knows"
            )
    n = len(kept) + 1
    known_ids = np.array([0, *(entry.png_id for entry in kept), *void], np.int64)
    rows = np.array([*range(n), *[0] * len(void)], np.int64)
    order = np.argsort(known_ids, kind="stable")
    at = order[np.minimum(np.searchsorted(known_ids, ids, sorter=order), len(order) - 1)]
    row = np.where(known_ids[at] == ids, rows[at], n)
    unlisted = bool((row == n).any())
    area = np.bincount(row, weights=pixels, minlength=n + unlisted).astype(np.int64)
    stated = area.astype(np.float64)
    labels, crowds = [VOID], [False]
    for k, entry in enumerate(kept, start=1):
        assert entry.segment is not None
        labels.append(entry.segment.label)
        crowds.append(entry.crowd)
        if entry.area is not None:
            stated[k] = entry.area
    extra = [UNLISTED] * unlisted
    side = TableSide(
        labels=index.categories.labels,
        image=np.zeros(n + unlisted, np.int64),
        label=np.array(labels + extra, np.int64),
        crowd=np.array([*crowds, *[False] * unlisted], np.bool_),
        area=area,
        stated=stated,
    )
    return row, side


def _check_sound(prediction: PanopticIndex, listed: Sequence[ListedSegment], side: TableSide, where: str) -> None:
    """A prediction lists what it draws, and draws what it lists; so does the COCO script demand it."""
    kept = [entry.png_id for entry in listed if entry.segment is not None]
    empty = np.flatnonzero(side.area[1 : len(kept) + 1] == 0)
    if len(empty):
        raise FormatError(
            f"{prediction.path}: {where}: segment {kept[empty[0]]} is listed, but no pixel has its id; expected at"
            " least one"
        )
    if len(side) > len(kept) + 1:
        raise FormatError(
            f"{prediction.path}: {where}: {side.area[-1]:,} pixels have ids that are not in its 'segments_info';"
            f" expected only 0 (void) and the {len(kept)} listed ids"
        )


def _in_order(keys: Ints, pixels: Ints) -> tuple[Ints, Ints]:
    """The keys ascending, each once, and the sum of each."""
    found, of_pair = np.unique(keys, return_inverse=True)
    return found, np.bincount(of_pair, weights=pixels, minlength=len(found)).astype(np.int64)
