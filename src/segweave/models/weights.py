"""From a model card to files on disk that are what the card says."""

from pathlib import Path

from segweave.errors import ModelError
from segweave.models.checksums import check_sha256
from segweave.models.zoo import ASSETS, ModelCard


def asset_path(card: ModelCard) -> Path:
    """The embedded weights of a model; `ModelError` when they are missing or not the ones that shipped."""
    path = ASSETS / card.source
    if not path.is_file():
        raise ModelError(f"{path}: the weights of {card.name!r} are missing; install segweave again")
    check_sha256(path, card.sha256, what=f"the weights of {card.name!r}", remedy="install segweave again")
    return path


def hub_path(card: ModelCard) -> Path:
    """The folder of a model on the hub, in the hub's cache; `ModelError` where its weights are not there ready made."""
    from segweave.models.hub import fetch_folder

    check_ready(card)
    return fetch_folder(card.source, sha256=card.sha256)


def check_ready(card: ModelCard) -> None:
    """`ModelError`, which says how to make them, when the weights of a card are not published ready to use."""
    if card.obtain:
        raise ModelError(f"{card.name}: its weights are not published ready to use; {card.obtain}")
