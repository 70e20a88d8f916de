"""Trained models with different label sets as one: class extension by co-occurrence and by odds, without training."""

from segweave.combine.cooccurrence import CooccurrenceCounts, Unseen, cooccurrence_rule, count_cooccurrence
from segweave.combine.extension import (
    Foreign,
    apply_table,
    extension_table,
    guarded_table,
    override_table,
    smoothed_probability,
)
from segweave.combine.odds import apply_odds, promote_odds
from segweave.combine.panoptic import panoptic_fpn
from segweave.combine.panoptic_head import HeadRule, panoptic_head
from segweave.combine.provenance import Provenance
from segweave.combine.stitch import stitch
from segweave.combine.stitch_instances import stitch_instances
from segweave.combine.tile_grid import Tile, TileGrid, tile_grid

__all__ = [
    "CooccurrenceCounts",
    "Foreign",
    "HeadRule",
    "Provenance",
    "Tile",
    "TileGrid",
    "Unseen",
    "apply_odds",
    "apply_table",
    "cooccurrence_rule",
    "count_cooccurrence",
    "extension_table",
    "guarded_table",
    "override_table",
    "panoptic_fpn",
    "panoptic_head",
    "promote_odds",
    "smoothed_probability",
    "stitch",
    "stitch_instances",
    "tile_grid",
]
