"""From a name to a network: one place that says which names there are and what opens them."""

from pathlib import Path
from typing import Protocol

from segweave.errors import LabelError, ModelError, UsageError, did_you_mean
from segweave.labels import LabelSet, label_set
from segweave.models.protocol import SegmentationModel
from segweave.models.zoo import ZOO, ModelCard, card_table

_PLANS = (".yaml", ".yml")
_TORCHVISION = "torchvision:"


def find_card(name: str | Path) -> ModelCard | None:
    """The card of a model of the zoo, by its name."""
    return next((card for card in ZOO if card.name == str(name)), None)


def open_card(card: ModelCard, *, threads: int = 0) -> SegmentationModel:
    """The network of a card, its weights fetched if need be. `ModelError` when it does not see what the card says."""
    from segweave.models import weights

    table = card_table(card)
    network: SegmentationModel
    if card.library == "onnx":
        from segweave.models.adapters.onnx import open_onnx

        network = open_onnx(weights.asset_path(card), threads=threads)
    elif card.library == "transformers":
        from segweave.models.adapters.transformers import open_transformers
        from segweave.models.adapters.transformers_files import need_torch

        need_torch()
        weights.check_ready(card)
        if card.sha256:
            weights.hub_path(card)  # held against the card's sum; open_transformers knows the hub's alone
        try:
            network = open_transformers(card.source, threads=threads)
        except LabelError:  # its file does not name its labels; the card does
            network = open_transformers(card.source, labels=table, threads=threads)
    elif card.library == "torchvision":
        from segweave.models.adapters.torch_network import need_modules
        from segweave.models.adapters.torch_weights import fetch_torchvision
        from segweave.models.adapters.torchvision import open_torchvision

        need_modules("torchvision", "torchvision")
        path = fetch_torchvision(card.weights, sha256=card.sha256)
        network = open_torchvision(card.source, labels=table, weights=path, threads=threads)
    else:
        from segweave.models.adapters.smp import open_smp
        from segweave.models.adapters.torch_network import need_modules

        need_modules("segmentation_models_pytorch", "timm", "segmentation_models_pytorch")
        network = open_smp(weights.hub_path(card), labels=table, threads=threads)
    if network.labels != label_set(table):
        found = f"{network.labels.name!r} with {len(network.labels)} labels"
        raise ModelError(f"{card.name}: its card says that it sees {card.labels!r}; its file says {found}")
    return network


class NetworkConfig(Protocol):
    """A config object of transformers: what a network is, without its weights."""

    model_type: str


def open_config(
    config: NetworkConfig, *, labels: LabelSet | str | Path | None = None, threads: int = 0
) -> SegmentationModel:
    """A network of transformers with random weights, the same every time; `UsageError` for what is no config."""
    if not isinstance(getattr(config, "model_type", None), str):
        raise UsageError(
            f"expected a model's name, a path or a config object of transformers; found {type(config).__name__}"
        )
    from segweave.models.adapters.transformers import open_transformers

    return open_transformers(config, labels=labels, threads=threads)


def open_named(
    name: str | Path,
    *,
    labels: LabelSet | str | Path | None = None,
    weights: str | Path | None = None,
    threads: int = 0,
) -> SegmentationModel:
    """The network of a file (.onnx, or a plan .yaml), of a folder that transformers or smp saved, of owner/name on the
    hub, or of a name that says how to build it: smp:ARCHITECTURE/ENCODER or torchvision:NAME, with weights.

    labels: what it can see, where its files do not say. weights: a file, for names that say how to build a network.
    """
    text = str(name)
    network: SegmentationModel
    if text.startswith(("smp:", _TORCHVISION)):
        return _built(text, labels=labels, weights=weights, threads=threads)
    if weights is not None:
        raise UsageError(f"{text}: has its own weights; a file of weights goes with smp:... and torchvision:... alone")
    if text.endswith(_PLANS):
        from segweave.models.woven import open_woven

        network = open_woven(name, threads=threads)
    elif text.endswith(".ts"):
        raise ModelError(f"{text}: TorchScript may run anything when it is loaded and is not opened; export to onnx")
    elif text.endswith(".xml"):
        from segweave.models.adapters.openvino import open_openvino

        network = open_openvino(name, threads=threads)
    elif _is_of_torch(text):
        network = _saved_or_on_the_hub(text, labels=labels, threads=threads)
    elif not Path(name).suffix and not Path(name).exists():
        raise UsageError(f"model {text!r} is not known; {did_you_mean(text, [card.name for card in ZOO])}")
    else:
        from segweave.models.adapters.onnx import open_onnx

        network = open_onnx(name, threads=threads)
    if labels is not None and not _is_of_torch(text):
        raise UsageError(f"{text}: says itself which labels it has; labels=... is for networks that do not")
    return network


def _is_of_torch(name: str) -> bool:
    from segweave.models.hub import ON_THE_HUB

    on_the_hub = ON_THE_HUB.fullmatch(name) and not name.endswith(".onnx") and not Path(name).exists()
    return bool(on_the_hub) or Path(name).is_dir()


def _built(
    name: str, *, labels: LabelSet | str | Path | None, weights: str | Path | None, threads: int
) -> SegmentationModel:
    if weights is None:
        raise UsageError(f"{name}: a name like this says how to build a network; give its weights too (weights=FILE)")
    if name.startswith(_TORCHVISION):
        from segweave.models.adapters.torchvision import open_torchvision

        return open_torchvision(name.removeprefix(_TORCHVISION), labels=labels, weights=weights, threads=threads)
    from segweave.models.adapters.smp import open_smp

    return open_smp(name, labels=labels, weights=weights, threads=threads)


def _saved_or_on_the_hub(name: str, *, labels: LabelSet | str | Path | None, threads: int) -> SegmentationModel:
    """A folder, or `owner/name`: what smp saved says so in its config.json, everything else is transformers'."""
    from segweave.models.adapters.smp import is_smp_folder, open_smp
    from segweave.models.adapters.transformers import open_transformers
    from segweave.models.adapters.transformers_files import need_torch
    from segweave.models.hub import fetch_configs, fetch_folder

    need_torch()
    folder = Path(name) if Path(name).is_dir() else fetch_configs(name)
    if not is_smp_folder(folder):
        return open_transformers(name, labels=labels, threads=threads)
    return open_smp(folder if Path(name).is_dir() else fetch_folder(name), labels=labels, threads=threads)
