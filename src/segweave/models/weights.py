"""From a model card to a file on disk that is what the card says."""

import hashlib
from pathlib import Path

from segweave.errors import ModelError
from segweave.models.zoo import ModelCard

ASSETS = Path(__file__).parent / "assets"


def asset_path(card: ModelCard) -> Path:
    """The embedded weights of a model; `ModelError` when they are missing or not the ones that shipped."""
    path = ASSETS / card.file
    if not path.is_file():
        raise ModelError(f"{path}: the weights of {card.name!r} are missing; install segweave again")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"{path}: the weights of {card.name!r} have changed (sha256 {found[:12]}…, expected"
            f" {card.sha256[:12]}…); install segweave again"
        )
    return path
