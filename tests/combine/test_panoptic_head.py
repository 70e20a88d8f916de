"""UPSNet's panoptic head: equal to the argmax of all its logits, and right on cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS
from segweave.combine.panoptic_head import HeadRule, panoptic_head
from segweave.errors import InvalidSegmentation
from segweave.labels import Label, LabelSet

SKY, ROAD, TREE, CAR, PERSON = range(5)
THINGS = [CAR, PERSON]
ALL = HeadRule(score=0.0, box_overlap=1.0, mask_overlap=1.0, stuff_area=0)
"""Every instance competes, all stuff is kept."""


def pasted(mask: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w), pixel by pixel: the mask's logits between its four samples, clamped at its rim; NaN outside the box."""
    found = np.full(size, np.nan)
    for r in range(size[0]):
        for c in range(size[1]):
            share = (np.array([r, c]) + 0.5 - box[:2]) / (box[2:] - box[:2])
            if not ((share >= 0) & (share < 1)).all():
                continue
            i, j = np.clip(share * mask.shape - 0.5, 0, np.array(mask.shape) - 1)
            a, b = min(int(i), mask.shape[0] - 2), min(int(j), mask.shape[1] - 2)
            corners = mask[a : a + 2, b : b + 2]
            found[r, c] = np.array([1 - (i - a), i - a]) @ corners @ np.array([1 - (j - b), j - b])
    return found


@settings(max_examples=100)
@given(
    n=st.integers(0, 5),
    seed=st.integers(0, 2**31),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    shift=st.sampled_from([-3.0, 0.0, 2.0]),
)
def test_every_pixel_goes_to_the_largest_of_all_logits(n: int, seed: int, size: tuple[int, int], shift: float) -> None:
    rng = np.random.default_rng(seed)
    semantic = (rng.normal(size=(5, *size)) * 3 + shift).round(seed % 2).astype(np.float32)  # with ties
    mask_logits = rng.normal(size=(n, 4, 6)).astype(np.float32) * 4 + 1
    corner = rng.uniform(-3, 10, (n, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(0.5, 9, (n, 2))], axis=1)
    kinds, scores = rng.choice(THINGS, n), 1 - np.arange(n) / 10
    found = {"label_indices": kinds, "scores": scores, "labels": SOME_LABELS}
    seg = panoptic_head(semantic, mask_logits, boxes, **found, rule=ALL)

    masks = [pasted(m, b, size) for m, b in zip(mask_logits, boxes, strict=True)]
    kept = [k for k in range(n) if (np.nan_to_num(masks[k]) > 0).any()]  # one that is nowhere does not compete
    own = [np.where(np.isnan(masks[k]), 0, semantic[kinds[k]]) for k in kept]
    unknown = semantic[THINGS].max(axis=0) - (np.max(own, axis=0) if kept else 0)
    of_instances = [semantic[kinds[k]] + np.nan_to_num(masks[k], nan=-np.inf) for k in kept]
    winner = np.argmax([*semantic[:3], *of_instances, unknown], axis=0)
    expected = [(int(k), None) for k in range(3)] + [(int(kinds[k]), scores[k]) for k in kept]
    there = [k for k in range(len(expected)) if (winner == k).any()]
    assert (seg.ids == 0).tolist() == (winner == len(expected)).tolist()
    assert [s.label for s in seg.segments] == [expected[k][0] for k in there]
    assert all(np.array_equal(seg.mask(at), winner == k) for at, k in enumerate(there))
    assert [s.score for s in seg.segments if s.label in THINGS] == [expected[k][1] for k in there if k > 2]


def scene(width: int, **logits: float) -> np.ndarray:
    """(5, 1, width): one logit a label everywhere, -9 for labels that are not named."""
    names = [label.name for label in SOME_LABELS]
    return np.array([logits.get(name, -9.0) for name in names], np.float32).reshape(5, 1, 1).repeat(width, axis=2)


def heads(*found: tuple[int, float, tuple[int, int], float]) -> dict:
    """Instances (label, score, (left, right), mask logit) in a row of pixels."""
    return {
        "boxes": np.array([[0, left, 1, right] for _, _, (left, right), _ in found], float).reshape(-1, 4),
        "mask_logits": np.array([np.full((28, 28), logit) for *_, logit in found], np.float32).reshape(-1, 28, 28),
        "label_indices": np.array([label for label, *_ in found], int),
        "scores": np.array([score for _, score, *_ in found]),
        "labels": SOME_LABELS,
    }


RULE = HeadRule(stuff_area=1)


def test_a_thing_that_no_instance_stands_for_is_void() -> None:
    # car 4, sky 1; instance in columns 0 and 1: 4 + 2 = 6; unknown: 4 - 4 there, 4 - 0 elsewhere
    seg = panoptic_head(scene(4, sky=1, car=4), **heads((CAR, 0.9, (0, 2), 2.0)), rule=RULE)
    assert seg.ids.tolist() == [[1, 1, 0, 0]]
    assert (seg.label_names(), seg.segments[0].score) == (("car",), 0.9)


def test_stuff_wins_where_its_logit_is_larger() -> None:
    seg = panoptic_head(scene(3, sky=7, car=4), **heads((CAR, 0.9, (0, 2), 2.0)), rule=RULE)
    assert seg.ids.tolist() == [[1, 1, 1]]  # 7 over 4 + 2, and over 4 - 4
    # softmax of 7, 4, -9, -9, -9: 1 / (1 + e^-3) = 0.95257
    assert seg.segments[0].score == pytest.approx(0.95257, abs=1e-5)


def test_without_instances_things_are_void_and_stuff_stays() -> None:
    logits = np.concatenate([scene(1, sky=3, car=2), scene(1, sky=2, car=3)], axis=2)
    assert panoptic_head(logits, **heads(), rule=RULE).ids.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("second", "rule", "ids"),
    [
        ((CAR, 0.6, (2, 4), 9.0), RULE, [1, 1, 0, 0]),  # not surer than 0.6
        ((CAR, 0.7, (2, 4), 9.0), RULE, [1, 1, 2, 2]),
        ((PERSON, 0.7, (0, 3), 9.0), RULE, [1, 1, 0, 0]),  # boxes share 2 of 3 px: 0.67 > 0.5
        ((PERSON, 0.7, (0, 4), 9.0), RULE, [1, 1, 2, 2]),  # 2 of 4 px: not more than 0.5
        ((CAR, 0.7, (0, 4), 9.0), RULE, [1, 1, 0, 0]),  # of the same label, half of its mask is covered: over 0.3
        ((CAR, 0.7, (0, 4), 9.0), HeadRule(mask_overlap=0.5), [1, 1, 2, 2]),
        ((CAR, 0.7, (2, 4), -1.0), RULE, [1, 1, 0, 0]),  # its mask is nowhere
    ],
)
def test_weak_and_doubled_instances_do_not_compete(second: tuple, rule: HeadRule, ids: list[int]) -> None:
    seg = panoptic_head(scene(4, sky=-5, car=4, person=3), **heads((CAR, 0.9, (0, 2), 9.0), second), rule=rule)
    assert seg.ids.tolist() == [ids]


def test_small_stuff_becomes_void() -> None:
    logits = np.concatenate([scene(3, sky=3), scene(2, road=3)], axis=2)
    assert panoptic_head(logits, **heads(), rule=HeadRule(stuff_area=3)).ids.tolist() == [[1, 1, 1, 0, 0]]
    assert panoptic_head(logits, **heads()).void_area() == 5  # 4096 px


def test_a_label_set_of_things_or_of_stuff_alone_will_do() -> None:
    cat, grass = Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)
    call = heads((0, 0.9, (0, 1), 2.0)) | {"labels": LabelSet("cats", (cat,))}
    assert panoptic_head(np.full((1, 1, 2), 3, np.float32), **call).ids.tolist() == [[1, 0]]
    call = heads() | {"labels": LabelSet("lawns", (grass,))}
    assert panoptic_head(np.full((1, 1, 2), -3, np.float32), **call, rule=RULE).ids.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"semantic_logits": np.zeros((4, 1, 4), np.float32)}, r"\(5, h, w\).* found \(4, 1, 4\)"),
        ({"scores": np.zeros(2)}, "must fit; found"),
        ({"label_indices": np.array([SKY])}, "label 0, which is no thing"),
        ({"label_indices": np.array([7])}, "label 7, which is no thing"),
        ({"boxes": np.full((1, 4), np.inf)}, "finite"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change: dict, message: str) -> None:
    call = {"semantic_logits": scene(4, sky=1), **heads((CAR, 0.9, (0, 2), 2.0))}
    with pytest.raises(InvalidSegmentation, match=message):
        panoptic_head(**call | change)
