"""`OverlapTable`: the pixels that truth and prediction share, of many images, as columns of numbers.

Everything an evaluation says of segments is computed from it without touching pixels again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import LabelSet
from segweave.segmentation.overlap import sparse_overlap
from segweave.segmentation.segmentation import Segmentation

VOID = -1
"""Label of the row of void that every image begins with."""
UNLISTED = -2
"""Label of pixels that carry an id which nothing lists: no segment, and not void either."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageKey:
    """Which image. name: the photograph's, "" where none is known. size: (height, width) px."""

    id: int | str
    name: str = ""
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Side:
    """The segments of one side, one row each: image by image, each image's row of void first.

    labels: what `label` points into. image: (r,) place among the table's images. label: (r,) index, `VOID` or
    `UNLISTED`. crowd: (r,). area: (r,) px, counted. stated: (r,) px, as the file says; where it does not, as counted.
    """

    labels: LabelSet
    image: Ints
    label: Ints
    crowd: Bools
    area: Ints
    stated: Floats

    def __len__(self) -> int:
        """Number of rows, void rows too."""
        return len(self.label)

    @property
    def is_segment(self) -> Bools:
        """(r,) bool: neither void nor unlisted."""
        return self.label >= 0

    @property
    def is_thing(self) -> Bools:
        """(r,) bool: a segment of a thing label."""
        things = np.array([*(label.is_thing for label in self.labels), False, False], np.bool_)
        inside: Bools = things[self.label]  # VOID and UNLISTED count from the end
        return inside


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OverlapTable:
    """Pixels shared by each pair of segments, sparse. Tables of different images add; a table pickles.

    images: which. truth, prediction: their segments. truth_row, prediction_row: (k,) rows of these, of one image;
    pixels: (k,) >= 1. Each pair stands once, ascending by (truth_row, prediction_row); the sum of an image's pixels
    is its size.

    >>> from dataclasses import replace
    >>> from segweave.labels import Label
    >>> from segweave.segmentation import Segment
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> truth = Segmentation(np.array([[1, 1, 2, 0]]), (Segment(label=0), Segment(label=0)), labels)
    >>> guess = Segmentation(np.array([[1, 1, 1, 0]]), (Segment(label=0),), labels)
    >>> table = overlap_table(truth, guess, ImageKey(id=7, size=(1, 4)))
    >>> list(zip(table.truth_row.tolist(), table.prediction_row.tolist(), table.pixels.tolist()))
    [(0, 0, 1), (1, 1, 2), (2, 1, 1)]
    >>> len(table + replace(table, images=(ImageKey(id=8, size=(1, 4)),)))
    2
    """

    images: tuple[ImageKey, ...]
    truth: Side
    prediction: Side
    truth_row: Ints
    prediction_row: Ints
    pixels: Ints

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def __add__(self, other: Self) -> "OverlapTable":
        return joined((self, other))

    @property
    def image(self) -> Ints:
        """(k,) place among the images, of each pair."""
        of_pair: Ints = self.truth.image[self.truth_row]
        return of_pair

    def swapped(self) -> "OverlapTable":
        """The prediction as truth and the truth as prediction."""
        order = np.lexsort((self.truth_row, self.prediction_row))
        return OverlapTable(
            images=self.images,
            truth=self.prediction,
            prediction=self.truth,
            truth_row=self.prediction_row[order],
            prediction_row=self.truth_row[order],
            pixels=self.pixels[order],
        )

    def select(self, places: Sequence[int] | Ints) -> "OverlapTable":
        """The table of some images, in the order of `places`."""
        places = np.asarray(places, np.int64)
        truth, new_truth = _select_rows(self.truth, places, len(self))
        prediction, new_prediction = _select_rows(self.prediction, places, len(self))
        kept, _ = _rows_of(self.image, places, len(self))
        return OverlapTable(
            images=tuple(self.images[place] for place in places),
            truth=truth,
            prediction=prediction,
            truth_row=new_truth[self.truth_row[kept]],
            prediction_row=new_prediction[self.prediction_row[kept]],
            pixels=self.pixels[kept],
        )


def overlap_table(truth: Segmentation, prediction: Segmentation, image: ImageKey) -> OverlapTable:
    """The table of one image. `InvalidSegmentation` when the sizes differ.

    Truth and prediction may have different label sets; `map_prediction` says the prediction in the truth's.
    """
    truth_row, prediction_row, pixels = sparse_overlap(truth, prediction)
    return OverlapTable(
        images=(image,),
        truth=_side(truth),
        prediction=_side(prediction),
        truth_row=truth_row,
        prediction_row=prediction_row,
        pixels=pixels,
    )


def joined(tables: Iterable[OverlapTable]) -> OverlapTable:
    """The tables of several images as one, in order; at least one.

    Raises `LabelError` when their label sets differ, `InvalidSegmentation` when two are of one image.
    """
    tables = tuple(tables)
    if not tables:
        raise InvalidSegmentation("there are no tables to join; expected at least one")
    images = tuple(image for table in tables for image in table.images)
    if len({image.id for image in images}) < len(images):
        ids = [image.id for image in images]
        twice = next(number for number in ids if ids.count(number) > 1)
        raise InvalidSegmentation(f"image {twice!r} is in two of the tables; each image counts once")
    starts = _starts([len(table) for table in tables])
    truth_starts = _starts([len(table.truth) for table in tables])
    prediction_starts = _starts([len(table.prediction) for table in tables])
    return OverlapTable(
        images=images,
        truth=_joined_sides([table.truth for table in tables], starts),
        prediction=_joined_sides([table.prediction for table in tables], starts),
        truth_row=np.concatenate([t.truth_row + n for t, n in zip(tables, truth_starts, strict=True)]),
        prediction_row=np.concatenate([t.prediction_row + n for t, n in zip(tables, prediction_starts, strict=True)]),
        pixels=np.concatenate([table.pixels for table in tables]),
    )


def _side(seg: Segmentation) -> Side:
    n = len(seg) + 1
    area = np.empty(n, np.int64)
    area[0], area[1:] = seg.void_area(), seg.areas()
    return Side(
        labels=seg.labels,
        image=np.zeros(n, np.int64),
        label=np.array([VOID, *(segment.label for segment in seg.segments)], np.int64),
        crowd=np.array([False, *(segment.crowd for segment in seg.segments)], np.bool_),
        area=area,
        stated=area.astype(np.float64),
    )


def _joined_sides(sides: Sequence[Side], starts: Sequence[int]) -> Side:
    first = sides[0].labels
    other = next((side.labels for side in sides if side.labels is not first and side.labels != first), None)
    if other is not None:
        raise LabelError(f"tables of the label sets {first.name!r} and {other.name!r} (or versions of it) do not add")
    columns: dict[str, NDArray[Any]] = {
        column.name: np.concatenate([getattr(side, column.name) for side in sides])
        for column in fields(Side)
        if column.name not in ("labels", "image")
    }
    image = np.concatenate([side.image + n for side, n in zip(sides, starts, strict=True)])
    return Side(labels=first, image=image, **columns)


def _select_rows(side: Side, places: Ints, n: int) -> tuple[Side, Ints]:
    """The rows of some images, and the new row of each old one (0 where it has none)."""
    kept, image = _rows_of(side.image, places, n)
    new = np.zeros(len(side), np.int64)
    new[kept] = np.arange(len(kept))
    columns = {name: getattr(side, name)[kept] for name in ("label", "crowd", "area", "stated")}
    return Side(labels=side.labels, image=image, **columns), new


def _rows_of(image: Ints, places: Ints, n: int) -> tuple[Ints, Ints]:
    """Rows whose image is among `places`, in that order, and the place in `places` of each."""
    ends = np.searchsorted(image, np.arange(n + 1))
    begins, lengths = ends[places], (ends[1:] - ends[:-1])[places]
    of_place = np.repeat(np.arange(len(places)), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return begins[of_place] + within, of_place


def _starts(lengths: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(lengths).tolist()][:-1]
