"""Columns of numbers and one JSON text in an .npz file, without pickle: what counts are kept in between runs."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError
from segweave.files import replacing
from segweave.formats.json_parts import Entry

_ABOUT = "about"
_LARGEST = 1 << 33  # bytes; a file that claims more is no table of counts

Columns = Mapping[str, NDArray[Any]]


def write_columns(path: Path, columns: Columns, about: Entry) -> None:
    """Write the columns and `about`, compressed, as a whole or not at all; `OutputError` when it cannot be."""
    text = np.frombuffer(json.dumps(about).encode("ascii"), np.uint8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_ABOUT: text}, **columns)


def read_columns(path: Path) -> tuple[Columns, Entry]:
    """The columns of a file and what it says of them.

    Nothing pickled is loaded. Raises `FormatError` for a file that is not there, is broken or is another kind of file.
    """
    expected = "expected a file of `segweave evaluate --counts`"
    if not path.is_file():
        raise FormatError(f"{path}: there is no such file; {expected}")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > _LARGEST:
            raise FormatError(f"{path}: would take {size:,} bytes of memory; {expected}")
        with np.load(path, allow_pickle=False) as file:
            columns = {name: np.asarray(file[name]) for name in file.files}
        about = json.loads(bytes(columns.pop(_ABOUT)).decode("ascii"))
    except FormatError:
        raise
    except Exception as error:  # zipfile, zlib, numpy and json each raise their own for broken bytes
        raise FormatError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]}); {expected}") from None
    if not isinstance(about, dict) or any(column.ndim != 1 for column in columns.values()):
        raise FormatError(f"{path}: holds something else; {expected}")
    return columns, about
