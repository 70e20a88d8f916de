"""`Instances`: masks of one image that may overlap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segweave.errors import InvalidSegmentation
from segweave.labels import LabelSet
from segweave.segmentation.rle import Rle
from segweave.segmentation.segmentation import Segment, check_labels, checked_size, summary


@dataclass(frozen=True, slots=True, repr=False)
class Instances:
    """Scored masks of one image that MAY overlap: Mask R-CNN-like results, COCO polygons.

    size: (height, width) px. masks: one `Rle` each, all of that size, none empty. segments: what each mask is, in
    the same order. labels: the `LabelSet` that `Segment.label` points into.

    >>> from segweave.labels import Label, LabelSet
    >>> labels = LabelSet("pets", (Label(name="cat", is_thing=True),))
    >>> mask = Rle.from_mask(np.array([[0, 1], [0, 1]]))
    >>> cats = Instances((2, 2), (mask,), (Segment(label=0, score=0.8),), labels)
    >>> len(cats), cats.areas().tolist(), cats.boxes().tolist()
    (1, [2], [[0, 1, 2, 2]])
    """

    size: tuple[int, int]
    masks: tuple[Rle, ...]
    segments: tuple[Segment, ...]
    labels: LabelSet

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", checked_size(self.size))
        object.__setattr__(self, "masks", tuple(self.masks))
        object.__setattr__(self, "segments", tuple(self.segments))
        if len(self.masks) != len(self.segments):
            raise InvalidSegmentation(f"found {len(self.masks)} masks for {len(self.segments)} segments")
        check_labels(self.segments, self.labels)
        for k, mask in enumerate(self.masks):
            if mask.size != self.size:
                raise InvalidSegmentation(f"mask {k} is {mask.size}; the image is {self.size} (height, width)")
            if not mask.area():
                raise InvalidSegmentation(f"mask {k} is empty; leave it out")

    def __len__(self) -> int:
        """Number of instances."""
        return len(self.segments)

    def __repr__(self) -> str:
        return f"<Instances {summary(self.size, self.segments, self.labels)}>"

    def areas(self) -> NDArray[np.int64]:
        """(n,) int64: pixels of each mask, hidden ones counted too."""
        return np.array([mask.area() for mask in self.masks], np.int64)

    def boxes(self) -> NDArray[np.int64]:
        """(n, 4) int64: (top, left, bottom, right) of each mask, px, half-open."""
        return np.array([mask.box() for mask in self.masks], np.int64).reshape(-1, 4)

    def mask(self, index: int) -> NDArray[np.bool_]:
        """(H, W) bool: the pixels of instance `index`."""
        if not 0 <= index < len(self):
            raise IndexError(f"instance {index} of {len(self)}: an index counts from 0")
        return self.masks[index].mask()

    def label_names(self) -> tuple[str, ...]:
        """(n,) English label name of each instance."""
        return tuple(self.labels[s.label].name for s in self.segments)
