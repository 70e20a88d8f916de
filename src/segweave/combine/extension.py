"""Class extension by a table: for each pair of a primary and a secondary label, which label comes out.

Primary labels 0..m-1, secondary labels 0..n-1; `similar[i]`: the secondary labels that mean nearly the same as primary
label i; `add`: the secondary labels to add. Output labels: 0..m-1 are the primary's, m + t is the t-th added label in
ascending secondary order; void stays void.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segweave.combine.checks import (
    LabelMapArray,
    Table,
    check_void,
    checked_add,
    checked_labels,
    checked_similar,
    narrowed,
    output_type,
    wrong_label,
)
from segweave.combine.cooccurrence import CooccurrenceCounts, Unseen, cooccurrence_rule
from segweave.combine.grids import labels_at
from segweave.errors import LabelError, UsageError, did_you_mean

Foreign = Literal["keep", "promote"]
"""What a pixel becomes whose truth is probably another primary label: what it was, or that label."""


def extension_table(
    rule: NDArray[Any], *, similar: Sequence[Collection[int]], add: Collection[int], foreign: Foreign = "keep"
) -> Table:
    """(m, n) int32 output labels from the (m, n) truth that `cooccurrence_rule` expects for each pair.

    A pair (i, j) with the expected truth f becomes i where f is -1 or in similar[i]; the added label of f where f is in
    `add`; else i. foreign="promote": instead of that last i the lowest primary label k with f in similar[k], if there
    is one. An empty `add` changes nothing. Raises `LabelError` for labels out of range.

    >>> extension_table(np.array([[0, 2, 2], [1, -1, 0]]), similar=[{0}, {1}], add={2}).tolist()
    [[0, 2, 2], [1, 1, 1]]
    """
    if foreign not in get_args(Foreign):
        raise UsageError(f"foreign {foreign!r} is not known; {did_you_mean(str(foreign), get_args(Foreign))}")
    expected = np.asarray(rule)
    if expected.ndim != 2 or expected.dtype.kind not in "iu":
        raise LabelError(f"a rule is (m, n) integers; found {expected.dtype} {expected.shape}")
    m, n = expected.shape
    if expected.size and not -1 <= expected.min() <= expected.max() < n:
        raise LabelError(f"a rule's entries lie in -1..{n - 1}; found {expected.min()}..{expected.max()}")
    of_primary, added = checked_similar(similar, m, n), checked_add(add, n)
    becomes = np.tile(np.arange(m, dtype=np.int32)[:, None], (1, n))  # [i, f]: what the truth f makes of i
    if foreign == "promote" and added:
        for k in reversed(range(m)):
            becomes[:, sorted(of_primary[k])] = k
    for t, label in enumerate(added):
        becomes[:, label] = m + t
    for i in range(m):
        becomes[i, sorted(of_primary[i])] = i
    found = np.take_along_axis(becomes, np.maximum(expected, 0), axis=1)
    return np.where(expected < 0, np.arange(m, dtype=np.int32)[:, None], found)


def guarded_table(
    counts: CooccurrenceCounts,
    *,
    similar: Sequence[Collection[int]],
    add: Collection[int],
    tau: float = 0.7,
    alpha: float = 1e4,
    beta: float = 1e3,
    unseen: Unseen = "primary",
    min_pixels: int = 1,
) -> Table:
    """(m, n) int32: the table of the co-occurrence rule, where that is sure enough; the primary's label elsewhere.

    A pixel changes only where the smoothed probability of the expected truth (`smoothed_probability`) is at least
    `tau`. alpha, beta: how many pixels the two priors are worth. unseen, min_pixels: as in `cooccurrence_rule`.
    """
    rule = cooccurrence_rule(counts, unseen=unseen, min_pixels=min_pixels)
    sure = smoothed_probability(counts, alpha=alpha, beta=beta)
    of_rule = np.take_along_axis(sure, np.maximum(rule, 0)[:, :, None], axis=2)[:, :, 0]
    return extension_table(np.where(of_rule >= tau, rule, -1), similar=similar, add=add)


def smoothed_probability(counts: CooccurrenceCounts, *, alpha: float = 1e4, beta: float = 1e3) -> NDArray[np.float64]:
    """(m, n, n) float64: P(truth k | primary i, secondary j), a pair that was seldom seen drawn towards the prior of j.

    P(k | i, j) = (N[i, j, k] + alpha Q_j(k)) / (N[i, j] + alpha); Q_j(k) = (N[j, k] + beta [k = j]) / (N[j] + beta),
    N[j, k] summed over i (Dirichlet smoothing in two steps; MacKay and Peto 1995).
    """
    if alpha <= 0 or beta <= 0:
        raise UsageError(f"alpha and beta are numbers of pixels above 0; found {alpha} and {beta}")
    n_jk = counts.pixels.sum(axis=0).astype(np.float64)
    prior = (n_jk + beta * np.eye(counts.n_secondary)) / (n_jk.sum(axis=1, keepdims=True) + beta)
    of_pair = counts.pixels.sum(axis=2, keepdims=True)
    smoothed: NDArray[np.float64] = (counts.pixels + alpha * prior) / (of_pair + alpha)
    return smoothed


def override_table(n_primary: int, n_secondary: int, *, add: Collection[int]) -> Table:
    """(m, n) int32: the secondary wins where it says an added label. The baseline of every comparison.

    >>> override_table(2, 3, add={2}).tolist()
    [[0, 0, 2], [1, 1, 2]]
    """
    table = np.tile(np.arange(n_primary, dtype=np.int32)[:, None], (1, n_secondary))
    for t, label in enumerate(checked_add(add, n_secondary)):
        table[:, label] = n_primary + t
    return table


def apply_table(
    table: NDArray[Any], primary: NDArray[Any], secondary: NDArray[Any], *, void: int = 255
) -> LabelMapArray:
    """(H, W) output labels: `table[primary, secondary]` at every pixel.

    table: (m, n) output labels. primary: (H, W) integer labels; secondary: the same, or of another size and then read
    at the centres of the primary's pixels. Void primary stays void; where the secondary is void the primary stays. In
    the primary's integer type, or int32 where outputs do not fit. Raises `InvalidSegmentation` for any other label out
    of range, `LabelError` for a table whose outputs include the value of void.

    >>> table = override_table(2, 3, add={2})
    >>> apply_table(table, np.array([[0, 1, 255, 1]]), np.array([[2, 0, 2, 255]])).tolist()
    [[2, 1, 255, 1]]
    """
    from segweave.combine.kernels import NONE_WRONG, look_up

    entries = np.asarray(table)
    if entries.ndim != 2 or entries.dtype.kind not in "iu" or (entries.size and entries.min() < 0):
        raise LabelError(f"a table is (m, n) output labels from 0; found {entries.dtype} {entries.shape}")
    m, n = entries.shape
    check_void(void, n, "secondary")
    first = checked_labels(primary, "primary")
    second = labels_at(checked_labels(secondary, "secondary"), first.shape)
    dtype = output_type(first, max(m, int(entries.max(initial=0)) + 1), void)
    flat = narrowed(first)
    other = narrowed(second)
    if other.dtype != flat.dtype:
        flat, other = flat.astype(np.int32), other.astype(np.int32)
    output = np.empty(first.size, np.uint8 if dtype == np.uint8 else np.int32)
    if look_up(np.ascontiguousarray(entries, np.int32), flat, other, void, output) != NONE_WRONG:
        raise (
            wrong_label(first, "primary", n=m, void=void)
            or wrong_label(second, "secondary", n=n, void=void)
            or AssertionError("the kernel found a wrong label that is not there")
        )
    return output.reshape(first.shape).astype(dtype, copy=False)
