"""Pictures of results: colours, overlays with names, legends, and figures of both."""

from segweave.draw.figure import figure
from segweave.draw.legend import LegendRow, legend, legend_rows
from segweave.draw.names import PlacedName, place_names
from segweave.draw.overlay import overlay
from segweave.draw.palette import colorblind_colors, label_colors, segment_colors

__all__ = [
    "LegendRow",
    "PlacedName",
    "colorblind_colors",
    "figure",
    "label_colors",
    "legend",
    "legend_rows",
    "overlay",
    "place_names",
    "segment_colors",
]
