"""Tiles, views and maps of how sure a model is, with networks of the library transformers."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from segweave import read_image  # noqa: E402
from segweave.errors import UsageError  # noqa: E402
from segweave.models import augmented, confidence_maps, tiled  # noqa: E402
from segweave.models.protocol import ScalableModel  # noqa: E402
from tiny_transformers import tiny_model  # noqa: E402

FAMILIES = ("mask2former", "segformer")


@pytest.fixture(scope="module")
def photo(china: Path) -> np.ndarray:
    """(107, 160, 3) uint8."""
    return np.ascontiguousarray(read_image(china)[::4, ::4])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_of_transformers_can_be_tiled_for_every_task(family: str, photo: np.ndarray) -> None:
    network = tiny_model(family)
    model = tiled(network, tile=64, overlap=16)
    assert model.tasks == network.tasks
    for task in model.tasks:
        (found,) = model.predict([photo], task)  # built, and so valid
        assert found.size == photo.shape[:2] and len(found)
        (alone,) = tiled(network, tile=160).predict([photo], task)
        assert alone == network.predict([photo], task)[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_of_transformers_looks_at_scales_and_says_how_sure_it_is(family: str, photo: np.ndarray) -> None:
    network = tiny_model(family)
    assert isinstance(network, ScalableModel)
    (plain,), (larger,) = (model.probabilities([photo]) for model in (network, network.at_scale(2)))
    assert larger.shape[1] / plain.shape[1] == pytest.approx(2, rel=0.1)
    model = augmented(network, flip=True, scales=(0.5, 1))
    (found,) = model.predict([photo], "semantic")
    assert found.size == photo.shape[:2]
    maps = confidence_maps(model, photo)
    assert maps.probability.shape == photo.shape[:2] and 1 / len(network.labels) <= maps.probability.min()


def test_a_network_of_one_size_refuses_other_scales() -> None:
    with pytest.raises(UsageError, match="one size"):
        augmented(tiny_model("beit"), scales=(0.5, 1))
