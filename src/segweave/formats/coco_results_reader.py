"""Reading and writing COCO results as a data set: `coco_results.py` says what the format is.

The list of detections knows neither images nor categories, so that we write `NAME.images.json` beside `NAME.json`, with
`images` and `categories` as in COCO's other files; `predict` writes `images.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from segweave.errors import FormatError
from segweave.formats.coco_categories import Categories, ids_of_table, read_categories
from segweave.formats.coco_files import Photographs, images_by_id, is_json_list
from segweave.formats.coco_panoptic import check_image_ids, image_entry, save_index
from segweave.formats.coco_results import result_entries, save_results
from segweave.formats.coco_results_sample import ImageId, ResultsIndex, load_sample, result_name
from segweave.formats.dataset import Dataset, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.json_parts import Entry, entry_of, load_json, name_or_number, shown
from segweave.formats.json_sketch import json_files, json_keys
from segweave.labels import LabelSet, LabelTable, label_table
from segweave.segmentation import Instances

_NEEDED = {"image_id", "category_id", "score"}


@dataclass(frozen=True, slots=True)
class _Side:
    """A file beside the detections that lists their images and categories."""

    path: Path
    data: Entry
    images: dict[ImageId, Entry]


def open_coco_results(path: Path, /, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a list of detections, or the folder that holds one; samples are `Instances` with scores.

    labels: what the category ids mean. Without it a file beside the list that has all its images and categories says
    it (`NAME.images.json`, `images.json`, or the truth); else the ids must be those of COCO. The size of an image is
    what that file says, that of its masks, or that of its photograph; image ids are looked for as photographs too
    (`000000000042.jpg`). images: a folder of photographs to look in before the usual places.

    Kept as a `Note`: detections that are boxes only, that have a mask without pixels or of another size, or whose
    category is unknown (dropped). Everything else that does not fit raises `FormatError`.
    """
    path, detections = _detections(path)
    side = _first_fitting([*_own_side_files(path), *json_files(path.parent)], path, detections)
    categories = _categories(path, detections, labels, side)
    return _dataset(path, detections, categories, side=side, images=images)


def open_results_of(path: Path, truth_json: Path) -> Dataset:
    """`open_coco_results` for a prediction of a truth that is a COCO file.

    Where segweave has written no file beside the list, the truth's `images` and `categories` count. Raises
    `FormatError` for a detection in an image that neither the truth nor another file beside the list has.
    """
    path, detections = _detections(path)
    side = _first_fitting([*_own_side_files(path), truth_json, *json_files(path.parent)], path, detections)
    if side is None:
        data = entry_of(load_json(truth_json), str(truth_json))
        side = _Side(truth_json, data, images_by_id(data, truth_json))
        stranger = next((number for number in detections if number not in side.images), None)
        if stranger is not None:
            raise FormatError(f"{path}: has detections in image {stranger!r}, which is not in {truth_json}")
    return _dataset(path, detections, read_categories(side.data, side.path, given=None), side=side, images=None)


def _detections(path: Path) -> tuple[Path, dict[ImageId, list[Entry]]]:
    path = _only_list(path)
    rows = load_json(path)
    if not isinstance(rows, list):
        raise FormatError(f"{path}: expected a list of detections; found {shown(rows)}")
    detections: dict[ImageId, list[Entry]] = {}
    for i, value in enumerate(rows):
        row = entry_of(value, f"{path}: [{i}]")
        detections.setdefault(name_or_number(row, "image_id", f"{path}: [{i}]"), []).append(row)
    return path, detections


def _dataset(
    path: Path,
    detections: Mapping[ImageId, list[Entry]],
    categories: Categories,
    *,
    side: _Side | None,
    images: Path | None,
) -> Dataset:
    known: dict[ImageId, Entry] = side.images if side else {number: {} for number in detections}
    index = ResultsIndex(
        path, categories, tuple(known.items()), detections, Photographs.near(side.path if side else path, images)
    )
    load, name = partial(load_sample, index), partial(result_name, index)
    return Dataset(categories.labels, categories.notes, load, name, range(len(known)))


def _own_side_files(path: Path) -> list[Path]:
    return [path.with_name(f"{path.stem}.images.json"), path.with_name("images.json")]


def _first_fitting(files: Sequence[Path], path: Path, detections: Mapping[ImageId, list[Entry]]) -> _Side | None:
    """The first JSON that has images and categories, and all those that the detections name."""
    used = {row.get("category_id") for rows in detections.values() for row in rows if _is_int(row.get("category_id"))}
    for file in dict.fromkeys(files):
        if not file.is_file() or file == path or is_json_list(file) or not {"images", "categories"} & json_keys(file):
            continue
        data = load_json(file)
        if not isinstance(data, dict) or not all(isinstance(data.get(key), list) for key in ("images", "categories")):
            continue
        images = images_by_id(data, file)
        listed = {row.get("id") for row in data["categories"] if isinstance(row, dict) and _is_int(row.get("id"))}
        if images.keys() >= detections.keys() and listed >= used:
            return _Side(file, data, images)
    return None


def _categories(
    path: Path, detections: Mapping[ImageId, list[Entry]], labels: LabelTable | None, side: _Side | None
) -> Categories:
    if side is not None:
        return read_categories(side.data, side.path, given=labels)
    if labels is not None:
        return Categories(labels.labels, ids_of_table(labels))
    used = {row.get("category_id") for rows in detections.values() for row in rows if _is_int(row.get("category_id"))}
    for name in ("coco", "coco_panoptic"):
        table = label_table(name)
        if used <= set(table.source_ids):
            reason = f"are not listed; taken as those of {name!r} by the ids"
            return Categories(table.labels, ids_of_table(table), (Note(path, "categories", reason, "assumed"),))
    raise FormatError(
        f"{path}: nothing says what its category ids mean, and they are not COCO's; expected a file with 'images' and"
        f" 'categories' beside it, called {path.stem}.images.json, or a table of labels to be named"
    )


def _is_int(value: object) -> bool:
    return type(value) is int


def _only_list(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = [file for file in json_files(path) if is_results_file(file)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise FormatError(f"{path}: has no COCO results; expected a *.json with a list of detections with scores")
    names = ", ".join(str(file.relative_to(path)) for file in found)
    raise FormatError(f"{path}: holds {len(found)} COCO results files: {names}; name the one to read")


def is_results_file(path: Path) -> bool:
    """Is this a JSON list of detections? An empty list is, if the file beside it says for which images."""
    if not is_json_list(path):
        return False
    keys = json_keys(path)
    if not keys:
        beside = (path.with_name(f"{path.stem}.images.json"), path.with_name("images.json"))
        return any(file.is_file() for file in beside)
    return keys >= _NEEDED and bool(keys & {"segmentation", "bbox"})


def _recognise(path: Path) -> bool:
    return any(is_results_file(file) for file in json_files(path))


@dataclass(frozen=True, slots=True)
class ResultsWriter:
    """Writes `json_path` and, beside it, the images and categories it means; photographs go to `images/`."""

    json_path: Path
    labels: LabelSet

    def photograph(self, name: str, suffix: str) -> PurePosixPath:
        """In `images/`, under its own name."""
        return PurePosixPath("images", name + suffix)

    def write(self, sample: Sample, name: str) -> tuple[str, Sequence[Note]]:
        """The image's entries as JSON, for `finish`; no loss."""
        assert isinstance(sample.truth, Instances)
        image = image_entry(sample.image_id, sample.image_name, sample.size)
        return json.dumps([image, result_entries(sample.image_id, sample.truth)]), ()

    def finish(self, pieces: Sequence[str]) -> None:
        """Write the JSON; `FormatError` where two images have the same id."""
        pairs = [json.loads(piece) for piece in pieces]
        images = [image for image, _ in pairs]
        check_image_ids(images, self.json_path)
        side = self.json_path.with_name(f"{self.json_path.stem}.images.json")
        save_index(side, images=images, annotations=[], labels=self.labels)
        save_results(self.json_path, [row for _, rows in pairs for row in rows])


FORMAT = Format(
    name="coco-results",
    title="COCO results: one JSON list of detections with scores",
    holds=Holds(overlap=True, crowd="no", score="required"),
    index="results.json",
    recognise=_recognise,
    open=open_coco_results,
    writer=ResultsWriter,
)
