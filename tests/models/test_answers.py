"""Outputs read as results: columns that mean void, windows, evidence. Needs no torch."""

from typing import Any

import numpy as np
import pytest

from segweave.errors import ModelError
from segweave.labels import Label, LabelSet
from segweave.models.answers import Pixels, Queries
from segweave.models.decode_queries import QueryRule
from segweave.models.evidence import decode_evidence, laid_over, probabilities_shown
from segweave.models.network_labels import NetworkLabels

PETS = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="grass", is_thing=False)))
PLAIN = NetworkLabels(PETS, (0, 1))
WITH_VOID = NetworkLabels(PETS, (2, 1), voids=(0, 3))  # cat is column 2, grass column 1


def one_hot(rows: list[list[int]], columns: int) -> Any:
    """(columns, h, w) logits: 8 for the column of each cell, 0 for the others."""
    return 8.0 * (np.arange(columns)[:, None, None] == np.array(rows)).astype(np.float32)


def test_what_a_void_column_wins_is_void() -> None:
    outputs = {"logits": one_hot([[2, 1], [0, 3]], 4)}
    found = Pixels().decode(outputs, size=(2, 2), labels=WITH_VOID, task="semantic", window=(2, 2))
    assert found.labels == PETS
    assert found.label_indices().tolist() == [[0, 1], [-1, -1]]
    assert [s.score for s in found.segments] == pytest.approx([np.exp(8) / (np.exp(8) + 3)] * 2)


def test_without_void_columns_no_pixel_is_void() -> None:
    outputs = {"logits": one_hot([[1, 0]], 2)}
    found = Pixels().decode(outputs, size=(1, 2), labels=PLAIN, task="semantic", window=(1, 2))
    assert found.label_indices().tolist() == [[1, 0]]


def test_void_columns_of_queries_are_no_label() -> None:
    """Query 0 is a cat for 0.9, query 1 means void; both have the whole picture."""
    share = np.array([[0.02, 0.02, 0.9, 0.03, 0.03], [0.9, 0.02, 0.02, 0.03, 0.03]])
    outputs = {
        "class_queries_logits": np.log(share).astype(np.float32),
        "masks_queries_logits": np.full((2, 2, 2), 9, np.float32),
    }
    asked = {"size": (2, 2), "labels": WITH_VOID, "window": (2.0, 2.0)}
    found = Queries().decode(outputs, task="panoptic", **asked)
    assert found.label_names() == ("cat",)
    assert found.segments[0].score == pytest.approx(0.9, abs=0.001)
    semantic = Queries().decode(outputs, task="semantic", **asked)
    assert semantic.label_names() == ("cat",)
    assert semantic.segments[0].score == pytest.approx(0.92 / 0.96, abs=0.001)  # cat 0.9 + 0.02, grass 0.02 + 0.02
    instances = Queries(rule=QueryRule(most=1)).decode(outputs, task="instance", **asked)
    assert [s.label for s in instances.segments] == [0]
    assert Queries().evidence(outputs, labels=WITH_VOID)[:, 0, 0] == pytest.approx([0.92, 0.04], abs=0.001)


@pytest.mark.parametrize(
    ("things", "stuff", "tasks"),
    [
        (True, True, ("panoptic", "instance", "semantic")),
        (True, False, ("panoptic", "instance")),
        (False, True, ("panoptic", "semantic")),
    ],
)
def test_queries_offer_what_their_labels_allow(things: bool, stuff: bool, tasks: tuple[str, ...]) -> None:
    labels = [PETS[0]] * things + [PETS[1]] * stuff
    assert Queries().tasks(LabelSet("some", tuple(labels))) == tasks
    assert Pixels().tasks(PETS) == ("semantic",)


@pytest.mark.parametrize(
    ("answer", "shapes"),
    [
        (Pixels(), {"logits": (3, 4, 4)}),
        (Pixels(), {"logits": (2, 4)}),
        (Queries(), {"class_queries_logits": (5, 2), "masks_queries_logits": (5, 4, 4)}),
        (Queries(), {"class_queries_logits": (5, 3), "masks_queries_logits": (4, 4, 4)}),
    ],
)
def test_outputs_of_other_shapes_are_refused_with_both(answer: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    outputs = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(ModelError, match="the network must give") as caught:
        answer.evidence(outputs, labels=PLAIN)
    assert all(str(shape) in str(caught.value) for shape in shapes.values())


def test_maps_are_cut_to_a_whole_window_and_interpolated_to_half_a_cell() -> None:
    maps = np.arange(8, dtype=np.float32).reshape(1, 2, 4)  # 0 1 2 3 / 4 5 6 7
    assert laid_over(maps, (1, 3)).tolist() == [[[0, 1, 2]]]
    assert laid_over(maps, (2, 4)).tolist() == maps.tolist()
    # 2.5 columns on 2 cells: their centres lie at 0.125 and 1.375 cells, counted from the first centre
    assert laid_over(maps, (1, 2.5)).tolist() == [[[0.125, 1.375]]]
    assert laid_over(maps, (1.5, 1)).shape == (1, 2, 1)
    assert laid_over(maps, (0.2, 0.2)).tolist() == [[[0]]]


def test_shares_sum_to_one_and_are_equal_where_there_is_no_evidence() -> None:
    evidence = np.array([[[3.0, 0.0]], [[1.0, 0.0]]], np.float32)
    assert probabilities_shown(evidence, (1, 2)).tolist() == [[[0.75, 0.5]], [[0.25, 0.5]]]


def test_evidence_becomes_the_label_of_the_most_and_its_share() -> None:
    evidence = np.array([[[3.0, 0.5]], [[1.0, 1.5]]], np.float32)
    found = decode_evidence(evidence, (1, 2), PETS, window=(1, 2))
    assert found.label_indices().tolist() == [[0, 1]]
    assert [s.score for s in found.segments] == [0.75, 0.75]
