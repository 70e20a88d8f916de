"""Error types against a reading of their table mask by mask, and what fixing gives against maps that were repaired."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segweave.evaluation import count_panoptic, score_panoptic
from segweave.evaluation.error_analysis import analyse_errors
from segweave.evaluation.error_types import ERROR_TYPES, segment_errors
from segweave.evaluation.matching import match
from segweave.labels import Label, LabelSet
from segweave.segmentation import ImageKey, Segment, Segmentation, assemble, overlap_table

LABELS = LabelSet("yard", tuple(Label(name=n, is_thing=n in ("cat", "dog")) for n in ("cat", "dog", "grass", "path")))
Masks = list[np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A truth and a prediction of it with mistakes."""

    truth: Segmentation
    guess: Segmentation

    def iou(self, t: int, p: int) -> float:
        """Void of the truth left out of the prediction."""
        a, b = self.truth.mask(t), self.guess.mask(p) & (self.truth.ids > 0)
        return float((a & b).sum() / (a | b).sum())

    def known(self, p: int) -> np.ndarray:
        """The prediction's mask without the truth's void."""
        return self.guess.mask(p) & (self.truth.ids > 0)

    def same(self, t: int, p: int) -> bool:
        return self.truth.segments[t].label == self.guess.segments[p].label

    def things(self) -> tuple[list[bool], list[bool]]:
        sides = (self.truth, self.guess)
        return tuple([LABELS[s.label].is_thing for s in side.segments] for side in sides)

    def pieces(self, t: int) -> list[int]:
        """The predictions that t is split into."""
        inside = [
            p
            for p in range(len(self.guess))
            if self.same(t, p) and 2 * (self.truth.mask(t) & self.known(p)).sum() > self.known(p).sum()
        ]
        joined = np.any([self.known(p) for p in inside] or [np.zeros(self.truth.size, bool)], axis=0)
        a = self.truth.mask(t)
        return inside if len(inside) > 1 and (a & joined).sum() / (a | joined).sum() > 0.5 else []

    def merged(self, p: int) -> list[int]:
        """The truths that p merges."""
        covered = [
            t
            for t in self.counting()
            if self.same(t, p) and 2 * (self.truth.mask(t) & self.guess.mask(p)).sum() > self.truth.mask(t).sum()
        ]
        return covered if len(covered) > 1 else []

    def counting(self) -> list[int]:
        return [t for t, s in enumerate(self.truth.segments) if not s.crowd]


def scene(seed: int) -> Scene:
    """Blobs of both sides from one grid of cells, so that all mistakes happen: labels flip, cells join and part."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:21, :28]
    cells = (rows // 7) * 4 + columns // 7 + 1
    shifted = np.roll(cells, tuple(rng.integers(-2, 3, 2)), (0, 1))
    labels = rng.choice([0, 0, 1, 2, 3], 13)

    def side(ids: np.ndarray, flips: float, joins: float) -> Segmentation:
        own = np.where(rng.random(13) < flips, rng.integers(0, 4, 13), labels)
        group = np.arange(13)
        for k in range(2, 13):
            if rng.random() < joins:
                group[k], own[k] = group[k - 1], own[k - 1]
        ids = group[ids]
        halves = np.isin(ids, np.flatnonzero(rng.random(13) < 0.2)) & (columns % 7 > 3)
        ids = np.where(halves, ids + 13, ids)
        gone = np.flatnonzero(rng.random(26) < 0.12)
        ids = np.where(np.isin(ids, gone), 0, ids).astype(np.int32)
        crowd = rng.random(26) < 0.1 if flips == 0 else np.zeros(26, bool)
        segments = [Segment(label=int(own[k % 13]), crowd=bool(crowd[k] and own[k % 13] < 2)) for k in range(26)]
        return assemble(np.where(ids == 0, 0, ids), segments[1:], LABELS)

    return Scene(side(cells, 0.0, 0.15), side(shifted, 0.25, 0.25))


def naive(found: Scene, missed: list[int], ghosts: list[int]) -> tuple[dict[int, str], dict[int, str]]:
    """The table of `error_types`, row by row."""
    things, guessed = found.things()
    mine, theirs = dict.fromkeys(missed, ""), dict.fromkeys(ghosts, "")
    truths, guesses = found.counting(), range(len(found.guess))

    def say(t: int, p: int, kind: str) -> None:
        for side, k in ((mine, t), (theirs, p)):
            if side.get(k) == "":
                side[k] = kind

    over = [(t, p) for t in truths for p in guesses if not found.same(t, p) and found.iou(t, p) > 0.5]
    for across, kind in ((True, "background-caused"), (False, "wrong label")):
        for t, p in over:
            if (things[t] != guessed[p]) == across:
                say(t, p, kind)
    for t in truths:
        for p in found.pieces(t):
            say(t, p, "split")
    for p in guesses:
        for t in found.merged(p):
            say(t, p, "merged")
    near = [(t, p) for t in missed for p in ghosts if found.same(t, p) and found.iou(t, p) >= 0.1]
    ragged = {("t", t) for t, _ in near} | {("p", p) for _, p in near}
    for side, name in ((mine, "t"), (theirs, "p")):
        for k in side:
            if side[k] == "" and (name, k) in ragged:
                side[k] = "ragged edge"
    for t in missed:
        a = found.truth.mask(t)
        lost = sum((a & found.guess.mask(p)).sum() for p in guesses if guessed[p] != things[t])
        mine[t] = mine[t] or ("background-caused" if 2 * lost > a.sum() else "missed")
    for p in ghosts:
        b = found.known(p)
        made = sum((b & found.truth.mask(t)).sum() for t in truths if things[t] != guessed[p])
        theirs[p] = theirs[p] or ("background-caused" if 2 * made > b.sum() else "ghost")
    return mine, theirs


def table_of(found: Scene, guess: Segmentation | None = None):
    return overlap_table(found.truth, guess or found.guess, ImageKey(id=1, size=found.truth.size))


def pq(found: Scene, guess: Segmentation) -> float | None:
    return score_panoptic(count_panoptic(table_of(found, guess), convention="strict")).all.pq


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_miss_and_ghost_has_the_first_type_that_fits(seed: int):
    found = scene(seed)
    matches = match(table_of(found), convention="strict")
    kinds = segment_errors(matches)
    missed, ghosts = (matches.missed - 1).tolist(), (matches.ghosts - 1).tolist()
    mine, theirs = naive(found, missed, ghosts)
    assert {t: ERROR_TYPES[kinds.truth[t + 1]] for t in missed} == mine
    assert {p: ERROR_TYPES[kinds.prediction[p + 1]] for p in ghosts} == theirs


def test_the_scenes_have_every_mistake():
    seen: dict[str, int] = dict.fromkeys(ERROR_TYPES, 0)
    for seed in range(60):
        for image in analyse_errors(table_of(scene(seed))).images:
            for kind, n in image.mistakes.items():
                seen[kind] += n
    assert min(seen.values()) >= 5, seen


def repaired(found: Scene, kind: str) -> Segmentation | None:
    """The prediction with the mistakes of one type repaired; None where other mistakes are in the way."""
    ids, segments = found.guess.ids.copy(), list(found.guess.segments)
    kinds = segment_errors(match(table_of(found), convention="strict"))
    of_guess = [ERROR_TYPES[k] if k >= 0 else "" for k in kinds.prediction[1:]]
    of_truth = [ERROR_TYPES[k] if k >= 0 else "" for k in kinds.truth[1:]]
    if kind == "ghost":
        ids[np.isin(ids, [p + 1 for p, k in enumerate(of_guess) if k == kind])] = 0
    if kind == "missed":
        for t in [t for t, k in enumerate(of_truth) if k == kind]:
            label = found.truth.segments[t].label
            if (found.guess.ids[found.truth.mask(t)] > 0).any():
                return None  # something else is drawn there
            if not LABELS[label].is_thing and any(s.label == label for s in segments):
                return None  # the stuff of that label is drawn elsewhere, and would be one with it
            segments.append(Segment(label=label))
            ids[found.truth.mask(t)] = len(segments)
    if kind == "wrong label":
        things, guessed = found.things()
        for t in found.counting():
            for p in range(len(segments)):
                if not found.same(t, p) and found.iou(t, p) > 0.5 and things[t] == guessed[p]:
                    label = found.truth.segments[t].label
                    if not things[t] and any(s.label == label for s in segments):
                        return None  # the stuff of that label is there already, and would be one with it
                    segments[p] = Segment(label=label)
    if kind == "split":
        for t in found.counting():
            for p in found.pieces(t)[1:]:
                ids[ids == p + 1] = found.pieces(t)[0] + 1
    if kind == "merged":
        for p in range(len(found.guess)):
            truths = found.merged(p)
            if any(of_truth[t] not in ("", kind) for t in truths) or (truths and of_guess[p] not in ("", kind)):
                return None  # counted as another type
            for t in truths:
                segments.append(Segment(label=found.guess.segments[p].label))
                ids[found.truth.mask(t) & (found.guess.ids == p + 1)] = len(segments)
            if truths:
                ids[ids == p + 1] = 0
    return assemble(ids, segments, LABELS)


@pytest.mark.parametrize("kind", ["missed", "ghost", "wrong label", "split", "merged"])
def test_fixing_a_type_gives_the_pq_of_the_repaired_map(kind: str):
    checked = 0
    for seed in range(300):
        found = scene(seed)
        better = repaired(found, kind)
        if better is None:
            continue
        promised = analyse_errors(table_of(found), convention="strict").fixed[kind].all
        assert promised == pytest.approx(pq(found, better), abs=1e-12), seed
        checked += promised != pq(found, found.guess)
    assert checked >= 10


@pytest.mark.parametrize("kind", ERROR_TYPES)
def test_fixing_a_type_never_hurts(kind: str):
    helped = 0
    for seed in range(60):
        found = scene(seed)
        errors, now = analyse_errors(table_of(found), convention="strict"), pq(found, found.guess)
        if now is not None:
            assert now - 1e-12 <= errors.fixed[kind].all <= 1 + 1e-12
            helped += errors.fixed[kind].all > now
    assert helped >= 5  # not always: a ghost less of a label that is never found leaves its PQ at 0
