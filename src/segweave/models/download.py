"""One file from an address into a cache: what was there already of it is kept, and what came is checked."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from segweave.errors import ModelError, OutputError
from segweave.models.checksums import check_sha256

if TYPE_CHECKING:
    from http.client import HTTPResponse

_AT_ONCE = 1 << 18
_PATIENCE = 30.0  # seconds without a byte


def fetch_file(url: str, path: str | Path, *, sha256: str) -> Path:
    """`path`, downloaded from `url` if it is not there yet; its SHA-256 begins with `sha256`.

    A download that was interrupted goes on where it stopped, from `path` + `.part`; the bar is on stderr. `ModelError`
    when the address cannot be reached, with the file to put where, and when what came is not what was meant.
    """
    path = Path(path)
    if not path.is_file():
        partial = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _download(url, partial)
        except (HTTPError, URLError, TimeoutError, ConnectionError) as error:
            raise ModelError(_unreachable(url, path, sha256, error)) from None
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
        try:
            check_sha256(partial, sha256, what=f"the weights from {url}", remedy="try again")
        except ModelError:
            partial.unlink()
            raise
        os.replace(partial, path)
        return path
    check_sha256(path, sha256, what=f"the weights from {url}", remedy="delete the file and try again")
    return path


def _download(url: str, partial: Path) -> None:
    """Append to `partial` what is missing; begin again where the server does not know how to go on."""
    done = partial.stat().st_size if partial.is_file() else 0
    request = Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        answer = urlopen(request, timeout=_PATIENCE)
    except HTTPError as error:
        error.close()  # it holds the connection
        if error.code == 416 and done:  # nothing is missing
            return
        raise
    with answer:
        goes_on = answer.status == 206
        _write(answer, partial, done if goes_on else 0)


def _write(answer: "HTTPResponse", partial: Path, done: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    length = answer.headers.get("Content-Length")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with (
        Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr)) as bar,
        partial.open("ab" if done else "wb") as file,
    ):
        task = bar.add_task(partial.stem, total=done + int(length) if length else None, completed=done)
        while part := answer.read(_AT_ONCE):
            file.write(part)
            bar.advance(task, len(part))
    if length and partial.stat().st_size < done + int(length):
        raise ConnectionError(f"the connection broke after {partial.stat().st_size} bytes")


def _unreachable(url: str, path: Path, sha256: str, error: Exception) -> str:
    why = " ".join(str(getattr(error, "reason", None) or error).split())
    return (
        f"{url}: cannot be fetched now ({why}). Without a network: download it on another machine and put it here:"
        f" {path} (its sha256 begins with {sha256[:12]})"
    )
