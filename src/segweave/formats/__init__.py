"""What files say: images, videos, data sets and results, read and written.

The files behind these names are loaded when a name is first used: all formats together take longer to load than numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segweave.formats.images import MAX_PIXELS, Photo, from_pillow, image_size, read_image

if TYPE_CHECKING:
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
    from segweave.formats.pictures import write_grey, write_png
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
    "write_grey",
    "write_id_png",
    "write_png",
]

_HOME = {
    "AnnotationEntry": "coco_panoptic",
    "ImageEntry": "coco_panoptic",
    "SegmentEntry": "coco_panoptic",
    "annotation_entry": "coco_panoptic",
    "image_entry": "coco_panoptic",
    "save_index": "coco_panoptic",
    "open_coco_panoptic": "coco_panoptic_reader",
    "ResultEntry": "coco_results",
    "result_entries": "coco_results",
    "save_results": "coco_results",
    "Dataset": "dataset",
    "Extra": "dataset",
    "Note": "dataset",
    "Sample": "dataset",
    "Format": "format",
    "Holds": "holds",
    "read_id_png": "id_png",
    "write_id_png": "id_png",
    "write_grey": "pictures",
    "write_png": "pictures",
    "save_dataset": "save",
    "SegmentRow": "segments_csv",
    "save_segments": "segments_csv",
    "segment_rows": "segments_csv",
    "Source": "sources",
    "find_sources": "sources",
    "FORMATS": "table",
    "detect": "table",
    "format_named": "table",
    "open_dataset": "table",
    "frame_count": "video",
    "read_frames": "video",
}
"""Which file of this room each name comes from."""


def __getattr__(name: str) -> Any:
    """Load the file that a name comes from (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
