"""`Dataset`: images with their truth, read one at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, overload

from segweave.errors import FormatError
from segweave.labels import LabelSet
from segweave.segmentation import Instances, Segmentation

NoteKind = Literal[
    "assumed",  # the file does not say, this was taken
    "cannot-hold",  # the format written to has no place for it
    "crowd-on-stuff",
    "duplicate",  # the same segment twice
    "empty-segment",  # listed, but has no pixel
    "image-missing",
    "image-turned",  # the truth was drawn on the photograph before its EXIF orientation was applied
    "not-a-region",  # points, lines, skeletons
    "overlap",  # pixels hidden by another segment
    "repaired",  # by `segweave check --fix`
    "shape-clipped",  # reaches out of the image, or encloses no pixel's centre
    "stuff-fused",  # several segments of one stuff label
    "unknown-label",  # not in the label set; its pixels are void
    "unlisted-pixels",  # pixels of an id that nothing lists; they are void
    "void-label",  # a label that stands for void: "unlabeled", "__ignore__", deleted shapes
    "wrong-area",  # the area in the file is not that of the pixels
    "wrong-size",
]
"""What a note is about, for `segweave check` and for counting."""

Severity = Literal["info", "warning", "error"]
"""info: nothing of the truth is lost. warning: something is lost or changed. error: the files contradict themselves."""

_INFO: frozenset[NoteKind] = frozenset({"assumed", "image-missing", "repaired", "void-label"})
_ERROR: frozenset[NoteKind] = frozenset(
    {"duplicate", "empty-segment", "unknown-label", "unlisted-pixels", "wrong-area", "wrong-size"}
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader or writer dropped or changed. place: image or segment, "" for the file as a whole.

    >>> print(Note(Path("panoptic.json"), "image 7, segment 3", "has no pixels; dropped", "empty-segment"))
    panoptic.json: image 7, segment 3: has no pixels; dropped
    """

    file: Path
    place: str
    reason: str
    kind: NoteKind

    @property
    def severity(self) -> Severity:
        """How bad it is, by kind."""
        return "info" if self.kind in _INFO else "error" if self.kind in _ERROR else "warning"

    def __str__(self) -> str:
        return ": ".join(part for part in (str(self.file), self.place, self.reason) if part)


@dataclass(frozen=True, slots=True)
class Extra:
    """What a file says of an image beyond what segweave has words for. Only a writer of the same format reads it.

    format: its name in `FORMATS`. text: JSON, of a shape that only that format knows.
    """

    format: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image with what is in it.

    image_path: None where the image is not at hand. image_name: its name in the data set (relative, `/` between
    folders), "" where none is known. size: (height, width) px, the same as the truth's. image_id: the data set's own
    number or name for it. notes: what could not be kept of this image. extra: what only the same format can keep.
    """

    image_path: Path | None
    size: tuple[int, int]
    truth: Segmentation | Instances
    image_id: int | str
    image_name: str = ""
    notes: tuple[Note, ...] = ()
    extra: Extra | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", tuple(self.size))
        if self.truth.size != self.size:
            raise FormatError(f"image {self.image_id}: is {self.size} (height, width), its truth {self.truth.size}")


@dataclass(frozen=True, slots=True)
class ImageName:
    """What an image is called in its data set. id: as `Sample.image_id`.

    stem: as `Sample.image_name` without the suffix of an image, "" where nobody knows without reading the image.
    """

    id: int | str
    stem: str


def names_by_stem(stems: Sequence[str]) -> tuple[ImageName, ...]:
    """Names of images that have no ids of their own: the last parts of their stems, where two share one the stems.

    >>> [name.id for name in names_by_stem(["train/a", "val/b"])], [name.id for name in names_by_stem(["x/1", "y/1"])]
    (['a', 'b'], ['x/1', 'y/1'])
    """
    last = [stem.rpartition("/")[2] for stem in stems]
    return tuple(map(ImageName, last if len(set(last)) == len(last) else stems, stems))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A sequence of samples, read when they are asked for: `len`, iteration, `data[3]`, `data[10:20]`.

    labels: of every sample. notes: what could not be kept of the data set as a whole; a sample carries its own.
    load: reads the sample at a place in the file. name: what the image there is called, from what opening has read;
    it raises `FormatError` where the file calls it nothing usable. places: the places this data set goes through.

    >>> import numpy as np
    >>> labels = LabelSet("none", ())
    >>> empty = Segmentation(np.zeros((2, 2), np.int32), (), labels)
    >>> def load(i):
    ...     return Sample(image_path=None, size=(2, 2), truth=empty, image_id=i, image_name=f"{i}.jpg")
    >>> data = Dataset(labels, (), load, lambda i: ImageName(i, str(i)), range(9))
    >>> len(data), data[-1].image_id, [s.image_id for s in data[1:7:2]]
    (9, 8, [1, 3, 5])
    >>> data[7:].names()
    (ImageName(id=7, stem='7'), ImageName(id=8, stem='8'))
    """

    labels: LabelSet
    notes: tuple[Note, ...]
    load: Callable[[int], Sample]
    name: Callable[[int], ImageName]
    places: range

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "Dataset": ...
    def __getitem__(self, index: int | slice) -> "Sample | Dataset":
        if isinstance(index, slice):
            return replace(self, places=self.places[index])
        return self.load(self.places[index])

    def names(self) -> tuple[ImageName, ...]:
        """What each image is called, in order: `names()[k]` is that of `data[k]`. No image is read."""
        return tuple(self.name(place) for place in self.places)

    def __iter__(self) -> Iterator[Sample]:
        return (self.load(place) for place in self.places)
