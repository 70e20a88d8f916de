"""Where co-occurrence counts come from, so that counts of different models or label lists are never mixed."""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from segweave.errors import LabelError

_SHARD = re.compile(r"(?P<data>.*) (?P<i>[1-9]\d*)/(?P<n>[1-9]\d*)( up to place \d+)?$", re.DOTALL)


def labels_hash(names: Sequence[str]) -> str:
    """sha256, as hexadecimal digits, of label names in order, one a line.

    >>> labels_hash(["cat", "grass"])[:8]
    '71ebb57e'
    """
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What was counted. Names in label order; "" and () where nobody said.

    primary, secondary: the models; preprocess: how photographs reach each of the two. data: the data set. parts: the
    shards that are in the sum, `DATA i/n`, no image twice. n_images: how many images were counted.
    """

    primary: str = ""
    secondary: str = ""
    primary_labels: tuple[str, ...] = ()
    secondary_labels: tuple[str, ...] = ()
    primary_preprocess: str = ""
    secondary_preprocess: str = ""
    data: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    n_images: int = 0

    def check(self, n_primary: int, n_secondary: int) -> None:
        """`LabelError` when the label lists do not have these lengths."""
        for side, names, n in (
            ("primary", self.primary_labels, n_primary),
            ("secondary", self.secondary_labels, n_secondary),
        ):
            if names and len(names) != n:
                raise LabelError(f"the counts are of {n} {side} labels; their list names {len(names)}")

    def __add__(self, other: Self) -> "Provenance":
        """Of the sum of two counts; `LabelError` when these are not of the same models and labels."""
        for side, mine, theirs in (
            ("primary", self.primary_labels, other.primary_labels),
            ("secondary", self.secondary_labels, other.secondary_labels),
        ):
            if mine and theirs and mine != theirs:
                raise LabelError(f"counts of different {side} labels do not add: {difference(mine, theirs)}")
        for name in ("primary", "secondary", "primary_preprocess", "secondary_preprocess"):
            mine_is, theirs_is = getattr(self, name), getattr(other, name)
            if mine_is and theirs_is and mine_is != theirs_is:
                what = name.replace("_", " ")
                raise LabelError(f"counts of different models do not add: the {what} is {mine_is!r} and {theirs_is!r}")
        twice = next(((a, b) for a in self.parts for b in other.parts if share_images(a, b)), None)
        if twice:
            a, b = twice
            found = f"the part {a!r} is in both counts" if a == b else f"the parts {a!r} and {b!r} share images"
            raise LabelError(f"{found}; each image counts once")
        return Provenance(
            primary=self.primary or other.primary,
            secondary=self.secondary or other.secondary,
            primary_labels=self.primary_labels or other.primary_labels,
            secondary_labels=self.secondary_labels or other.secondary_labels,
            primary_preprocess=self.primary_preprocess or other.primary_preprocess,
            secondary_preprocess=self.secondary_preprocess or other.secondary_preprocess,
            data=tuple(dict.fromkeys((*self.data, *other.data))),
            parts=(*self.parts, *other.parts),
            n_images=self.n_images + other.n_images,
        )


def share_images(mine: str, theirs: str) -> bool:
    """Whether two parts of data sets, named `DATA i/n` (every n-th image from the i-th on), have an image in common.

    >>> share_images("val 1/2", "val 2/2"), share_images("val 1/2", "val 3/4"), share_images("val 1/2", "test 1/2")
    (False, True, False)
    """
    a, b = (_SHARD.match(part) for part in (mine, theirs))
    if not a or not b:
        return mine == theirs
    step = math.gcd(int(a["n"]), int(b["n"]))
    return a["data"] == b["data"] and (int(a["i"]) - int(b["i"])) % step == 0


def difference(mine: Sequence[str], theirs: Sequence[str]) -> str:
    """Where two label lists differ first, and their hashes.

    >>> difference(["cat"], ["dog"])
    "label 0 is 'cat' and 'dog' (sha256 77af778b and cd6357ef)"
    """
    hashes = f"(sha256 {labels_hash(mine)[:8]} and {labels_hash(theirs)[:8]})"
    for k, (a, b) in enumerate(zip(mine, theirs, strict=False)):
        if a != b:
            return f"label {k} is {a!r} and {b!r} {hashes}"
    return f"one list has {len(mine)} labels, the other {len(theirs)} {hashes}"
