"""segweave: images in, what is where out. Semantic, instance and panoptic segmentation behind one result type.

>>> import segweave
>>> segweave.load_model("street").labels.name
'camvid11'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from segweave import combine, evaluation
    from segweave.formats import open_dataset, save_dataset

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
    "combine",
    "contact",
    "draw",
    "evaluation",
    "formats",
    "label_set",
    "labels",
    "load_model",
    "models",
    "open_dataset",
    "overlap",
    "read_image",
    "save_dataset",
    "segmentation",
    "table_names",
]


def __getattr__(name: str) -> Any:
    """Load what most users of the package do not need, when its name is first used (PEP 562)."""
    if name in ("open_dataset", "save_dataset"):
        return getattr(formats, name)
    if name in ("combine", "evaluation"):
        return import_module(f"segweave.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
