"""What was seen: one result type for three tasks, and the functions that count, edit and convert it."""

from segweave.segmentation import edit
from segweave.segmentation.assemble import assemble
from segweave.segmentation.contact import contact
from segweave.segmentation.convert import (
    from_label_indices,
    instances_to_panoptic,
    panoptic_to_instances,
    panoptic_to_semantic,
    semantic_to_panoptic,
)
from segweave.segmentation.instances import Instances
from segweave.segmentation.overlap import overlap, overlap_numpy
from segweave.segmentation.overlap_table import ImageKey, OverlapTable, Side, joined, overlap_table
from segweave.segmentation.polygons import Polygon, mask_to_polygons, polygons_to_mask
from segweave.segmentation.regroup import map_prediction, tidied
from segweave.segmentation.rle import Rle
from segweave.segmentation.segmentation import Ids, Segment, Segmentation

__all__ = [
    "Ids",
    "ImageKey",
    "Instances",
    "OverlapTable",
    "Polygon",
    "Rle",
    "Segment",
    "Segmentation",
    "Side",
    "assemble",
    "contact",
    "edit",
    "from_label_indices",
    "instances_to_panoptic",
    "joined",
    "map_prediction",
    "mask_to_polygons",
    "overlap",
    "overlap_numpy",
    "overlap_table",
    "panoptic_to_instances",
    "panoptic_to_semantic",
    "polygons_to_mask",
    "semantic_to_panoptic",
    "tidied",
]
