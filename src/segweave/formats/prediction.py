"""Opening a prediction beside its truth, whose file says what the prediction's own file may leave out."""

from pathlib import Path

from segweave.formats.coco_panoptic_reader import open_coco_prediction
from segweave.formats.coco_results_reader import open_results_of
from segweave.formats.dataset import Dataset
from segweave.formats.json_parts import load_json
from segweave.formats.panoptic_tables import index_of
from segweave.formats.stated_areas import instances_json
from segweave.formats.table import detect, open_dataset
from segweave.labels import LabelTable


def open_prediction(
    path: str | Path, format: str | None = None, *, truth: Dataset, labels: LabelTable | None = None
) -> Dataset:
    """Open a data set of any format as the prediction of `truth`; arguments and errors as `open_dataset`'s.

    COCO's evaluation takes two kinds of files that say less than data sets do: COCO panoptic without `categories`,
    and lists of detections, which know no images. Where the truth is a COCO file too, its categories and images count;
    an image without a detection is then one in which nothing was found.
    """
    path = Path(path)
    if format is None and path.exists():
        format = next(iter(detect(path)), None) or _of_truth(path, truth)
    if labels is None and format == "coco-panoptic" and (index := index_of(truth)) is not None:
        return open_coco_prediction(path, index.categories)
    truth_json = instances_json(truth)
    if labels is None and format == "coco-results" and truth_json is not None:
        return open_results_of(path, truth_json)
    return open_dataset(path, format, labels=labels)


def _of_truth(path: Path, truth: Dataset) -> str | None:
    """The truth's own format for a JSON file that lists nothing, so that nothing in it says what it is."""
    if path.suffix.lower() != ".json":
        return None
    data = load_json(path)
    if index_of(truth) is not None and isinstance(data, dict) and data.get("annotations") == []:
        return "coco-panoptic"
    return "coco-results" if data == [] and instances_json(truth) is not None else None
