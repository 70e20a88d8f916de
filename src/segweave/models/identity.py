"""What a model is called where it must not be mixed up with another one."""

import hashlib
from pathlib import Path

from segweave.models.predict import Model


def model_id(model: Model) -> str:
    """Its name; of a file its own name and the beginning of its sha256, of a folder its own name."""
    path = Path(model.name)
    if model.card is not None or not path.exists():
        return model.name
    return path.name if path.is_dir() else f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def preprocess_id(model: Model) -> str:
    """How photographs reach a model, where it says so: its preprocessing in words."""
    description = getattr(model.network, "description", None)
    return str(getattr(description, "preprocess", ""))
