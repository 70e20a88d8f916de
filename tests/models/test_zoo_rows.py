"""Every model of the zoo, end to end, as a tiny random network of its family that sees the labels of its card."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from segweave import load_model  # noqa: E402
from segweave.models import ZOO  # noqa: E402
from segweave.models.adapters.smp import SmpNetwork, open_smp, smp_labels, smp_model  # noqa: E402
from segweave.models.adapters.torch_weights import fill_network, read_weights  # noqa: E402
from segweave.models.protocol import ProbabilityModel  # noqa: E402
from segweave.models.zoo import ModelCard, card_labels  # noqa: E402
from segweave.segmentation import Instances, Segmentation  # noqa: E402
from tiny_torchvision import tiny_torchvision  # noqa: E402
from tiny_transformers import at_64_px, eager, names, tiny_model  # noqa: E402

pytest.importorskip("segmentation_models_pytorch", reason='needs smp: pip install "segweave[torch]"')

KINDS = list({(card.family, card.labels): card for card in ZOO if card.library != "onnx"}.values())
"""One card of each family and label set: their tiny networks differ."""


pytestmark = pytest.mark.usefixtures("one_thread")


def model_of(card: ModelCard) -> Any:
    """The card's network, small; the embedded ones as they are."""
    if card.library == "onnx":
        return load_model(card.name, threads=1).network
    return small_model(card.library, card.family, card.labels)


@cache
def small_model(library: str, family: str, label_name: str) -> Any:
    card = next(c for c in ZOO if (c.library, c.family, c.labels) == (library, family, label_name))
    if library == "transformers":
        return tiny_model(family, **names(card_labels(card)))
    if library == "torchvision":
        return tiny_torchvision(card.source, card_labels(card).name)
    how = SmpNetwork(arch=family.removeprefix("smp-"), encoder="tu-test_resnet")
    known, columns = smp_labels(card_labels(card))
    return smp_model(how.build(columns), how, known, columns=columns, threads=1)


@pytest.mark.parametrize("card", ZOO, ids=lambda card: card.name)
def test_every_task_of_a_card_gives_the_same_valid_result_again_and_in_a_batch(card: ModelCard, photos: Any) -> None:
    model = model_of(card)
    assert model.labels == card_labels(card)
    assert set(card.tasks) <= set(model.tasks)
    for task in card.tasks:
        together = model.predict(photos, task)
        assert together == [model.predict([photo], task)[0] for photo in photos]
        for photo, result in zip(photos, together, strict=True):
            assert isinstance(result, Instances if task == "instance" else Segmentation)
            assert result.size == photo.shape[:2] and result.labels == model.labels
            assert all(s.score is not None and 0 <= s.score <= 1 for s in result.segments)
            if task == "semantic":
                assert (result.ids > 0).all()
            if task == "instance":
                assert all(result.labels[s.label].is_thing for s in result.segments)
    assert isinstance(model, ProbabilityModel) or "semantic" not in card.tasks


def reloaded(card: ModelCard, model: Any, folder: Path) -> Any:
    """The model, saved to a folder and opened from there."""
    if card.library == "torchvision":
        from safetensors.torch import save_file

        save_file(model.network.state_dict(), folder / "w.safetensors")
        again = tiny_torchvision(card.source, card_labels(card).name)
        for weight in again.network.parameters():
            weight.zero_()
        fill_network(again.network, read_weights(folder / "w.safetensors"), name="w")
        return again
    model.network.save_pretrained(folder)
    if card.library == "smp":
        return open_smp(folder, labels=card_labels(card), threads=1)
    return eager(at_64_px(load_model(folder, threads=1).network))


@pytest.mark.parametrize("card", KINDS, ids=lambda card: card.name)
def test_a_saved_network_sees_the_same_again(card: ModelCard, photos: Any, tmp_path: Path) -> None:
    """The weights lie elsewhere in memory, so that sums may round otherwise: scores within 1e-4, hardly a pixel."""
    model = model_of(card)
    again = reloaded(card, model, tmp_path)
    assert again.labels == model.labels
    for task in card.tasks:
        before, after = model.predict(photos[:1], task)[0], again.predict(photos[:1], task)[0]
        assert [s.label for s in before.segments] == [s.label for s in after.segments]
        scores = [[s.score for s in result.segments] for result in (before, after)]
        np.testing.assert_allclose(*scores, rtol=0, atol=1e-4)
        if task != "instance":
            assert (before.ids != after.ids).mean() < 0.001
