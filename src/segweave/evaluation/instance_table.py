"""`InstanceTable`: the instances of truth and prediction of many images, as columns; what mask AP is computed from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation, LabelError
from segweave.labels import LabelMap, LabelSet
from segweave.segmentation import ImageKey, Instances, Rle, Segmentation, panoptic_to_instances
from segweave.segmentation.overlap_table import Bools, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class InstanceSide:
    """The instances of one side, one row each, image by image, in the order of their file.

    labels: what `label` points into. image: (r,) place among the table's images. area: (r,) px, as the file states
    it, else as counted. score: (r,) NaN where none is given. masks: r of them.
    """

    labels: LabelSet
    image: Ints
    label: Ints
    crowd: Bools
    area: Floats
    score: Floats
    masks: tuple[Rle, ...]

    def __len__(self) -> int:
        """Number of instances."""
        return len(self.label)

    def rows(self, kept: Ints, image: Ints, label: Ints) -> "InstanceSide":
        """Some rows, in the order of `kept`, at other images and with other labels."""
        return InstanceSide(
            labels=self.labels,
            image=image,
            label=label,
            crowd=self.crowd[kept],
            area=self.area[kept],
            score=self.score[kept],
            masks=tuple(self.masks[k] for k in kept.tolist()),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class InstanceTable:
    """The instances of both sides. Tables of different images add; a table pickles.

    void: one mask an image of the truth's pixels that nobody labelled, None where there are none or nobody knows.
    """

    images: tuple[ImageKey, ...]
    truth: InstanceSide
    prediction: InstanceSide
    void: tuple[Rle | None, ...]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def __add__(self, other: Self) -> "InstanceTable":
        return joined_instances((self, other))

    def select(self, places: Sequence[int] | Ints) -> "InstanceTable":
        """The table of some images, in the order of `places`."""
        places = np.asarray(places, np.int64)
        return InstanceTable(
            images=tuple(self.images[place] for place in places.tolist()),
            truth=_selected(self.truth, places, len(self)),
            prediction=_selected(self.prediction, places, len(self)),
            void=tuple(self.void[place] for place in places.tolist()),
        )


def instance_table(
    truth: Instances | Segmentation,
    prediction: Instances | Segmentation,
    image: ImageKey,
    *,
    areas: tuple[Sequence[float] | None, Sequence[float] | None] = (None, None),
) -> InstanceTable:
    """The table of one image. `InvalidSegmentation` when the sizes differ.

    A `Segmentation` gives its things. areas: px that files state of the instances of truth and prediction, which AP's
    size ranges go by; where there are none the pixels are counted. A prediction without a score counts as sure (1.0),
    so that AP then depends on the order of the instances.
    """
    if truth.size != prediction.size:
        raise InvalidSegmentation(f"truth and prediction are of sizes {truth.size} and {prediction.size}, not of one")
    void = None
    if isinstance(truth, Segmentation):
        void = Rle.from_mask(truth.ids == 0) if truth.void_area() else None
    return InstanceTable(
        images=(image,), truth=_side(truth, areas[0]), prediction=_side(prediction, areas[1]), void=(void,)
    )


def joined_instances(tables: Iterable[InstanceTable]) -> InstanceTable:
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
    starts = [0, *np.cumsum([len(table) for table in tables]).tolist()][:-1]
    return InstanceTable(
        images=images,
        truth=_joined_sides([table.truth for table in tables], starts),
        prediction=_joined_sides([table.prediction for table in tables], starts),
        void=tuple(void for table in tables for void in table.void),
    )


def map_prediction_instances(table: InstanceTable, label_map: LabelMap) -> InstanceTable:
    """The same table with the prediction said in another label set; instances of labels that map to nothing go.

    Raises `LabelError` when `label_map` starts from another label set than the prediction's.
    """
    side = table.prediction
    if label_map.source != side.labels:
        raise LabelError(f"the map starts from {label_map.source.name!r}; the prediction has {side.labels.name!r}")
    targets = np.array([-1 if t is None else t for t in label_map.targets], np.int64)
    label = targets[side.label] if len(side) else side.label
    kept = np.flatnonzero(label >= 0)
    new = side.rows(kept, side.image[kept], label[kept])
    mapped = InstanceSide(
        labels=label_map.target,
        image=new.image,
        label=new.label,
        crowd=new.crowd,
        area=new.area,
        score=new.score,
        masks=new.masks,
    )
    return InstanceTable(images=table.images, truth=table.truth, prediction=mapped, void=table.void)


def _side(result: Instances | Segmentation, areas: Sequence[float] | None) -> InstanceSide:
    found = panoptic_to_instances(result) if isinstance(result, Segmentation) else result
    n = len(found)
    if areas is not None and len(areas) != n:
        raise InvalidSegmentation(f"found {len(areas)} stated areas for {n} instances")
    scores = [np.nan if segment.score is None else segment.score for segment in found.segments]
    return InstanceSide(
        labels=found.labels,
        image=np.zeros(n, np.int64),
        label=np.array([segment.label for segment in found.segments], np.int64),
        crowd=np.array([segment.crowd for segment in found.segments], np.bool_),
        area=found.areas().astype(np.float64) if areas is None else np.asarray(areas, np.float64),
        score=np.array(scores, np.float64),
        masks=found.masks,
    )


def _joined_sides(sides: Sequence[InstanceSide], starts: Sequence[int]) -> InstanceSide:
    first = sides[0].labels
    other = next((side.labels for side in sides if side.labels is not first and side.labels != first), None)
    if other is not None:
        raise LabelError(f"tables of the label sets {first.name!r} and {other.name!r} (or versions of it) do not add")
    return InstanceSide(
        labels=first,
        image=np.concatenate([side.image + n for side, n in zip(sides, starts, strict=True)]),
        label=np.concatenate([side.label for side in sides]),
        crowd=np.concatenate([side.crowd for side in sides]),
        area=np.concatenate([side.area for side in sides]),
        score=np.concatenate([side.score for side in sides]),
        masks=tuple(mask for side in sides for mask in side.masks),
    )


def _selected(side: InstanceSide, places: Ints, n: int) -> InstanceSide:
    ends = np.searchsorted(side.image, np.arange(n + 1))
    ranges = [np.arange(ends[place], ends[place + 1]) for place in places.tolist()]
    kept = np.concatenate(ranges) if ranges else np.zeros(0, np.int64)
    image = np.repeat(np.arange(len(places)), [len(found) for found in ranges])
    return side.rows(kept, image, side.label[kept])
