"""segweave: images in, what is where out. Semantic, instance and panoptic segmentation behind one result type.

>>> import segweave
>>> segweave.load_model("street").labels.name
'camvid11'
"""

from segweave import draw, formats, labels, models, segmentation
from segweave.errors import SegweaveError
from segweave.formats import read_image
from segweave.labels import Label, LabelMap, LabelSet, label_set, table_names
from segweave.models import load_model
from segweave.segmentation import (
    Instances,
    Rle,
    Segment,
    Segmentation,
    contact,
    overlap,
)

__version__ = "0.1.0"

__all__ = [
    "Instances",
    "Label",
    "LabelMap",
    "LabelSet",
    "Rle",
    "Segment",
    "Segmentation",
    "SegweaveError",
    "__version__",
    "contact",
    "draw",
    "formats",
    "label_set",
    "labels",
    "load_model",
    "models",
    "overlap",
    "read_image",
    "segmentation",
    "table_names",
]
