"""What networks answer for a photograph, made up: smooth maps in the size and steepness of real ones."""

import numpy as np
from scipy.ndimage import gaussian_filter, zoom


def label_logits(n_labels: int, grid: tuple[int, int], *, regions: int = 60, seed: int = 0) -> np.ndarray:
    """(n, h, w) float32: the label of the nearest of some points stands out by about 10, softly at the borders."""
    rng = np.random.default_rng(seed)
    points = rng.random((regions, 2)) * grid
    rows, columns = np.mgrid[: grid[0], : grid[1]]
    nearest = ((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2).argmin(axis=-1)
    sure = np.eye(n_labels)[rng.integers(0, n_labels, regions)[nearest]].transpose(2, 0, 1) * 10
    noise = gaussian_filter(rng.normal(size=sure.shape), (0, 1, 1)) * 2
    return (gaussian_filter(sure, (0, 2, 2)) + noise).astype(np.float32)


def query_logits(
    n_queries: int, n_labels: int, grid: tuple[int, int], *, sure: int = 30, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Class logits (q, n + 1) and mask logits (q, h, w), float32, of 25 regions: 6 bands of stuff (the last labels),
    19 blobs on them and on each other (the first). `sure` queries say a label, the others "none"; from the 26th on
    they repeat regions, so that some have two queries that compete.
    """
    rng = np.random.default_rng(seed)
    depths, labels = _regions(rng, grid, n_labels)
    class_logits = np.full((n_queries, n_labels + 1), -4, np.float32)
    mask_logits = np.empty((n_queries, *grid), np.float32)
    for q in range(n_queries):
        region = q % len(depths)
        noise = zoom(rng.normal(size=(grid[0] // 16, grid[1] // 16)), 16, order=3)
        mask_logits[q] = np.clip(depths[region] * 1.5, -9, 9) + noise
        class_logits[q, labels[region] if q < sure else n_labels] = 4 + 4 * rng.random()
    return class_logits, mask_logits


def _regions(rng: np.random.Generator, grid: tuple[int, int], n_labels: int) -> tuple[np.ndarray, list[int]]:
    """(25, h, w): how many cells deep inside the visible part of each region a cell lies, < 0 outside; their labels."""
    height, width = grid
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    depths = [height / 12 - abs(rows - height * (k + 0.5) / 6) for k in range(6)]
    for down, right, tall, wide in rng.random((19, 4)):
        radii = height * (0.03 + tall / 10), width * (0.02 + wide / 12)
        inside = 1 - np.hypot((rows - height * down) / radii[0], (columns - width * right) / radii[1])
        blob = inside * min(radii)
        depths = [np.minimum(depth, -blob) for depth in depths] + [blob]  # it hides what lies below it
    return np.array(depths), [n_labels - 1 - k for k in range(6)] + list(range(19))
