"""Maps of how sure a model is."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from combine.tiles import cuts
from models.color_model import ColorModel, ShareModel
from segweave import load_model, read_image
from segweave.errors import UsageError
from segweave.models import Task
from segweave.models.augmented import augmented
from segweave.models.confidence import confidence_maps, predicted
from segweave.models.manner import Manner
from segweave.models.tiles import tiled


def test_the_numbers_of_known_probabilities_by_hand() -> None:
    # red, green, blue / 255 and the rest: 0 1 0 0 (sure), 0 1/3 1/3 1/3, 0 0.2 0.4 0.4
    image = np.array([[[0, 255, 0], [0, 85, 85], [0, 51, 102]]], np.uint8)
    maps = confidence_maps(ShareModel(), image)
    assert maps.probability.dtype == maps.entropy.dtype == np.float32
    assert maps.probability[0] == pytest.approx([1, 1 / 3, 0.4])
    nats = -0.2 * math.log(0.2) - 2 * 0.4 * math.log(0.4)
    assert maps.entropy[0] == pytest.approx([0, math.log(3), nats], abs=1e-5)
    result, stored = predicted(ShareModel(), image, "semantic")  # of five labels, one of which is never seen
    assert result == ShareModel().predict([image], "semantic")[0]
    assert stored.probability.tolist() == [[255, 85, 102]]
    assert stored.entropy.tolist() == [[0, round(255 * math.log(3) / math.log(5)), round(255 * nats / math.log(5))]]


@given(st.integers(1, 30), st.integers(1, 30), cuts(least_overlap=0))
def test_tiles_give_the_same_maps_where_cells_are_pixels(height: int, width: int, sides: tuple[int, int]) -> None:
    image = np.random.default_rng(height * 31 + width).integers(0, 85, (height, width, 3), dtype=np.uint8)
    whole, found = (
        confidence_maps(m, image) for m in (ShareModel(), tiled(ShareModel(), tile=sides[0], overlap=sides[1]))
    )
    assert np.array_equal(found.probability, whole.probability)
    assert np.array_equal(found.entropy, whole.entropy)


def test_8_bits_are_the_maps_rounded_and_the_result_is_the_model_s(china: Path) -> None:
    image = read_image(china)
    network = load_model("street", threads=1).network
    views = augmented(network, flip=True)
    for model in (network, tiled(network, tile=400), views, tiled(views, tile=400), tiled(network, tile=700)):
        maps, (result, stored) = confidence_maps(model, image), predicted(model, image, "semantic")
        assert result == model.predict([image], "semantic")[0]
        assert maps.probability.shape == maps.entropy.shape == (427, 640)
        assert maps.probability.min() >= 1 / 11 and maps.probability.max() <= 1
        assert maps.entropy.min() >= 0 and maps.entropy.max() <= np.float32(math.log(11))
        assert np.abs(stored.probability - 255.0 * maps.probability).max() <= 0.5001
        assert np.abs(stored.entropy - 255.0 * maps.entropy / math.log(11)).max() <= 0.5001


def test_street_is_surest_of_the_sky_and_least_sure_at_borders(china: Path) -> None:
    model = load_model("street", threads=1)
    maps = model.confidence(china)
    seg = model.predict(china, task="semantic")
    sky = maps.probability[:100].mean()
    labels = seg.label_indices()
    border = (labels[:, 1:] != labels[:, :-1]).nonzero()
    assert sky > 0.9 > maps.probability[border].mean() + 0.2
    assert maps.entropy[border].mean() > 2 * maps.entropy.mean()


def test_a_segment_s_score_is_about_the_mean_of_the_map_over_it(china: Path) -> None:
    """The score is read at the nearest cell, the map between cells."""
    model = load_model("street", threads=1)
    maps, seg = model.confidence(china), model.predict(china, task="semantic")
    for k, segment in enumerate(seg.segments):
        assert segment.score == pytest.approx(maps.probability[seg.mask(k)].mean(), abs=0.06)


def test_a_model_without_probabilities_is_refused() -> None:
    for model in (ColorModel(), tiled(ColorModel(), tile=8)):
        with pytest.raises(UsageError, match="gives no probabilities"):
            confidence_maps(model, np.zeros((4, 4, 3), np.uint8))


class Counting:
    """A network that counts how often it runs."""

    def __init__(self, network):
        self.network, self.inputs, self.outputs, self.runs = network, network.inputs, network.outputs, 0

    def run(self, inputs, names):
        self.runs += 1
        return self.network.run(inputs, names)


@pytest.mark.parametrize(
    ("manner", "task", "runs"),
    [
        (Manner(confidence=True), "panoptic", 1),
        (Manner(confidence=True, tile=400, overlap=0), "instance", 4),  # 427 x 640 px
        (Manner(confidence=True, flip=True), "semantic", 2),
        (Manner(confidence=True, flip=True, tile=400, overlap=0), "semantic", 8),
    ],
)
def test_a_network_runs_once_for_the_result_and_for_how_sure_it_is(
    manner: Manner, task: Task, runs: int, china: Path
) -> None:
    street = load_model("street", threads=1)
    counting = Counting(street.network.network)
    model = manner.applied(replace(street, network=replace(street.network, network=counting)), task)
    result, _ = predicted(model.network, read_image(china), task)
    assert (
        result == replace(manner, confidence=False).applied(street, task).network.predict([read_image(china)], task)[0]
    )
    assert counting.runs == runs


def test_of_one_label_a_model_is_always_sure(tmp_path: Path) -> None:
    from segweave.labels import Label, LabelSet
    from tiny_onnx import channel_network, describe_channels

    one = LabelSet("one", (Label(name="all", is_thing=False),))
    raw = channel_network(tmp_path / "raw.onnx", channels=1)
    network = load_model(describe_channels(raw, tmp_path / "model.onnx", one)).network
    _, stored = predicted(network, np.zeros((3, 5, 3), np.uint8), "semantic")
    assert (stored.probability == 255).all() and (stored.entropy == 0).all()
