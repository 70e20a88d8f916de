"""Opening a prediction beside its truth, whose file says what the prediction's own file may leave out."""

from pathlib import Path

from segweave.formats.coco_panoptic_reader import open_coco_prediction
from segweave.formats.coco_results_reader import open_results_of
from segweave.formats.dataset import Dataset
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
        format = next(iter(detect(path)), None)
    if labels is None and format == "coco-panoptic" and (index := index_of(truth)) is not None:
        return open_coco_prediction(path, index.categories)
    truth_json = instances_json(truth)
    if labels is None and format == "coco-results" and truth_json is not None:
        return open_results_of(path, truth_json)
    return open_dataset(path, format, labels=labels)
