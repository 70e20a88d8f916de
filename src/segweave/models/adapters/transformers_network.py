"""Networks of the library transformers: built, their weights checked, and run."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import ModelError, SegweaveError, did_you_mean
from segweave.models.adapters.torch_network import run_torch, to_array, with_random_weights
from segweave.models.adapters.transformers_families import FAMILIES, Family
from segweave.models.adapters.transformers_files import NetworkFiles
from segweave.models.answers import Outputs
from segweave.models.protocol import Task
from segweave.models.task_tokens import task_tokens

# Buffers that are computed when a network is built; files may have them or not.
_COMPUTED = (r"relative_position_index$", r"position_ids$", r"num_batches_tracked$", r"relative_coords_table$")
_SHOWN = 6


def family_of(model_type: str, *, name: str) -> Family:
    """The row of `FAMILIES`; `ModelError` with near matches for a model_type that has none."""
    family = FAMILIES.get(model_type)
    if family is None:
        raise ModelError(
            f"{name}: networks of the type {model_type!r} are not known; {did_you_mean(model_type, FAMILIES)}"
        )
    return family


def random_network(config: Any, family: Family) -> Any:
    """A network with random weights, the same ones every time; `config` stays as it is."""
    import copy

    config = copy.deepcopy(config)  # building changes it
    with quietly():
        return _ready(with_random_weights(lambda: _network_class(family, config)(config)), family)


def load_network(files: NetworkFiles, family: Family) -> Any:
    """A network with the weights of a folder, in float32; `ModelError` names weights that do not fit or are missing."""
    import torch

    try:
        with quietly():
            config = _network_class(family, None).config_class.from_pretrained(files.folder, local_files_only=True)
            network, found = _network_class(family, config).from_pretrained(
                files.folder,
                config=config,
                dtype=torch.float32,
                local_files_only=True,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # they are told below, all of them
                output_loading_info=True,
            )
    except (SegweaveError, MemoryError):
        raise
    except Exception as error:  # a library of 400 networks raises anything for a config that it does not expect
        raise ModelError(f"{files.name}: cannot be opened as {family.network}: {_one_line(error)}") from None
    _check_weights(files.name, found, (*_COMPUTED, *family.training_only))
    return _ready(network, family)


def run_network(
    network: Any, values: NDArray[np.float32], *, names: Sequence[str], task: Task | None, threads: int
) -> Outputs:
    """One photograph's outputs by name, without the first axis. values: (1, 3, h, w). task: for networks that ask."""
    import torch

    def work(pixels: Any) -> Outputs:
        asked = {"task_inputs": torch.from_numpy(task_tokens(task, network.config.task_seq_len))} if task else {}
        found = network(pixel_values=pixels, **asked)
        return {name: to_array(found[name][0]) for name in names}

    with quietly():
        return run_torch(work, values, threads=threads)


def _network_class(family: Family, config: Any) -> Any:
    """The class in transformers; for DiNAT, which needs a package that current torch cannot load, with our backbone."""
    import transformers

    backbone = getattr(getattr(config, "backbone_config", None), "model_type", "")
    if backbone == "dinat" and family.asks:
        from segweave.models.adapters.transformers_dinat import oneformer_with_dinat

        return oneformer_with_dinat()
    found = getattr(transformers, family.network, None)
    if found is None:
        raise ModelError(f"transformers {transformers.__version__} has no {family.network}; a later version has")
    return found


def _ready(network: Any, family: Family) -> Any:
    for name, value in {"return_dict": True, **family.settings}.items():
        setattr(network.config, name, value)
    return network.eval().requires_grad_(False)


def _check_weights(name: str, found: Mapping[str, Any], harmless: Sequence[str]) -> None:
    """`ModelError` naming weights of another shape, missing ones, and ones that have no place."""
    counts = {
        kind: _harmful(found.get(f"{kind}_keys", ()), harmless) for kind in ("mismatched", "missing", "unexpected")
    }
    wrong = [
        f"{len(keys)} weights {says}: {', '.join(keys[:_SHOWN])}{' …' if len(keys) > _SHOWN else ''}"
        for (keys, says) in (
            (counts["mismatched"], "have another shape than config.json asks for"),
            (counts["missing"], "are missing"),
            (counts["unexpected"], "have no place in the network"),
        )
        if keys
    ]
    wrong += [_one_line(message) for message in found.get("error_msgs", ())]
    if wrong:
        raise ModelError(f"{name}: config.json and the weights do not belong together: {'; '.join(wrong)}")


def _harmful(keys: Any, harmless: Sequence[str]) -> list[str]:
    """Sorted descriptions of the keys that matter; one of another shape is (key, in the file, in the network)."""
    told = []
    for key in keys:
        name, shapes = (key, "") if isinstance(key, str) else (key[0], f" {tuple(key[1])} for {tuple(key[2])}")
        if not any(re.search(pattern, name) for pattern in harmless):
            told.append(f"{name}{shapes}")
    return sorted(told)


@contextmanager
def quietly() -> Iterator[None]:
    """No bars, reports and warnings of transformers in other people's terminals; what matters is raised."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
