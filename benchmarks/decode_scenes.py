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
    n_queries: int, n_labels: int, grid: tuple[int, int], *, sure: int = 40, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Class logits (q, n + 1) and mask logits (q, h, w), float32, of 25 regions: 6 bands of stuff (the last labels), 19
    blobs. `sure` queries say their label, so that some regions have two that compete; the others say "none".
    """
    rng = np.random.default_rng(seed)
    height, width = grid
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    class_logits = np.full((n_queries, n_labels + 1), -4, np.float32)
    mask_logits = np.empty((n_queries, height, width), np.float32)
    bands = [(height * (k + 0.5) / 6, width / 2, height / 11, width, n_labels - 1 - k) for k in range(6)]
    blobs = [
        (height * a, width * b, height * (0.03 + c / 10), width * (0.02 + d / 12)) for a, b, c, d in rng.random((19, 4))
    ]
    regions = bands + [(*blob, k) for k, blob in enumerate(blobs)]
    for q in range(n_queries):
        row, column, tall, wide, label = regions[q % len(regions)]
        inside = 1 - np.hypot((rows - row) / tall, (columns - column) / wide)
        noise = zoom(rng.normal(size=(height // 16, width // 16)), 16, order=3)
        mask_logits[q] = np.clip(inside * min(tall, wide) * 1.2, -9, 9) + 1.2 * noise
        class_logits[q, label if q < sure else n_labels] = 4 + 4 * rng.random()
    return class_logits, mask_logits
