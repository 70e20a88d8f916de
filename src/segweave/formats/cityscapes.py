"""Cityscapes: PNGs of label ids and of label * 1000 + n, polygons in painter's order, and panoptic files.

Cordts et al. 2016, "The Cityscapes Dataset"; the files as https://github.com/mcordts/cityscapesScripts makes and
reads them. Label ids are those of the shipped table `cityscapes`: 19 labels, all others void (`trailer`, `out of roi`,
`license plate`, ...). In instanceIds a number below 1000 of a thing label is a crowd ("cargroup"). `_color.png` is for
people and is never decoded. Other label sets have the ids 1..n, and a `NAME.labels.csv` in the root.

`cityscapes_layout.py` finds the files, `_reader`, `_polygons` and `_panoptic` read them, `_writer` writes them.
"""

from segweave.formats.cityscapes_layout import has_truths
from segweave.formats.cityscapes_reader import open_cityscapes
from segweave.formats.cityscapes_writer import CityscapesWriter
from segweave.formats.format import Format
from segweave.formats.holds import Holds

FORMAT = Format(
    name="cityscapes",
    title="Cityscapes: PNGs of label ids and instance ids, polygons, panoptic files",
    holds=Holds(crowd="one a label"),
    index="",
    recognise=has_truths,
    open=open_cityscapes,
    writer=CityscapesWriter,
)
