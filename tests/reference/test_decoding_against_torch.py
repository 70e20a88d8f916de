"""Decoding equals the papers' own order of operations written in torch. Skipped where torch is not installed."""

import numpy as np
import pytest

from plain_decoding import upsampled
from scenes import SOME_LABELS
from segweave.models.decode_boxes import decode_boxes
from segweave.models.decode_queries import decode_queries_panoptic, decode_queries_semantic, query_probabilities
from segweave.models.upsample import upsampled_argmax

torch = pytest.importorskip("torch", reason="compares with torch, which is not installed (the extra [torch])")
functional = torch.nn.functional
N = len(SOME_LABELS)


def interpolated(maps: np.ndarray, size: tuple[int, int]):
    """(n, H, W) as torch resizes."""
    resize = functional.interpolate(torch.from_numpy(maps)[None], size=size, mode="bilinear", align_corners=False)
    return resize[0]


def answer(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Class logits of 30 queries, a dozen of them sure; mask logits on a grid of 24 x 32: blobs with uneven borders."""
    rng = np.random.default_rng(seed)
    class_logits = rng.normal(size=(30, N + 1)) + 7 * np.eye(N + 1)[rng.integers(0, N + 1, 30)]
    class_logits[12:] /= 4
    rows, columns = np.mgrid[:24, :32]
    centers, radii = rng.uniform(0, 32, (30, 2, 1, 1)), rng.uniform(2, 9, (30, 1, 1))
    blobs = radii - np.hypot(rows - centers[:, 0], columns - centers[:, 1])
    return class_logits.astype(np.float32), (blobs + upsampled(rng.normal(size=(30, 8, 8)), (24, 32))).astype(
        np.float32
    )


def panoptic_in_torch(class_logits: np.ndarray, mask_logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W) ids: all masks at full size, sigmoid, argmax of score x mask, then one query after the other."""
    scores, labels = functional.softmax(torch.from_numpy(class_logits), dim=-1).max(-1)
    keep = labels.ne(N) & (scores > 0.8)
    scores, labels, masks = scores[keep], labels[keep], interpolated(mask_logits, size).sigmoid()[keep]
    winner = (scores.view(-1, 1, 1) * masks).argmax(0)
    ids, of_stuff, n = torch.zeros(size, dtype=torch.int32), {}, 0
    for k, label in enumerate(labels.tolist()):
        won, inside = winner == k, masks[k] >= 0.5
        if not (won & inside).any() or won.sum() / inside.sum() < 0.8:
            continue
        if SOME_LABELS[label].is_thing or label not in of_stuff:
            n += 1
            of_stuff[label] = n
        ids[won & inside] = n if SOME_LABELS[label].is_thing else of_stuff[label]
    return ids.numpy()


@pytest.mark.parametrize("size", [(96, 128), (101, 77), (24, 32), (13, 200)])
@pytest.mark.parametrize("seed", range(5))
def test_panoptic_equals_torch_in_float64_at_every_pixel(size: tuple[int, int], seed: int) -> None:
    class_logits, mask_logits = answer(seed)
    expected = panoptic_in_torch(class_logits.astype(np.float64), mask_logits.astype(np.float64), size)
    seg = decode_queries_panoptic(class_logits, mask_logits, size=size, labels=SOME_LABELS)
    assert len(seg) > 2 and seg.void_area()
    assert np.array_equal(seg.ids, expected)


def test_panoptic_differs_from_torch_in_float32_by_its_rounding_only() -> None:
    class_logits, mask_logits = answer(0)
    seg = decode_queries_panoptic(class_logits, mask_logits, size=(240, 320), labels=SOME_LABELS)
    assert (seg.ids != panoptic_in_torch(class_logits, mask_logits, (240, 320))).mean() < 1e-4


@pytest.mark.parametrize("size", [(96, 128), (101, 77), (7, 9)])
def test_semantic_equals_interpolate_and_argmax(size: tuple[int, int]) -> None:
    maps = np.random.default_rng(1).normal(size=(19, 12, 17)).astype(np.float32)
    expected = interpolated(maps.astype(np.float64), size).argmax(0).numpy()
    assert np.array_equal(upsampled_argmax(maps, size), expected)


def test_evidence_equals_the_einsum_of_the_paper() -> None:
    class_logits, mask_logits = answer(2)
    chances = functional.softmax(torch.from_numpy(class_logits), dim=-1)[:, :-1]
    expected = torch.einsum("qc,qhw->chw", chances, torch.from_numpy(mask_logits).sigmoid()).numpy()
    assert np.allclose(query_probabilities(class_logits, mask_logits), expected, rtol=1e-5)
    seg = decode_queries_semantic(class_logits, mask_logits, size=(48, 64), labels=SOME_LABELS)
    assert (seg.label_indices() != interpolated(expected, (48, 64)).argmax(0).numpy()).mean() < 1e-3


def test_pasted_masks_equal_grid_sample() -> None:
    """As detectron2 pastes them: `grid_sample` at the pixel centres, zeros outside, at or above the threshold."""
    rng = np.random.default_rng(4)
    corners = rng.uniform(-10, 60, (20, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(2, 50, (20, 2))], axis=1)
    masks, size = rng.random((20, 28, 28)).astype(np.float32), (64, 80)
    found = decode_boxes(boxes, np.ones(20), np.full(20, 3), masks=masks, size=size, labels=SOME_LABELS)
    expected = []
    for mask, (top, left, bottom, right) in zip(masks, boxes, strict=True):
        rows = (torch.arange(size[0]) + 0.5 - top) / (bottom - top) * 2 - 1
        columns = (torch.arange(size[1]) + 0.5 - left) / (right - left) * 2 - 1
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1).double()
        samples = torch.from_numpy(mask).double()[None, None]
        expected.append((functional.grid_sample(samples, grid[None], align_corners=False)[0, 0] >= 0.5).numpy())
    assert len(found) == sum(mask.any() for mask in expected) > 15
    inside = [mask for mask in expected if mask.any()]
    assert all(np.array_equal(found.mask(k), mask) for k, mask in enumerate(inside))
