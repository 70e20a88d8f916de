"""What files say: images, videos, data sets and results, read and written."""

from segweave.formats.coco_panoptic import (
    AnnotationEntry,
    ImageEntry,
    SegmentEntry,
    annotation_entry,
    image_entry,
    save_index,
)
from segweave.formats.coco_panoptic_reader import open_coco_panoptic
from segweave.formats.coco_results import ResultEntry, result_entries, save_results
from segweave.formats.dataset import Dataset, Extra, Note, Sample
from segweave.formats.format import Format
from segweave.formats.holds import Holds
from segweave.formats.id_png import read_id_png, write_id_png
from segweave.formats.images import MAX_PIXELS, Photo, from_pillow, image_size, read_image
from segweave.formats.pictures import write_png
from segweave.formats.save import save_dataset
from segweave.formats.segments_csv import SegmentRow, save_segments, segment_rows
from segweave.formats.sources import Source, find_sources
from segweave.formats.table import FORMATS, detect, format_named, open_dataset
from segweave.formats.video import frame_count, read_frames

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "AnnotationEntry",
    "Dataset",
    "Extra",
    "Format",
    "Holds",
    "ImageEntry",
    "Note",
    "Photo",
    "ResultEntry",
    "Sample",
    "SegmentEntry",
    "SegmentRow",
    "Source",
    "annotation_entry",
    "detect",
    "find_sources",
    "format_named",
    "frame_count",
    "from_pillow",
    "image_entry",
    "image_size",
    "open_coco_panoptic",
    "open_dataset",
    "read_frames",
    "read_id_png",
    "read_image",
    "result_entries",
    "save_dataset",
    "save_index",
    "save_results",
    "save_segments",
    "segment_rows",
    "write_id_png",
    "write_png",
]
