"""Mask queries: equal to the papers' way of decoding them at every pixel, and right on cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plain_decoding import instances_by_the_paper, nearest, panoptic_by_the_paper, sigmoid, softmax, upsampled
from scenes import SOME_LABELS
from segweave.errors import ModelError
from segweave.models.decode_queries import (
    QueryRule,
    decode_queries_instances,
    decode_queries_panoptic,
    decode_queries_semantic,
    query_probabilities,
)

N = len(SOME_LABELS)  # sky, road, tree are stuff, car and person things
SKY, ROAD, CAR, PERSON, NONE = 0, 1, 3, 4, 5
SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))


def of_labels(labels: list[int], logit: float = 9.0) -> np.ndarray:
    """(q, N + 1) class logits: each query sure of its label; 0.9994 for a logit of 9."""
    return (np.eye(N + 1)[labels] * logit).astype(np.float32)


@st.composite
def answers(draw: st.DrawFn) -> dict:
    """What a network may answer, with how to decode it: noise, smooth maps, maps that are equal, saturated maps."""
    grid, size = draw(SIDES), draw(SIZES)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n = draw(st.integers(1, 7))
    masks = rng.normal(size=(n, *grid)) * draw(st.sampled_from([0.5, 4.0, 60.0]))
    kind = draw(st.sampled_from(["noise", "smooth", "equal", "whole"]))
    if kind == "smooth":  # large areas of one winner, where cells are filled without interpolation
        masks = upsampled(rng.normal(size=(n, 2, 2)) * 8, grid)
    if kind == "equal":
        masks[:] = masks[:1]
    if kind == "whole":  # ties, and logits on the threshold itself
        masks = masks.round()
    certainty = draw(st.sampled_from([1.0, 3.0, 9.0]))
    kinds = of_labels(rng.integers(0, N + 1, n).tolist(), certainty)
    share = draw(st.sampled_from([None, 0.3, 0.77]))
    return {
        "class_logits": kinds if kind == "equal" else kinds + rng.normal(size=kinds.shape).astype(np.float32) / 2,
        "mask_logits": masks.astype(np.float32),
        "size": size,
        "rule": QueryRule(score=draw(st.sampled_from([0.0, 0.4, 0.8])), mask=draw(st.sampled_from([0.5, 0.3]))),
        "window": None if share is None else (max(1, grid[0] * share), max(1, grid[1] * (1 - share))),
    }


@settings(max_examples=150)
@given(answer=answers())
def test_every_pixel_is_the_one_of_the_papers(answer: dict) -> None:
    seg = decode_queries_panoptic(**answer, labels=SOME_LABELS)
    expected = panoptic_by_the_paper(**answer)
    ids, labels, scores = np.zeros(answer["size"], int), [], []
    for label, score, mask in expected:
        if SOME_LABELS[label].is_thing or label not in labels:
            labels.append(label)
            scores.append([])
        segment = len(labels) if SOME_LABELS[label].is_thing else labels.index(label) + 1
        ids[mask] = segment
        scores[segment - 1].append((mask.sum(), score))
    assert np.array_equal(seg.ids, ids)
    assert [s.label for s in seg.segments] == labels
    means = [sum(a * s for a, s in parts) / sum(a for a, _ in parts) for parts in scores]
    assert [s.score for s in seg.segments] == pytest.approx(means, abs=1e-9)


@settings(max_examples=100)
@given(answer=answers(), most=st.sampled_from([1, 4, 100]))
def test_every_instance_is_the_one_of_the_papers(answer: dict, most: int) -> None:
    answer["rule"] = QueryRule(mask=answer["rule"].mask, most=most)
    found = decode_queries_instances(**answer, labels=SOME_LABELS)
    expected = [f for f in instances_by_the_paper(**answer) if SOME_LABELS[f[0]].is_thing]
    expected.sort(key=lambda f: -f[1])
    assert [s.score for s in found.segments] == pytest.approx([score for _, score, _ in expected], abs=1e-9)

    def described(label: int, mask: np.ndarray) -> tuple[int, bytes]:
        return label, np.packbits(mask).tobytes()

    ours = [described(s.label, found.mask(k)) for k, s in enumerate(found.segments)]
    assert sorted(ours) == sorted(described(label, mask) for label, _, mask in expected)


@settings(max_examples=60)
@given(answer=answers())
def test_semantic_labels_have_the_most_evidence(answer: dict) -> None:
    del answer["rule"]
    answer["mask_logits"] = answer["mask_logits"].clip(-40, 40)  # beyond, float32 runs out of digits
    size, window = answer["size"], answer["window"]
    seg = decode_queries_semantic(**answer, labels=SOME_LABELS)
    chances = softmax(answer["class_logits"], axis=1)[:, :-1]
    evidence = np.einsum("qc,qhw->chw", chances, sigmoid(answer["mask_logits"]))
    full = upsampled(evidence, size, window)
    indices = seg.label_indices()
    chosen = np.take_along_axis(full, indices[None].astype(int), axis=0)[0]
    assert (chosen >= full.max(axis=0) * (1 - 1e-5)).all()  # float32 decides what is all but equal
    shares = nearest(evidence / evidence.sum(axis=0), size, window)
    for k, segment in enumerate(seg.segments):
        assert segment.score == pytest.approx(shares[segment.label][seg.mask(k)].mean(), abs=1e-5)


def test_the_score_times_the_mask_decides_and_not_the_mask_alone() -> None:
    # two queries, each 0.95 and 0.9 sure of its mask; scores 0.88 and 0.998: 0.836 < 0.898, so the second wins
    class_logits = of_labels([CAR, PERSON])
    class_logits[0] *= 3.6 / 9  # e^3.6 / (e^3.6 + 5) = 0.880
    masks = np.log(np.array([0.95 / 0.05, 0.9 / 0.1], np.float32)).reshape(2, 1, 1)
    seg = decode_queries_panoptic(class_logits, masks, size=(2, 3), labels=SOME_LABELS)
    assert seg.label_names() == ("person",)
    # 0.9994 for e^9 / (e^9 + 5), times 0.9
    assert seg.segments[0].score == pytest.approx(0.89945, abs=1e-5)


def test_a_query_that_wins_less_than_its_share_of_its_mask_leaves_void() -> None:
    # The person's mask has all 4 pixels; the car, surer where both are, wins 1: 3/4 of the mask is left, below 0.8.
    masks = np.array([[[9, -9, -9, -9]], [[3, 3, 3, 3]]], np.float32)
    call = {"class_logits": of_labels([CAR, PERSON]), "mask_logits": masks, "size": (1, 4), "labels": SOME_LABELS}
    assert decode_queries_panoptic(**call).ids.tolist() == [[1, 0, 0, 0]]
    assert decode_queries_panoptic(**call, rule=QueryRule(overlap=0.75)).ids.tolist() == [[1, 2, 2, 2]]


def test_a_query_as_sure_as_the_threshold_is_not_sure_enough() -> None:
    call = {"mask_logits": np.full((1, 1, 1), 9, np.float32), "size": (1, 1), "labels": SOME_LABELS}
    surest = of_labels([CAR], 99)  # its probability is 1 in float64
    assert len(decode_queries_panoptic(surest, **call, rule=QueryRule(score=1))) == 0
    assert len(decode_queries_panoptic(surest, **call, rule=QueryRule(score=0.999))) == 1


def test_stuff_of_one_label_is_one_segment_and_things_are_not() -> None:
    masks = np.where(np.eye(4), 9, -9).reshape(4, 1, 4).astype(np.float32)
    call = {"mask_logits": masks, "size": (1, 4), "labels": SOME_LABELS}
    seg = decode_queries_panoptic(of_labels([SKY, CAR, SKY, CAR]), **call)
    assert seg.ids.tolist() == [[1, 2, 1, 3]]
    assert seg.label_names() == ("sky", "car", "car")


def test_pixels_outside_their_winners_mask_are_void() -> None:
    masks = np.array([[[5, 5, -1, -5]]], np.float32)
    seg = decode_queries_panoptic(of_labels([CAR]), masks, size=(1, 4), labels=SOME_LABELS, rule=QueryRule(overlap=0))
    assert seg.ids.tolist() == [[1, 1, 0, 0]]
    # the mean of sigmoid(5) twice, times 0.99938 for the label
    assert seg.segments[0].score == pytest.approx(0.99331 * 0.99938, abs=1e-5)


@pytest.mark.parametrize(
    "labels", [[], [NONE, NONE], [CAR, CAR]], ids=["no query", "queries of no label", "masks that are nowhere"]
)
def test_without_a_query_worth_hearing_all_is_void(labels: list[int]) -> None:
    masks = np.full((len(labels), 3, 4), -5, np.float32)
    seg = decode_queries_panoptic(of_labels(labels), masks, size=(6, 9), labels=SOME_LABELS)
    assert (seg.size, len(seg), seg.void_area()) == ((6, 9), 0, 54)
    assert len(decode_queries_instances(of_labels(labels), masks, size=(6, 9), labels=SOME_LABELS)) == 0


def test_no_query_sees_nothing_in_the_semantic_result() -> None:
    seg = decode_queries_semantic(of_labels([]), np.zeros((0, 3, 4), np.float32), size=(6, 9), labels=SOME_LABELS)
    assert seg.void_area() == 54


def test_padding_is_left_out_and_the_photograph_read_at_its_own_scale() -> None:
    # The photograph fills the left 2 of 4 columns: car, person; the padding says sky and is not seen.
    masks = np.array([[[9, -9, -9, -9]], [[-9, 9, -9, -9]], [[-9, -9, 9, 9]]], np.float32)
    seg = decode_queries_panoptic(of_labels([CAR, PERSON, SKY]), masks, size=(1, 6), labels=SOME_LABELS, window=(1, 2))
    assert seg.ids.tolist() == [[1, 1, 1, 2, 2, 2]]
    assert seg.label_names() == ("car", "person")


def test_one_query_may_be_two_instances_of_different_labels() -> None:
    class_logits = np.zeros((1, N + 1), np.float32)
    class_logits[0, [CAR, PERSON]] = 5, 4
    masks = np.array([[[2, -2]]], np.float32)
    found = decode_queries_instances(class_logits, masks, size=(1, 2), labels=SOME_LABELS)
    # e^5 = 148.4, e^4 = 54.6 of 207.0 with four ones; times sigmoid(2) = 0.8808
    assert found.label_names() == ("car", "person")
    assert [s.score for s in found.segments] == pytest.approx([0.6315, 0.2323], abs=1e-4)
    assert found.mask(1).tolist() == [[True, False]]


def test_evidence_is_summed_over_queries_and_not_normalised() -> None:
    evidence = query_probabilities(of_labels([SKY, SKY, CAR], 50), np.full((3, 2, 2), 50, np.float32))
    assert evidence.shape == (N, 2, 2) and evidence.dtype == np.float32
    assert evidence[:, 0, 0].round(6).tolist() == [2, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_logits": np.zeros((2, N), np.float32)}, r"\(queries, 6\).* found \(2, 5\)"),
        ({"mask_logits": np.zeros((3, 4, 4), np.float32)}, r"\(2 queries, h, w\); found \(3, 4, 4\)"),
        ({"mask_logits": np.zeros((2, 4, 0), np.float32)}, "grid of 4 x 0"),
        ({"mask_logits": np.full((2, 4, 4), np.nan, np.float32)}, "not finite"),
        ({"class_logits": np.full((2, N + 1), np.nan, np.float32)}, "not finite"),
        ({"window": (5, 4)}, r"window \(5, 4\).* 4 x 4 cells"),
        ({"window": (0, 4)}, "must lie inside the grid"),
    ],
)
def test_answers_that_do_not_fit_are_refused(change: dict, message: str) -> None:
    answer = {"class_logits": of_labels([CAR, SKY]), "mask_logits": np.ones((2, 4, 4), np.float32), "window": None}
    for decode in (decode_queries_panoptic, decode_queries_instances, decode_queries_semantic):
        with pytest.raises(ModelError, match=message):
            decode(**answer | change, size=(8, 8), labels=SOME_LABELS)


@pytest.mark.parametrize("wrong", [{"score": 1.1}, {"mask": -0.1}, {"overlap": 2}, {"most": 0}])
def test_a_rule_of_impossible_thresholds_is_refused(wrong: dict) -> None:
    with pytest.raises(ModelError, match=next(iter(wrong))):
        QueryRule(**wrong)
