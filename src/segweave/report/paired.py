"""`Paired`: a truth and a prediction, image by image."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.formats import Dataset, Sample
from segweave.formats.coco_results_sample import box_areas
from segweave.formats.pairing import Pairing
from segweave.formats.panoptic_tables import index_of, panoptic_table
from segweave.formats.stated_areas import Areas
from segweave.labels import LabelMap
from segweave.segmentation import OverlapTable

StatedAreas = tuple[tuple[float, ...] | None, tuple[float, ...] | None]
"""px of the truth's and of the prediction's instances; None where the file states none."""

_FAULTS = ("empty-segment", "unlisted-pixels", "unknown-label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side: its data set and where it is. areas: what the file states of its instances."""

    data: Dataset
    path: Path
    areas: Areas | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Images that truth and prediction share, in the truth's order.

    label_map: from the prediction's labels to the truth's. lenient: labels without a counterpart are void, as
    somebody said so in a map; else a segment of one is an error.
    """

    truth: Side
    prediction: Side
    pairing: Pairing
    label_map: LabelMap
    lenient: bool

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.pairing.places)

    def shard(self, first: int, of: int) -> "Paired":
        """Every `of`-th pair from the `first`-th on, counted from 1."""
        return self._with(self.pairing.places[first - 1 :: of])

    def without(self, images: Collection[int | str]) -> "Paired":
        """The pairs of other images, by the truth's ids."""
        keys = [self.key(place) for place in range(len(self))]
        return self._with(tuple(p for p, key in zip(self.pairing.places, keys, strict=True) if key not in images))

    def _with(self, places: tuple[tuple[int, int], ...]) -> "Paired":
        return replace(self, pairing=replace(self.pairing, places=places))

    def key(self, place: int) -> int | str:
        """The truth's id of a pair."""
        data = self.truth.data
        return data.name(data.places[self.pairing.places[place][0]]).id

    def samples(self, place: int) -> tuple[Sample, Sample]:
        """Both samples of a pair; `FormatError` for sizes that differ and for a prediction that is not sound."""
        there, here = self.pairing.places[place]
        truth, prediction = self.truth.data[there], self.prediction.data[here]
        where = f"image {truth.image_id!r}"
        if truth.size != prediction.size:
            raise FormatError(
                f"{where}: {self.truth.path} has {truth.size} pixels (height, width), {self.prediction.path}"
                f" {prediction.size}; they must be equal"
            )
        fault = next((note for note in prediction.notes if note.kind in _FAULTS), None)
        if fault is not None:
            raise FormatError(f"{fault}; expected a prediction without such")
        self._check_labels({segment.label for segment in prediction.truth.segments}, truth.image_id)
        return truth, prediction

    def _check_labels(self, used: set[int], image: int | str) -> None:
        if self.lenient:
            return
        strange = next((i for i in sorted(used) if i >= 0 and self.label_map.targets[i] is None), None)
        if strange is not None:
            name = self.label_map.source[strange].name
            raise LabelError(
                f"image {image!r}: the prediction {self.prediction.path} has the label {name!r}, which the truth's"
                f" {self.label_map.target.name!r} has not; say what it is with a map (`segweave labels suggest` drafts)"
            )

    def file_table(self, place: int) -> OverlapTable | None:
        """The table of a pair of COCO panoptic files, counted as they list their segments; None for other files.

        The prediction is still in its own labels. No segmentations are made, which is what makes it fast.
        """
        truth_index, prediction_index = index_of(self.truth.data), index_of(self.prediction.data)
        if truth_index is None or prediction_index is None:
            return None
        there, here = self.pairing.places[place]
        places = self.truth.data.places[there], self.prediction.data.places[here]
        table = panoptic_table((truth_index, places[0]), (prediction_index, places[1]))
        self._check_labels(set(table.prediction.label.tolist()), table.images[0].id)
        return table

    def areas(self, place: int, truth: Sample, prediction: Sample) -> StatedAreas:
        """What the files state of the instances of a pair, for COCO's size ranges."""
        stated = None
        if self.truth.areas is not None:
            of_image = self.truth.areas.get(truth.image_id, {})
            pairs = zip(truth.truth.segments, truth.truth.areas().tolist(), strict=True)
            stated = tuple(float(of_image.get(segment.source_id or "", area)) for segment, area in pairs)
        here = self.prediction.data.places[self.pairing.places[place][1]]
        return stated, box_areas(self.prediction.data, prediction, here)
