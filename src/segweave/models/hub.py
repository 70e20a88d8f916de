"""Weights by name from the hub of Hugging Face: fetched once into its cache, which transformers shares, and checked.

Downloads that were interrupted go on, and show how far they are. The hub names large files by their SHA-256, so that
what lies in the cache can be checked without asking again (docs/decisions/0013-weights-of-others.md).
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from segweave.errors import ModelError
from segweave.models.checksums import check_sha256

CONFIGS = ("config.json", "preprocessor_config.json", "processor_config.json", "albumentations_config_eval.json")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors")
ON_THE_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(@[\w./-]+)?")
"""`owner/name`, or `owner/name@revision`."""

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5")
_CONVERTER = "SFconvertbot"  # the hub's own: it offers safetensors of pickled weights as a pull request
_SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch_folder(name: str, *, sha256: str = "") -> Path:
    """The folder in the cache with the configs and safetensors of `owner/name` or `owner/name@revision`.

    sha256: of model.safetensors, or its beginning; "" = not known, then the hub's own is taken. Where the owner has
    pickled weights alone, the safetensors that the hub's converter made of them are taken. `ModelError` for a name that
    cannot be had, for pickled weights alone, and for files that are damaged.
    """
    repository, _, revision = name.partition("@")
    folder = _snapshot(repository, revision or None, name)
    if not _has_weights(folder) and not revision:
        converted = _converted(repository)
        folder = _snapshot(repository, converted, name) if converted else folder
    if not _has_weights(folder):
        raise ModelError(_no_weights(name, repository, revision))
    check_folder(folder, name, sha256=sha256)
    return folder


def fetch_configs(name: str) -> Path:
    """The folder in the cache with the configs of a name, which say what kind of network it is."""
    repository, _, revision = name.partition("@")
    return _snapshot(repository, revision or None, name, wanted=CONFIGS)


def check_folder(folder: Path, name: str, *, sha256: str = "") -> None:
    """`ModelError` unless each file of weights has the SHA-256 that the hub names it by, and the one expected."""
    for path in sorted(folder.glob("*.safetensors")):
        hub_s = Path(os.readlink(path)).name if path.is_symlink() else ""
        expected = sha256 if path.name == WEIGHTS[0] and sha256 else hub_s
        if not sha256 and not _SHA256.fullmatch(hub_s):
            continue  # a small file, or a cache without links: nothing to compare with
        check_sha256(path, expected, what=f"the weights of {name!r}", remedy=f"delete {folder} and try again")


def _snapshot(repository: str, revision: str | None, name: str, wanted: Sequence[str] = (*CONFIGS, *WEIGHTS)) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(wanted)))
    except HFValidationError:
        raise ModelError(f"{name}: is neither a folder nor a name of the form owner/name") from None
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise ModelError(f"{name}: the hub has no such network, or it is private or needs your consent there") from None
    except (LocalEntryNotFoundError, OSError) as error:
        raise ModelError(_unreachable(name, error)) from None


def _converted(repository: str) -> str | None:
    """The revision that holds the safetensors of the hub's converter; without a network, the one in the cache."""
    from huggingface_hub import HfApi, constants

    try:
        for offer in HfApi().get_repo_discussions(repository, author=_CONVERTER, discussion_type="pull_request"):
            if offer.author == _CONVERTER and "safetensors" in offer.title:
                return f"refs/pr/{offer.num}"
    except Exception:  # each version of huggingface_hub has its own errors for "no network"
        refs = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}" / "refs" / "refs" / "pr"
        return next((f"refs/pr/{path.name}" for path in sorted(refs.glob("*"))), None)
    return None


def _has_weights(folder: Path) -> bool:
    return any((folder / file).is_file() for file in WEIGHTS[:2])


def _no_weights(name: str, repository: str, revision: str) -> str:
    pickled = _pickled(repository, revision)
    if pickled:
        return (
            f"{name}: the hub has {pickled} alone, which may run anything when it is loaded and is not read; save it"
            " again as safetensors where you trust it (transformers: model.save_pretrained(folder))"
        )
    return f"{name}: has no weights on the hub; expected {WEIGHTS[0]}, or {WEIGHTS[1]} and the files it names"


def _pickled(repository: str, revision: str) -> str:
    from huggingface_hub import HfApi

    try:
        names = HfApi().list_repo_files(repository, revision=revision or None)
    except Exception:  # as above
        return ""
    return next((file for file in sorted(names) if file.endswith(_PICKLED)), "")


def _unreachable(name: str, error: Exception) -> str:
    said = " ".join(str(error).split())
    cause = re.search(r"Got: (.+?) An error happened", said)
    why = cause[1] if cause else said.partition(". ")[0]
    return (
        f"{name}: is not in the cache and cannot be fetched now ({why}). Without a network: on another machine download"
        f" config.json, preprocessor_config.json and {WEIGHTS[0]} of {name} into one folder (of smp's"
        f" networks {CONFIGS[-1]} too), bring it here, and give the folder's path instead of the name"
    )
