"""PQ against a naive reading of the rules, mask by mask: Kirillov et al. 2019 §4, and the COCO script's variant."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segweave.evaluation import count_panoptic, score_panoptic
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, OverlapTable, Side
from segweave.segmentation.overlap_table import UNLISTED, VOID

LABELS = LabelSet("five", tuple(Label(name=f"l{k}", is_thing=k < 3) for k in range(5)))


@dataclass(frozen=True)
class Listed:
    """One line of segments_info."""

    id: int
    label: int
    crowd: bool = False
    stated: float | None = None


@dataclass(frozen=True)
class Side24:
    """A map of 24-bit ids and what is listed of them."""

    ids: np.ndarray
    listed: tuple[Listed, ...]


def naive(truth: Side24, guess: Side24, *, strict: bool) -> dict[int, list[float]]:
    """[iou sum, tp, fp, fn] by label, one image. The rules, mask by mask."""
    void = ~np.isin(truth.ids, [s.id for s in truth.listed]) if strict else truth.ids == 0
    found = {k: [0.0, 0, 0, 0] for k in range(5)}
    hit_truth, hit_guess = set(), set()
    for t in truth.listed:
        for p in guess.listed:
            if t.crowd or t.label != p.label:
                continue
            a, b = truth.ids == t.id, guess.ids == p.id
            shared = (a & b).sum()
            if not shared:
                continue
            area = a.sum() if strict or t.stated is None else t.stated
            union = area + b.sum() - shared - (b & void).sum()
            if union > 0 and shared / union > 0.5:
                found[t.label][0] += shared / union
                found[t.label][1] += 1
                hit_truth.add(t.id)
                hit_guess.add(p.id)
    for t in truth.listed:
        if not t.crowd and t.id not in hit_truth:
            found[t.label][3] += 1
    for p in guess.listed:
        if p.id in hit_guess:
            continue
        b = guess.ids == p.id
        crowds = [t for t in truth.listed if t.crowd and t.label == p.label]
        excused = (b & void).sum() + sum((b & (truth.ids == t.id)).sum() for t in (crowds if strict else crowds[-1:]))
        if excused / b.sum() <= 0.5:
            found[p.label][2] += 1
    return found


def table_of(truth: Side24, guess: Side24, number: int = 0) -> OverlapTable:
    """The table that a reader of such files would make, by loops."""

    def side(found: Side24) -> tuple[Side, np.ndarray]:
        rows = np.full(found.ids.shape, len(found.listed) + 1)
        rows[found.ids == 0] = 0
        for k, s in enumerate(found.listed, start=1):
            rows[found.ids == s.id] = k
        area = np.bincount(rows.ravel(), minlength=len(found.listed) + 2)
        made = Side(
            labels=LABELS,
            image=np.zeros(len(area), np.int64),
            label=np.array([VOID, *(s.label for s in found.listed), UNLISTED]),
            crowd=np.array([False, *(s.crowd for s in found.listed), False]),
            area=area,
            stated=np.array(
                [
                    area[0],
                    *(area[k] if s.stated is None else s.stated for k, s in enumerate(found.listed, 1)),
                    area[-1],
                ],
                np.float64,
            ),
        )
        return made, rows

    (a, first), (b, second) = side(truth), side(guess)
    pairs = sorted({(int(i), int(k)) for i, k in zip(first.ravel(), second.ravel(), strict=True)})
    return OverlapTable(
        images=(ImageKey(id=number, size=truth.ids.shape),),
        truth=a,
        prediction=b,
        truth_row=np.array([i for i, _ in pairs]),
        prediction_row=np.array([k for _, k in pairs]),
        pixels=np.array([((first == i) & (second == k)).sum() for i, k in pairs]),
    )


def scene(seed: int, *, odd: bool) -> tuple[Side24, Side24]:
    """Two maps that share much: crowds, void, single pixels, 24-bit ids. odd: the truth's file breaks its format."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 9)), int(rng.integers(1, 12)))
    numbers = rng.choice(2**24 - 1, 9, replace=False) + 1
    coarse = rng.integers(0, 7, (shape[0] // 3 + 1, shape[1] // 3 + 1))
    base = np.repeat(np.repeat(coarse, 3, 0), 3, 1)[: shape[0], : shape[1]]
    noisy = np.where(rng.random(shape) < 0.15, rng.integers(0, 7, shape), base)
    labels = rng.integers(0, 5, 9)
    names = np.array([0, *numbers[:6]])
    truth_ids, guess_ids = names[base], np.array([0, *rng.permutation(numbers[:6])])[noisy]

    def listed(ids: np.ndarray, crowds: bool, *, flip: float) -> tuple[Listed, ...]:
        made, stuff = [], set()
        for k, number in enumerate(numbers[:6].tolist()):
            label = int(rng.integers(0, 5)) if rng.random() < flip else int(labels[k])
            if not (ids == number).any():
                continue
            if label > 2 and label in stuff and not (odd and crowds):
                label = 0
            stuff.add(label)
            crowd = crowds and rng.random() < 0.3 and (label < 3 or odd)
            stated = float(rng.integers(0, 60)) / 2 if odd and crowds and rng.random() < 0.4 else None
            made.append(Listed(number, label, crowd, stated))
        return tuple(made)

    truth, guess = listed(truth_ids, True, flip=0.1), listed(guess_ids, False, flip=0.3)
    if odd:
        truth = (*(s for s in truth if rng.random() < 0.9), Listed(int(numbers[8]), int(labels[8])))
    return Side24(truth_ids, truth), Side24(guess_ids, guess)


def check(pairs: list[tuple[Side24, Side24]], convention: str) -> None:
    wanted = {k: [0.0, 0, 0, 0] for k in range(5)}
    table = None
    for number, (truth, guess) in enumerate(pairs):
        for label, values in naive(truth, guess, strict=convention == "strict").items():
            wanted[label] = [a + b for a, b in zip(wanted[label], values, strict=True)]
        made = table_of(truth, guess, number)
        table = made if table is None else table + made
    counts = count_panoptic(table, convention=convention)
    for label, (iou, tp, fp, fn) in wanted.items():
        found = (counts.tp[label], counts.fp[label], counts.fn[label])
        assert found == (tp, fp, fn)
        assert counts.iou_sum[label] == pytest.approx(iou, abs=1e-12)
    score = score_panoptic(counts)
    seen = {k: v for k, v in wanted.items() if v[1] + v[2] + v[3]}
    for name, inside in (("all", range(5)), ("things", range(3)), ("stuff", range(3, 5))):
        pqs = [v[0] / (v[1] + v[2] / 2 + v[3] / 2) for k, v in seen.items() if k in inside]
        mean = getattr(score, name)
        assert mean.n == len(pqs)
        assert mean.pq == (pytest.approx(sum(pqs) / len(pqs), abs=1e-12) if pqs else None)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4))
def test_the_coco_convention_is_the_scripts_whatever_the_files_list(seeds: list[int]):
    check([scene(seed, odd=True) for seed in seeds], "coco")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4))
def test_the_strict_convention_is_the_definition(seeds: list[int]):
    check([scene(seed, odd=False) for seed in seeds], "strict")


def drawn(found: Side24) -> Side24:
    """What the pixels say of a file that breaks its format: the rules of `Segmentation`."""
    ids, kept, stuff = np.where(np.isin(found.ids, [s.id for s in found.listed]), found.ids, 0), [], {}
    for s in found.listed:
        if not (ids == s.id).any():
            continue
        if s.label > 2 and s.label in stuff:
            ids[ids == s.id] = stuff[s.label]
            continue
        stuff[s.label] = s.id
        kept.append(Listed(s.id, s.label, s.crowd and s.label < 3))
    return Side24(ids, tuple(kept))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_strict_convention_goes_by_what_is_drawn_whatever_the_files_list(seed: int):
    truth, guess = scene(seed, odd=True)
    counts = count_panoptic(table_of(truth, guess), convention="strict")
    for label, (iou, tp, fp, fn) in naive(drawn(truth), guess, strict=True).items():
        assert (counts.tp[label], counts.fp[label], counts.fn[label]) == (tp, fp, fn)
        assert counts.iou_sum[label] == pytest.approx(iou, abs=1e-12)


def one(*rows: list[int]) -> np.ndarray:
    return np.array(rows)


def counts_of(truth: Side24, guess: Side24, label: int = 0, convention: str = "coco") -> tuple[float, int, int, int]:
    c = count_panoptic(table_of(truth, guess), convention=convention)
    return float(c.iou_sum[label]), int(c.tp[label]), int(c.fp[label]), int(c.fn[label])


def test_an_iou_of_one_half_is_no_match():
    """Truth 4 px, prediction 2 of them: IoU 2/4. One px more and it is 3/4."""
    truth = Side24(one([1, 1, 1, 1, 0, 0]), (Listed(1, 0),))
    assert counts_of(truth, Side24(one([5, 5, 0, 0, 0, 0]), (Listed(5, 0),))) == (0.0, 0, 1, 1)
    assert counts_of(truth, Side24(one([5, 5, 5, 0, 0, 0]), (Listed(5, 0),))) == (0.75, 1, 0, 0)


def test_prediction_on_void_is_in_no_union():
    """3 px of truth, 6 px predicted, 3 of them on void: IoU 3 / (3 + 6 - 3 - 3) = 1."""
    truth = Side24(one([1, 1, 1, 0, 0, 0]), (Listed(1, 0),))
    assert counts_of(truth, Side24(one([5] * 6), (Listed(5, 0),))) == (1.0, 1, 0, 0)


def test_half_on_void_is_a_mistake_and_more_is_none():
    """Label 0 predicted where the truth has label 1 and void: 2 of 4 px on void counts, 3 of 4 does not."""
    half = Side24(one([1, 1, 0, 0, 1, 1]), (Listed(1, 1),))
    more = Side24(one([1, 0, 0, 0, 1, 1]), (Listed(1, 1),))
    guess = Side24(one([5, 5, 5, 5, 0, 0]), (Listed(5, 0),))
    assert counts_of(half, guess) == (0.0, 0, 1, 0)
    assert counts_of(more, guess) == (0.0, 0, 0, 0)


def test_of_two_crowds_the_script_sees_the_last_and_the_definition_both():
    """Crowds 1 and 2 of label 0 with 2 px each under a prediction of 5: 2/5 by the last alone, 4/5 by both."""
    truth = Side24(one([1, 1, 2, 2, 3, 0]), (Listed(1, 0, crowd=True), Listed(2, 0, crowd=True), Listed(3, 1)))
    guess = Side24(one([5, 5, 5, 5, 5, 0]), (Listed(5, 0),))
    assert counts_of(truth, guess) == (0.0, 0, 1, 0)
    assert counts_of(truth, guess, convention="strict") == (0.0, 0, 0, 0)


def test_the_last_crowd_is_the_last_that_the_file_lists():
    """6 px predicted, 4 of them on one crowd, 2 on the other: excused only if the larger one is listed last."""
    ids, guess = one([1, 1, 1, 1, 2, 2, 3]), Side24(one([5, 5, 5, 5, 5, 5, 0]), (Listed(5, 0),))
    large, small, other = Listed(1, 0, crowd=True), Listed(2, 0, crowd=True), Listed(3, 1)
    assert counts_of(Side24(ids, (small, large, other)), guess) == (0.0, 0, 0, 0)
    assert counts_of(Side24(ids, (large, small, other)), guess) == (0.0, 0, 1, 0)


def test_stated_areas_count_for_the_script_only():
    """4 px drawn and found whole, 10 stated: union 4 + 10 - 4 = 10, IoU 0.4, no match; by the pixels IoU 1."""
    truth = Side24(one([1, 1, 1, 1, 2, 2]), (Listed(1, 0, stated=10), Listed(2, 1)))
    guess = Side24(one([5, 5, 5, 5, 6, 6]), (Listed(5, 0), Listed(6, 1)))
    assert counts_of(truth, guess) == (0.0, 0, 1, 1)
    assert counts_of(truth, guess, convention="strict") == (1.0, 1, 0, 0)


def test_a_listed_segment_without_pixels_is_missed_by_the_script_only():
    truth = Side24(one([1, 1, 1]), (Listed(1, 0), Listed(9, 1)))
    guess = Side24(one([5, 5, 5]), (Listed(5, 0),))
    assert counts_of(truth, guess, label=1) == (0.0, 0, 0, 1)
    assert counts_of(truth, guess, label=1, convention="strict") == (0.0, 0, 0, 0)


def test_a_label_that_nobody_has_is_in_no_mean():
    same = Side24(one([1, 1, 2]), (Listed(1, 0), Listed(2, 4)))
    score = score_panoptic(count_panoptic(table_of(same, same)))
    assert score.by_label[1] is score.by_label[2] is score.by_label[3] is None
    assert score.all.pq == score.things.pq == score.stuff.pq == 1.0 and (score.all.n, score.things.n) == (2, 1)
    nothing = Side24(one([0, 0]), ())
    assert score_panoptic(count_panoptic(table_of(nothing, nothing))).all.pq is None


def test_a_replaced_image_changes_the_counts_of_its_image_alone():
    a, b = table_of(*scene(1, odd=False), 1), table_of(*scene(2, odd=False), 2)
    both = a + replace(b, images=(ImageKey(id=3, size=(1, 1)),))
    assert np.array_equal(both.select([1]).pixels, b.pixels) and len(both) == 2
