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
    provenance = _provenance(path, columns.get("about"))
    try:
        return CooccurrenceCounts(pixels=columns["pixels"], images=columns["images"], provenance=provenance)
    except (KeyError, SegweaveError) as error:
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


def _provenance(path: Path, text: NDArray[Any] | None) -> Provenance:
    """What a file says of its counts, checked."""
    try:
        found = json.loads(bytes(text).decode("ascii")) if text is not None else None
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.pop("kind", None) != _KIND:
        raise FormatError(f"{path}: holds something else; {_EXPECTED}")
    hashes = {side: found.pop(f"{side}_labels_sha256", None) for side in ("primary", "secondary")}
    for name, empty in asdict(Provenance()).items():
        value, expected = found.get(name), list if isinstance(empty, tuple) else type(empty)
        names = value if isinstance(value, list) else []
        if not isinstance(value, expected) or not all(isinstance(each, str) for each in names):
            raise FormatError(f"{path}: says {str(value)[:60]} of {name}; {_EXPECTED}")
    for side, known in hashes.items():
        if known != labels_hash(found[f"{side}_labels"]):
            raise FormatError(f"{path}: its {side} labels do not have the sha256 that is stored with them")
    if more := set(found) - set(asdict(Provenance())):
        raise FormatError(f"{path}: cannot be used as counts: says {min(more)!r} too; {_EXPECTED}")
    checked: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}
    return Provenance(**checked)
