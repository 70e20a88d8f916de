"""`CooccurrenceCounts` in one .npz file, and back."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.combine.cooccurrence import CooccurrenceCounts
from segweave.combine.provenance import Provenance, labels_hash
from segweave.errors import FormatError, SegweaveError
from segweave.files import replacing

_KIND = "segweave co-occurrence counts 1"
_MOST_CELLS = 1 << 28  # 2 GiB of int64; a file that claims more is no table of counts
_EXPECTED = "expected a file of `segweave extend learn`"


def save_counts(counts: CooccurrenceCounts, path: str | Path) -> None:
    """Write the counts, compressed, as a whole or not at all; `OutputError` when they cannot be."""
    about = {
        "kind": _KIND,
        **asdict(counts.provenance),
        "primary_labels_sha256": labels_hash(counts.provenance.primary_labels),
        "secondary_labels_sha256": labels_hash(counts.provenance.secondary_labels),
    }
    text = np.frombuffer(json.dumps(about).encode("ascii"), np.uint8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, pixels=counts.pixels, images=counts.images, about=text)


def load_counts(path: str | Path) -> CooccurrenceCounts:
    """Read what `save_counts` wrote. `FormatError` for a file that is not there, is broken, or is another kind."""
    path = Path(path)
    if not path.is_file():
        raise FormatError(f"{path}: there is no such file; {_EXPECTED}")
    columns = _arrays(path)
    about = _about(path, columns.get("about"))
    for side in ("primary", "secondary"):
        names = tuple(about[f"{side}_labels"])
        if about.get(f"{side}_labels_sha256") != labels_hash(names):
            raise FormatError(f"{path}: its {side} labels do not have the sha256 that is stored with them")
    try:
        made: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in about.items() if "sha256" not in name
        }
        del made["kind"]
        return CooccurrenceCounts(pixels=columns["pixels"], images=columns["images"], provenance=Provenance(**made))
    except (KeyError, TypeError, ValueError, SegweaveError) as error:
        raise FormatError(f"{path}: cannot be used as counts: {' '.join(str(error).split())}; {_EXPECTED}") from None


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 8 * _MOST_CELLS:
                raise FormatError(f"{path}: would not fit into memory; {_EXPECTED}")
        with np.load(path, allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in file.files}
    except FormatError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each raise their own for broken bytes
        raise FormatError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]}); {_EXPECTED}") from None


def _about(path: Path, text: NDArray[Any] | None) -> dict[str, Any]:
    try:
        found = json.loads(bytes(text).decode("ascii")) if text is not None else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        raise FormatError(f"{path}: holds something else; {_EXPECTED}")
    for name, empty in asdict(Provenance()).items():
        value, expected = found.get(name), list if isinstance(empty, tuple) else type(empty)
        names = value if isinstance(value, list) else []
        if not isinstance(value, expected) or not all(isinstance(each, str) for each in names):
            raise FormatError(f"{path}: says {str(value)[:60]} of {name}; {_EXPECTED}")
    return found
