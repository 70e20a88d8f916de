"""What the truth is where two models say this and that: counted over labelled images, and the rule read from it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import check_void, checked_labels, narrowed, wrong_label
from segweave.combine.provenance import Provenance
from segweave.errors import InvalidSegmentation, LabelError, UsageError, did_you_mean

Unseen = Literal["primary", "secondary", "backoff"]
"""What holds for a pair of labels that was not seen: the primary's label, the secondary's, or what the secondary's
label is wherever it was seen."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CooccurrenceCounts:
    """Pixels by what the primary says, what the secondary says, and what is there; counts of different images add.

    pixels: (m, n, n) int64, [primary, secondary, truth], the truth in the secondary's labels. images: (m, n) int64,
    in how many images a pair of labels occurs. provenance: of which models and data, empty where nobody said.
    """

    pixels: NDArray[np.int64]
    images: NDArray[np.int64]
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        for name in ("pixels", "images"):
            given = np.asarray(getattr(self, name))
            if given.size and given.dtype.kind not in "iu":
                raise InvalidSegmentation(f"counts must be integers; found {name} of {given.dtype}")
            array = given.astype(np.int64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        shape = self.pixels.shape
        if len(shape) != 3 or shape[1] != shape[2] or self.images.shape != shape[:2]:
            raise InvalidSegmentation(
                f"counts must be (m, n, n) pixels and (m, n) images; found {shape} and {self.images.shape}"
            )
        if self.pixels.size and self.pixels.min() < 0:
            raise InvalidSegmentation("counts of pixels must be 0 or more; found negative ones")
        self.provenance.check(shape[0], shape[1])

    @property
    def n_primary(self) -> int:
        """Number of primary labels, m."""
        return len(self.pixels)

    @property
    def n_secondary(self) -> int:
        """Number of secondary labels, n."""
        return int(self.pixels.shape[1])

    def __add__(self, other: Self) -> "CooccurrenceCounts":
        """The counts of both; `LabelError` when their label lists, models or preprocessing differ."""
        if self.pixels.shape != other.pixels.shape:
            raise LabelError(
                f"counts of {self.n_primary} x {self.n_secondary} and of {other.n_primary} x {other.n_secondary} labels"
                " do not add"
            )
        return CooccurrenceCounts(
            pixels=self.pixels + other.pixels,
            images=self.images + other.images,
            provenance=self.provenance + other.provenance,
        )

    def save(self, path: str | Path) -> None:
        """Write one .npz, as a whole or not at all; `OutputError` when it cannot be."""
        from segweave.combine.counts_file import save_counts

        save_counts(self, path)

    @classmethod
    def load(cls, path: str | Path) -> "CooccurrenceCounts":
        """Read what `save` wrote; nothing pickled is loaded. `FormatError` for anything else."""
        from segweave.combine.counts_file import load_counts

        return load_counts(path)


def count_cooccurrence(
    primary: NDArray[Any],
    secondary: NDArray[Any],
    truth: NDArray[Any],
    *,
    n_primary: int,
    n_secondary: int,
    void: int = 255,
) -> CooccurrenceCounts:
    """Count one image. primary, secondary, truth: (H, W) integer labels, the truth in the secondary's labels.

    Pixels at which any of the three is `void` do not count. Raises `InvalidSegmentation` for arrays of different
    shape and for a label that is neither void nor one of 0..n-1.

    >>> counts = count_cooccurrence(
    ...     np.array([[0, 0, 1]]), np.array([[2, 2, 1]]), np.array([[2, 1, 255]]), n_primary=2, n_secondary=3
    ... )
    >>> counts.pixels[0, 2].tolist(), int(counts.pixels.sum()), counts.images.tolist()
    ([0, 1, 1], 2, [[0, 0, 1], [0, 0, 0]])
    """
    from segweave.combine.kernels import NONE_WRONG, count_triples

    check_void(void, n_primary, "primary")
    check_void(void, n_secondary, "secondary")
    named = {"primary": primary, "secondary": secondary, "truth": truth}
    arrays = {what: checked_labels(labels, what) for what, labels in named.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1:
        found = ", ".join(f"{what} {array.shape}" for what, array in arrays.items())
        raise InvalidSegmentation(f"the three label maps must be of one size; found {found}")
    flat = [narrowed(array) for array in arrays.values()]
    if len({array.dtype for array in flat}) > 1:
        flat = [array.astype(np.int32) for array in flat]
    pixels = np.zeros((n_primary, n_secondary, n_secondary), np.int64)
    on = np.zeros((n_primary, n_secondary), np.bool_)
    if count_triples(flat[0], flat[1], flat[2], void, pixels, on) != NONE_WRONG:
        limits = (n_primary, n_secondary, n_secondary)
        for (what, array), n in zip(arrays.items(), limits, strict=True):
            if error := wrong_label(array, what, n=n, void=void):
                raise error
    return CooccurrenceCounts(pixels=pixels, images=on.astype(np.int64), provenance=Provenance(n_images=1))


def cooccurrence_rule(
    counts: CooccurrenceCounts, *, unseen: Unseen = "primary", min_pixels: int = 1
) -> NDArray[np.int32]:
    """(m, n) int32: the truth most often seen with each pair of labels; -1 = keep the primary's label.

    Of equally frequent ones the secondary's own label if it is among them, else the lowest. unseen: what holds for
    pairs with fewer than `min_pixels` (at least 1); `backoff` is the truth most often seen with the secondary's label,
    whatever the primary says, and the secondary's label where that was never seen.

    >>> counts = CooccurrenceCounts(pixels=np.array([[[5, 5], [3, 0]]]), images=np.array([[1, 1]]))
    >>> cooccurrence_rule(counts).tolist()  # (0, 0): a tie, the secondary says 0; (0, 1): the truth was 0
    [[0, 0]]
    """
    if unseen not in get_args(Unseen):
        raise UsageError(f"unseen {unseen!r} is not known; {did_you_mean(str(unseen), get_args(Unseen))}")
    rule = _most_frequent(counts.pixels)
    few = counts.pixels.sum(axis=2) < max(1, min_pixels)
    own = np.broadcast_to(np.arange(counts.n_secondary), few.shape)
    instead = {
        "primary": np.full(few.shape, -1),
        "secondary": own,
        "backoff": np.broadcast_to(_most_frequent(counts.pixels.sum(axis=0)), few.shape),
    }
    return np.where(few, instead[unseen], rule).astype(np.int32)


def _most_frequent(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """(.., n, n) -> (.., n): the largest of each last axis; of equals the secondary's own, also where all are 0."""
    own = np.diagonal(pixels, axis1=-2, axis2=-1)
    return np.where(own == pixels.max(axis=-1), np.arange(pixels.shape[-1]), pixels.argmax(axis=-1))
