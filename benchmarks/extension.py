"""Class extension at 2048 x 1024, 19 primary x 150 secondary labels: tables, counting and odds, each with its peers."""

from collections.abc import Sequence

import numpy as np
from timing import race, show

from segweave.combine import apply_odds, apply_table, cooccurrence_rule, count_cooccurrence, extension_table

SIZE, GRID = (1024, 2048), (256, 512)
M, N = 19, 150
ADD = (40, 47, 61, 83, 95, 110, 128, 140)
SIMILAR = [(2 * i, 2 * i + 1) for i in range(M - 2)] + [(), ()]


def blobs(seed: int, size: tuple[int, int], labels: Sequence[int]) -> np.ndarray:
    """(H, W) uint8: 60 blobs, made on a grid of 4 px, and 1 % of speckle: runs as long as in real maps."""
    rng = np.random.default_rng(seed)
    points = rng.random((60, 2)) * size
    rows, columns = np.mgrid[0 : size[0] : 4, 0 : size[1] : 4]
    nearest = ((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2).argmin(axis=-1)
    found = rng.choice(labels, 60)[nearest].astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    speckle = rng.random(size) < 0.01
    found[speckle] = rng.choice(labels, int(speckle.sum()))
    return found


def probabilities(labels: np.ndarray) -> np.ndarray:
    """(h, w, N) float32 softmax with a peak at the label, a lower one in a quarter of the places, and three rivals."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 1, (labels.size, N)).astype(np.float32)
    at = np.arange(labels.size)
    logits[at, labels.ravel()] += np.where(rng.random(labels.size) < 0.25, 4, 7)
    for _ in range(3):
        logits[at, rng.integers(0, N, labels.size)] += 3
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).reshape(*labels.shape, N)


def by_joint_index(table: np.ndarray, primary: np.ndarray, secondary: np.ndarray) -> np.ndarray:
    """Numpy at its best: one uint16 index for both labels."""
    return table.ravel().take(primary.astype(np.uint16) * np.uint16(N) + secondary)


def by_bincount(primary: np.ndarray, secondary: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """One int32 index for all three labels."""
    index = (primary.astype(np.int32) * N + secondary) * N + truth
    return np.bincount(index.ravel(), minlength=M * N * N).reshape(M, N, N)


def by_add_at(primary: np.ndarray, secondary: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """What people write first."""
    counts = np.zeros((M, N, N), np.int64)
    np.add.at(counts, (primary, secondary, truth), 1)
    return counts


def between(new: int, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of `new` pixels the sample before it, the one after, and the weight of that: half-pixel centres."""
    position = np.maximum((np.arange(new) + 0.5) * old / new - 0.5, 0.0)
    before = position.astype(np.int64)
    return before, np.minimum(before + 1, old - 1), position - before


def in_full(primary: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """The odds rule on probabilities of the photograph's size, 64 rows at a time to fit into memory."""
    above, below, down = between(SIZE[0], len(maps))
    left, end, right = between(SIZE[1], maps.shape[1])
    right, output = right[:, None], primary.copy()
    outside = [j for j in range(N) if j not in ADD]
    for top in range(0, SIZE[0], 64):
        part = slice(top, top + 64)
        rows = np.arange(above[part][0], below[part][-1] + 1)
        wide = (1 - right) * maps[rows][:, left] + right * maps[rows][:, end]
        weight = down[part, None, None]
        full = (1 - weight) * wide[above[part] - rows[0]] + weight * wide[below[part] - rows[0]]
        for i in np.unique(primary[part]):
            here = primary[part] == i
            candidates = [j for j in ADD if j not in SIMILAR[i]]
            found = full[here]
            best, kept = found[:, candidates], found[:, list(SIMILAR[i]) or outside].sum(axis=1)
            wins = (best.max(axis=1) >= np.float32(0.2)) & (best.max(axis=1) > 4 * kept)
            winner = M + np.searchsorted(ADD, candidates)[best.argmax(axis=1)]
            output[part][here] = np.where(wins, winner, i)
    return output


primary = blobs(1, SIZE, range(M))
secondary, truth = (blobs(seed, SIZE, range(N)) for seed in (2, 3))
truth = np.where(blobs(4, SIZE, range(4)) > 0, secondary, truth)  # the secondary is right in three blobs of four
maps = probabilities(blobs(5, GRID, (*range(N), *ADD * 4)))

counts = count_cooccurrence(primary, secondary, truth, n_primary=M, n_secondary=N)
table = extension_table(cooccurrence_rule(counts), similar=SIMILAR, add=range(30, N))
changed = apply_odds(primary, maps, similar=SIMILAR, add=ADD)
assert np.array_equal(apply_table(table, primary, secondary), table[primary, secondary])
assert np.array_equal(by_joint_index(table, primary, secondary), table[primary, secondary])
assert np.array_equal(counts.pixels, by_add_at(primary, secondary, truth))
assert np.array_equal(counts.pixels, by_bincount(primary, secondary, truth))
assert np.array_equal(changed, in_full(primary, maps))
assert (table[primary, secondary] != primary).mean() > 0.01 and (changed != primary).mean() > 0.01
print(f"odds change {(changed != primary).mean():.1%} of the pixels; every way gives the same at every pixel")

tables = race(
    {
        "apply_table": lambda: apply_table(table, primary, secondary),
        "numpy take, uint16 joint index": lambda: by_joint_index(table, primary, secondary),
        "table[primary, secondary]": lambda: table[primary, secondary],
    }
)
show("Table lookup", tables, against="apply_table")
counting = race(
    {
        "count (compiled)": lambda: count_cooccurrence(primary, secondary, truth, n_primary=M, n_secondary=N),
        "numpy bincount, int32 joint index": lambda: by_bincount(primary, secondary, truth),
        "np.add.at": lambda: by_add_at(primary, secondary, truth),
    },
    rounds=7,
)
show("Counting what the truth is for each pair", counting, against="count (compiled)")
odds = race(
    {
        "odds, 8 added": lambda: apply_odds(primary, maps, similar=SIMILAR, add=ADD),
        "odds, 60 added": lambda: apply_odds(primary, maps, similar=SIMILAR, add=range(60, 120)),
        "odds in numpy, full size, 8 added": lambda: in_full(primary, maps),
    },
    rounds=3,
)
show("Odds, probabilities of 512 x 256 samples", odds, against="odds, 8 added")
