"""Class extension by plain loops, pixel by pixel and pair by pair: what the compiled and vectorised code is held to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

Similar = Sequence[Collection[int]]


def counted(maps: Sequence[np.ndarray], shape: tuple[int, int, int], void: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels by (primary, secondary, truth), and in which pairs there are any."""
    pixels = np.zeros(shape, np.int64)
    for i, j, k in zip(*(labels.ravel().tolist() for labels in maps), strict=True):
        if void not in (i, j, k):
            pixels[i, j, k] += 1
    return pixels, (pixels.sum(axis=2) > 0).astype(np.int64)


def most(counts: Sequence[int], own: int) -> int:
    """The index of the largest count; of equals `own` if it is among them, else the lowest."""
    best = [k for k, count in enumerate(counts) if count == max(counts)]
    return own if own in best else best[0]


def rule(pixels: np.ndarray, unseen: str, min_pixels: int) -> list[list[int]]:
    """f(i, j), -1 = keep the primary's label."""
    m, n, _ = pixels.shape
    found = [[-1] * n for _ in range(m)]
    for i in range(m):
        for j in range(n):
            if sum(pixels[i, j]) >= max(1, min_pixels):
                found[i][j] = most(pixels[i, j].tolist(), j)
            elif unseen == "secondary":
                found[i][j] = j
            elif unseen == "backoff":
                everywhere = [sum(int(pixels[a, j, k]) for a in range(m)) for k in range(n)]
                found[i][j] = most(everywhere, j)
    return found


def output_of(i: int, f: int, similar: Similar, add: Collection[int], foreign: str = "keep") -> int:
    """g: what a pixel of primary label i becomes when its truth is expected to be f."""
    if f < 0 or not add or f in similar[i]:
        return i
    if f in add:
        return len(similar) + sorted(add).index(f)
    if foreign == "promote":
        return next((k for k in range(len(similar)) if f in similar[k]), i)
    return i


def probability(pixels: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """P(k | i, j), sum by sum."""
    m, n, _ = pixels.shape
    found = np.zeros(pixels.shape)
    for j in range(n):
        seen = [sum(int(pixels[i, j, k]) for i in range(m)) for k in range(n)]
        prior = [(seen[k] + beta * (k == j)) / (sum(seen) + beta) for k in range(n)]
        for i in range(m):
            for k in range(n):
                found[i, j, k] = (pixels[i, j, k] + alpha * prior[k]) / (sum(pixels[i, j]) + alpha)
    return found


def centre(d: int, new: int, old: int) -> int:
    """Which of `old` pixels holds the centre of pixel d of `new`."""
    return next(s for s in range(old) if s * new <= (d + 0.5) * old < (s + 1) * new)


def looked_up(table: np.ndarray, primary: np.ndarray, secondary: np.ndarray, void: int) -> list[list[int]]:
    """Output labels of a table, the secondary read at the centres of the primary's pixels."""
    (height, width), (h, w) = primary.shape, secondary.shape
    output = primary.tolist()
    for r in range(height):
        for c in range(width):
            i, j = output[r][c], int(secondary[centre(r, height, h), centre(c, width, w)])
            if i != void and j != void:
                output[r][c] = int(table[i, j])
    return output


def upsampled(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) -> size float64, bilinear between half-pixel centres, clamped at the ends."""
    for axis, new in enumerate(size):
        old = values.shape[axis]
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, None)
        before = np.minimum(np.floor(at).astype(int), old - 1)
        weight = (at - before).reshape(-1, *[1] * (1 - axis))
        after = np.minimum(before + 1, old - 1)
        values = (1 - weight) * values.take(before, axis) + weight * values.take(after, axis)
    return values


@dataclass(frozen=True)
class Weights:
    """The question of the odds rule."""

    similar: Similar
    add: Collection[int]
    ratio: float
    p_min: float
    promote: tuple[float, float] | None = None


def weighed(primary: np.ndarray, probs: np.ndarray, asked: Weights, void: int) -> np.ndarray:
    """The odds rule on maps of the photograph's full size, int64. Sums are taken before sampling; limits as rounded."""
    n, m, added = probs.shape[2], len(asked.similar), sorted(asked.add)

    def full(labels: Collection[int]) -> np.ndarray:
        """The summed probability of some labels at every pixel."""
        total = np.zeros(probs.shape[:2])
        for label in sorted(labels):
            total = total + probs[:, :, label].astype(np.float64)
        # columns first, as a bilinear blend of rows that are blended already
        return upsampled(np.ascontiguousarray(total.T), primary.shape[::-1]).T

    single = {label: full([label]) for label in added}
    of_primary = [full(labels) for labels in asked.similar]
    kept = [full(labels or set(range(n)) - set(added)) for labels in asked.similar]
    output = primary.astype(np.int64)
    for (r, c), i in np.ndenumerate(primary):
        if i == void or not added:
            continue
        here = {m + t: single[label][r, c] for t, label in enumerate(added) if label not in asked.similar[i]}
        others = [k for k in range(m) if asked.similar[k] and not set(asked.similar[k]) & set(asked.similar[i])]
        questions = [(here, asked.ratio, asked.p_min)]
        if asked.promote:
            questions.insert(0, ({k: of_primary[k][r, c] for k in others}, *asked.promote))
        for candidates, ratio, p_min in questions:
            winner = max(candidates, key=lambda label: (candidates[label], -label), default=None)
            least = float(probs.dtype.type(p_min))
            if winner is not None and candidates[winner] >= least and candidates[winner] > ratio * kept[i][r, c]:
                output[r, c] = winner
    return output
