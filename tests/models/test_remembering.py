"""A network that does not answer the same question twice in a row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.weaving import stripes, write_models
from segweave.models.adapters.onnx import open_onnx
from segweave.models.described import Network, Shape
from segweave.models.remembering import RememberingNetwork, remembering


class Counting:
    """A network that counts how often it runs."""

    def __init__(self, network: Network) -> None:
        self.network, self.runs = network, 0

    @property
    def inputs(self) -> Mapping[str, Shape]:
        return self.network.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.network.outputs

    def run(self, inputs: Mapping[str, np.ndarray], names: Sequence[str]) -> list[np.ndarray]:
        self.runs += 1
        return self.network.run(inputs, names)


def test_the_same_question_in_a_row_is_answered_once(tmp_path: Path) -> None:
    plain = open_onnx(write_models(tmp_path) / "secondary.onnx")
    counting = Counting(plain.network)
    network = RememberingNetwork(counting)
    feeds = [{"image": plain.to_input(stripes(*seen)).values} for seen in ((0, 1, 2, 0), (2, 1, 2, 0))]
    for feed, runs in ((feeds[0], 1), (feeds[0], 1), ({"image": feeds[0]["image"].copy()}, 1), (feeds[1], 2)):
        found = network.run(feed, ["logits"])
        assert counting.runs == runs and np.array_equal(found[0], plain.network.run(feed, ["logits"])[0])
    network.run(feeds[0], ["logits"])
    assert counting.runs == 3  # the last question alone is remembered
    network.run(feeds[0], [])
    assert counting.runs == 4
    assert network.inputs == plain.network.inputs and network.outputs == ("logits",)


def test_a_remembering_model_says_the_same(tmp_path: Path) -> None:
    plain = open_onnx(write_models(tmp_path) / "secondary.onnx")
    model = remembering(plain)
    for image in (stripes(0, 1, 2, 0), stripes(2, 2, 0, 1), stripes(2, 2, 0, 1)):
        assert np.array_equal(model.probabilities([image])[0], plain.probabilities([image])[0])
        assert np.array_equal(model.predict([image], "semantic")[0].ids, plain.predict([image], "semantic")[0].ids)
    other = object()
    assert remembering(other) is other
