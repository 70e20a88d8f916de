"""Learning co-occurrence counts: two models over a labelled data set, image by image, resumable."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segweave.combine.cooccurrence import CooccurrenceCounts, count_cooccurrence
from segweave.combine.provenance import Provenance
from segweave.errors import FormatError, LabelError, SegweaveError, UsageError
from segweave.formats import Dataset
from segweave.models.identity import model_id, preprocess_id
from segweave.models.labelled import LabelledPhoto, labelled_photos
from segweave.models.predict import Model
from segweave.models.woven import semantic

_AT = " up to place "


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lesson:
    """What is learnt from. data: images whose truth is in the secondary's labels; name: what the data set is called;
    source: what its truth says before it is mapped to these labels, and how. shard: (i, n), every n-th image from the
    i-th on, counted from 1."""

    primary: Model
    secondary: Model
    data: Dataset
    name: str
    source: str = ""
    shard: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if self.data.labels.names != self.secondary.labels.names:
            raise LabelError(
                f"{self.name}: its labels are {self.data.labels.name!r}, the secondary's"
                f" {self.secondary.labels.name!r}; say the truth in the secondary's labels with --map"
            )

    @property
    def data_id(self) -> str:
        """What the data set is called in the counts: one of the same name with other images is another one."""
        known = "\n".join((self.source, *(f"{name.id} {name.stem}" for name in self.data.names())))
        return f"{self.name} ({len(self.data)} images, {hashlib.sha256(known.encode()).hexdigest()[:8]})"

    @property
    def part(self) -> str:
        """What this shard is called in the counts."""
        return f"{self.data_id} {self.shard[0]}/{self.shard[1]}"

    @property
    def places(self) -> range:
        """The images of this shard."""
        return range(self.shard[0] - 1, len(self.data), self.shard[1])

    def nothing(self) -> CooccurrenceCounts:
        """Counts of no image yet."""
        m, n = len(self.primary.labels), len(self.secondary.labels)
        provenance = Provenance(
            primary=model_id(self.primary),
            secondary=model_id(self.secondary),
            primary_labels=self.primary.labels.names,
            secondary_labels=self.secondary.labels.names,
            primary_preprocess=preprocess_id(self.primary),
            secondary_preprocess=preprocess_id(self.secondary),
            data=(self.data_id,),
        )
        return CooccurrenceCounts(
            pixels=np.zeros((m, n, n), np.int64), images=np.zeros((m, n), np.int64), provenance=provenance
        )


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """How far a lesson has come. done: images of the shard that are behind. error: why the last one was left out."""

    counts: CooccurrenceCounts
    done: int
    error: SegweaveError | None = None


def learn(lesson: Lesson, start: Learnt | None = None) -> Iterator[Learnt]:
    """Count image after image from where `start` stopped; yields the sum after each. A broken image is passed over."""
    known = start or Learnt(lesson.nothing(), 0)
    photos = labelled_photos(lesson.data, lesson.places[known.done :])
    for done, found in enumerate(photos, start=known.done + 1):
        try:
            known = Learnt(known.counts + _count(lesson, found), done)
        except SegweaveError as error:
            known = Learnt(known.counts, done, error)
        yield known


def finished(lesson: Lesson, learnt: Learnt) -> CooccurrenceCounts:
    """The counts with their part named; `FormatError` where no image could be counted, or no pixel of any."""
    if not learnt.counts.provenance.n_images:
        shard = f" in shard {lesson.shard[0]}/{lesson.shard[1]}" if lesson.shard != (1, 1) else ""
        why = f": {learnt.error}" if learnt.error else f"; there is none{shard}"
        raise FormatError(f"{lesson.name}: no image could be counted{why}")
    if not learnt.counts.pixels.any() and lesson.shard == (1, 1):  # a shard may be of such images alone
        why = "the truth or one of the models is void everywhere; look at the label map"
        raise FormatError(f"{lesson.name}: no pixel could be counted: {why}")
    return _of_parts(learnt.counts, lesson.part)


def save_unfinished(lesson: Lesson, learnt: Learnt, path: Path) -> None:
    """Keep how far a lesson has come, for `resumed`."""
    _of_parts(learnt.counts, f"{lesson.part}{_AT}{learnt.done}").save(path)


def resumed(lesson: Lesson, path: Path) -> Learnt:
    """How far the lesson that `save_unfinished` kept had come; `UsageError` where it was another one."""
    counts = CooccurrenceCounts.load(path)
    expected = lesson.nothing().provenance
    (part, _, place) = (counts.provenance.parts or ("",))[0].rpartition(_AT)
    same = replace(counts.provenance, parts=(), n_images=0) == expected
    if not same or part != lesson.part or not place.isdecimal():
        found = f"{counts.provenance.primary} with {counts.provenance.secondary} on {part or 'something else'}"
        raise UsageError(f"{path}: is of {found}; this is another run: leave out --resume to begin anew")
    return Learnt(_of_parts(counts), int(place))


def _count(lesson: Lesson, found: LabelledPhoto | SegweaveError) -> CooccurrenceCounts:
    if isinstance(found, SegweaveError):
        raise found
    return count_cooccurrence(
        semantic(lesson.primary.network, found.photograph).label_indices(),
        semantic(lesson.secondary.network, found.photograph).label_indices(),
        found.truth,
        n_primary=len(lesson.primary.labels),
        n_secondary=len(lesson.secondary.labels),
        void=-1,
    )


def _of_parts(counts: CooccurrenceCounts, *parts: str) -> CooccurrenceCounts:
    return replace(counts, provenance=replace(counts.provenance, parts=parts))
