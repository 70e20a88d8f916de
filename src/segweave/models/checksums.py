"""Is a file the one that was meant? SHA-256, or the beginning of it where no more was published."""

import hashlib
from pathlib import Path

from segweave.errors import ModelError

_AT_ONCE = 1 << 22


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    total = hashlib.sha256()
    with Path(path).open("rb") as file:
        while part := file.read(_AT_ONCE):
            total.update(part)
    return total.hexdigest()


def check_sha256(path: str | Path, expected: str, *, what: str, remedy: str) -> None:
    """`ModelError` unless the SHA-256 of a file begins with `expected`. what: the file is, remedy: what to do then."""
    found = sha256_of(path)
    if not found.startswith(expected):
        raise ModelError(
            f"{path}: {what} are damaged or have changed (sha256 {found[:12]}…, expected {expected[:12]}…); {remedy}"
        )
