"""Networks of the library segmentation_models_pytorch: every architecture of its table with any encoder, timm's too.

From a folder that smp saved (`save_pretrained`), a name on the hub, or a name like `smp:unet/resnet34` with a file of
weights. Which labels they see stands in none of these, so it must be said. Needs `pip install "segweave[torch]"`.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segweave.errors import LabelError, ModelError, UsageError, did_you_mean
from segweave.formats.label_file import find_label_file
from segweave.labels import LabelSet, LabelTable, label_table
from segweave.models.adapters.pixels import PIXELS, PixelModel
from segweave.models.adapters.smp_preprocess import encoder_preprocess, read_albumentations
from segweave.models.adapters.torch_network import need_modules, with_random_weights
from segweave.models.adapters.torch_weights import Weights, fill_network, read_weights
from segweave.models.answers import Sigmoids
from segweave.models.network_labels import HOW_TO_SAY_IT, Labels, NetworkLabels, given_labels
from segweave.models.preprocess import Size

PREFIX = "smp:"
CONFIG, WEIGHTS, STEPS = "config.json", "model.safetensors", "albumentations_config_eval.json"
_NOT_OF_THE_NETWORK = ("_model_class", "encoder_weights", "activation", "aux_params", "classes", "in_channels")
_OLD = "timm-"  # names that smp maps to its own encoders or to timm's
_TRAINING_ONLY = (r"^classification_head\.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmpNetwork:
    """What smp needs to know to build a network.

    arch: a name of `architectures()`. sigmoid: is every label a question of its own? options: everything else that
    its class takes, such as `decoder_channels`.
    """

    arch: str
    encoder: str
    sigmoid: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self, columns: int) -> Any:
        """The network with random weights, the same every time. `ModelError` when smp refuses."""
        import segmentation_models_pytorch as smp

        def made() -> Any:
            return smp.create_model(self.arch, self.encoder, None, 3, columns, **self.options)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # smp's and timm's, about names that will change
                return with_random_weights(made)
        except (KeyError, ValueError, TypeError, RuntimeError, AttributeError, AssertionError) as error:
            said = " ".join(str(error.args[0] if error.args else error).split())
            raise ModelError(f"{PREFIX}{self.arch}/{self.encoder}: cannot be built: {said}") from None


def architectures() -> tuple[str, ...]:
    """The architectures of the installed smp, in its order."""
    import segmentation_models_pytorch as smp

    return tuple(smp.MODEL_ARCHITECTURES_MAPPING)


def parse_name(name: str) -> SmpNetwork:
    """`smp:unet/resnet34` as what to build; `UsageError` with near matches for what smp does not have."""
    import segmentation_models_pytorch as smp
    import timm

    arch, _, encoder = name.removeprefix(PREFIX).partition("/")
    if not encoder:
        raise UsageError(f"{name}: expected {PREFIX}ARCHITECTURE/ENCODER, such as {PREFIX}unet/resnet34")
    if arch.lower() not in architectures():
        raise UsageError(f"{name}: smp has no architecture {arch!r}; {did_you_mean(arch, architectures())}")
    timms = [f"tu-{found}" for found in timm.list_models()]
    if encoder.partition(".")[0] not in timms and encoder not in smp.encoders.encoders and encoder[:5] != _OLD:
        known = [*smp.encoders.encoders, *timms]
        raise UsageError(f"{name}: smp has no encoder {encoder!r}; {did_you_mean(encoder, known)}")
    return SmpNetwork(arch=arch.lower(), encoder=encoder)


def open_smp(
    source: str | Path,
    *,
    labels: Labels | None = None,
    weights: str | Path | None = None,
    threads: int = 0,
) -> PixelModel:
    """A network of smp.

    source: a folder that smp saved, or `smp:ARCHITECTURE/ENCODER`. labels: a `LabelSet`, the name of one, or a CSV
    file (source_id = the network's column); a file NAME.labels.csv in the folder says the same. weights: a file, with
    a name; without, they are random, the same every time. threads: for the network; 0 = as torch is set.

    A network with one output column asks one question, yes where its sigmoid is at least 0.5: of one label, all else
    is void; of two labels, no is the first and yes the second. `MissingExtra` without torch, `ModelError` for a folder
    or weights that do not fit, `LabelError` for labels of another number.
    """
    need_modules("segmentation_models_pytorch", "timm", "segmentation_models_pytorch")
    name, steps = str(source), None
    if name.startswith(PREFIX):
        how = parse_name(name)
        file = Path(weights) if weights else None
    else:
        how, steps, file = _read_folder(Path(source), name)
        labels = find_label_file(Path(source)) if labels is None else labels
    if labels is None:
        raise LabelError(f"{name}: networks of smp do not say which labels they have; {HOW_TO_SAY_IT}")
    found = read_weights(file) if file else None
    try:
        known, columns = smp_labels(labels, _columns(found, name) if found else None, sigmoid=how.sigmoid)
    except LabelError as error:
        raise LabelError(f"{name}: {error}") from None
    network = how.build(columns)
    if found:
        fill_network(network, found, name=str(file), harmless=_TRAINING_ONLY)
    model = smp_model(network, how, known, columns=columns, threads=threads)
    return _with_steps(model, steps, name) if steps is not None else model


def smp_model(network: Any, how: SmpNetwork, known: NetworkLabels, *, columns: int, threads: int = 0) -> PixelModel:
    """A network that is built already, as a model."""
    preprocess = encoder_preprocess(how.encoder, multiple=_multiple(network, how.arch), exact=_only_size(network))
    two_of_one = columns == 1 and len(known.labels) == 2
    return PixelModel(
        network=network,
        logits=_no_and_yes if two_of_one else _logits,
        known=known,
        preprocess=preprocess,
        answer=Sigmoids() if (columns == 1 or how.sigmoid) and not two_of_one else PIXELS,
        threads=threads,
        fixed=_only_size(network) is not None,
    )


def smp_labels(labels: Labels, columns: int | None = None, *, sigmoid: bool = False) -> tuple[NetworkLabels, int]:
    """Which column of a network is which label, and how many columns it has. columns: None = one a label.

    >>> smp_labels("camvid11")[1], smp_labels("voc", 21)[0].in_order
    (11, True)
    """
    table = labels if isinstance(labels, LabelSet | LabelTable) else label_table(str(labels))
    found = table if isinstance(table, LabelSet) else table.labels
    if columns == 1 and len(found) == 2:
        return NetworkLabels(found, (0, 1)), 1
    known = given_labels(table, len(found) if columns is None else columns)
    if sigmoid and not known.in_order:
        raise LabelError(f"each of the {columns} columns answers for a label; {found.name!r} has {len(found)} labels")
    return known, len(found) if columns is None else columns


def _logits(network: Any, values: Any) -> Any:
    return network(values)


def _no_and_yes(network: Any, values: Any) -> Any:
    """The sigmoid of a logit is the second part of the softmax of 0 and that logit."""
    import torch

    yes = network(values)
    return torch.cat([torch.zeros_like(yes), yes], dim=1)


def _read_folder(folder: Path, name: str) -> tuple[SmpNetwork, Any, Path]:
    """What to build, what is said about photographs (None: nothing), and the file of weights."""
    config = _json(folder / CONFIG, name)
    if not isinstance(config, dict) or "_model_class" not in config:
        raise ModelError(f"{name}: {CONFIG} has no '_model_class'; expected a folder that smp saved (save_pretrained)")
    if config.get("in_channels", 3) != 3:
        raise ModelError(f"{name}: takes {config['in_channels']} channels; photographs have 3")
    arch, activation = str(config["_model_class"]).lower(), config.get("activation")
    if arch not in architectures():
        raise ModelError(f"{name}: smp has no architecture {arch!r}; {did_you_mean(arch, architectures())}")
    if activation not in (None, "identity", "sigmoid", "softmax", "softmax2d", "logsoftmax"):
        raise ModelError(f"{name}: the activation {activation!r} is not known; sigmoid and softmax are")
    options = {key: value for key, value in config.items() if key not in (*_NOT_OF_THE_NETWORK, "encoder_name")}
    how = SmpNetwork(
        arch=arch, encoder=str(config.get("encoder_name", "")), sigmoid=activation == "sigmoid", options=options
    )
    steps = _json(folder / STEPS, name) if (folder / STEPS).is_file() else None
    return how, steps, _weights_in(folder, name)


def _weights_in(folder: Path, name: str) -> Path:
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    others = sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth", ".pkl"))
    more = f"; {others[0]} is not read: save it again with save_pretrained" if others else ""
    raise ModelError(f"{name}: has no weights; expected {WEIGHTS}{more}")


def _json(path: Path, name: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{name}: has no {path.name}; expected a folder that smp saved (save_pretrained)") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{name}: {path.name} is not JSON: {error}") from None


def _with_steps(model: PixelModel, steps: Any, name: str) -> PixelModel:
    try:
        return replace(model, preprocess=read_albumentations(steps, model.preprocess))
    except ModelError as error:
        raise ModelError(f"{name}: {STEPS}: {error}") from None


def _columns(weights: Weights, name: str) -> int:
    """Output columns: of the last convolution of the head."""
    heads = [key for key, tensor in weights.items() if key.startswith("segmentation_head.") and tensor.ndim == 4]
    if not heads:
        raise ModelError(f"{name}: these weights are not of a network of smp: segmentation_head is missing")
    return int(weights[max(heads)].shape[0])


def _multiple(network: Any, arch: str) -> int:
    """Both sides of the input must be multiples of this; PAN halves its deepest maps three times more."""
    return int(network.encoder.output_stride) * (8 if arch == "pan" else 1)


def _only_size(network: Any) -> Size | None:
    """(height, width) of a network that takes no other: transformers of timm without `dynamic_img_size`."""
    for module in network.encoder.modules():
        if getattr(module, "strict_img_size", False) and getattr(module, "img_size", None):
            height, width = module.img_size
            return int(height), int(width)
    return None


def is_smp_folder(folder: Path) -> bool:
    """Did smp save this folder?"""
    try:
        return "_model_class" in json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False
