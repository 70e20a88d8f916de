"""Every family of transformers, as a tiny random network, in every task it offers."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from segweave import load_model  # noqa: E402
from segweave.models.adapters.transformers import open_transformers  # noqa: E402
from segweave.models.adapters.transformers_families import FAMILIES  # noqa: E402
from segweave.models.protocol import TASKS, ProbabilityModel  # noqa: E402
from segweave.segmentation import Instances, Segmentation  # noqa: E402
from tiny_transformers import LABELS, TINY, at_64_px, eager, tiny_model  # noqa: E402

model_of = cache(tiny_model)
QUERIES = [family for family in TINY if hasattr(FAMILIES[family.removesuffix("_dinat")].answer, "rule")]


pytestmark = pytest.mark.usefixtures("one_thread")


def test_every_family_has_a_tiny_network_here() -> None:
    assert set(FAMILIES) == {family.removesuffix("_dinat") for family in TINY}


@pytest.mark.parametrize("family", TINY)
def test_every_task_gives_a_result_in_the_pixels_of_the_photograph(family: str, photos: list[Any]) -> None:
    model = model_of(family)
    assert isinstance(model, ProbabilityModel)
    assert model.tasks == (TASKS if family in QUERIES else ("semantic",))
    for task in model.tasks:
        for photo, result in zip(photos, model.predict(photos, task), strict=True):
            assert isinstance(result, Instances if task == "instance" else Segmentation)
            assert result.size == photo.shape[:2]
            assert result.labels == LABELS
            assert all(s.score is not None and 0 <= s.score <= 1 for s in result.segments)
            if task == "semantic":
                assert (result.ids > 0).all()
            if task == "instance":
                assert result.segments and all(LABELS[s.label].is_thing for s in result.segments)


@pytest.mark.parametrize("family", TINY)
def test_an_answer_is_the_same_again_and_in_a_batch(family: str, photos: list[Any]) -> None:
    model = model_of(family)
    for task in model.tasks:
        together = model.predict(photos, task)
        assert together == [model.predict([photo], task)[0] for photo in photos]
    assert model.predict([], model.tasks[0]) == []


@pytest.mark.parametrize("family", TINY)
def test_a_saved_network_gives_the_same_answer(family: str, photos: list[Any], tmp_path: Path) -> None:
    """The weights lie elsewhere in memory, so that sums may round otherwise: scores within 1e-4, hardly a pixel."""
    model = model_of(family)
    model.network.save_pretrained(tmp_path)
    again = eager(at_64_px(load_model(tmp_path, threads=1).network))
    assert again.labels == model.labels
    for task in model.tasks:
        before, after = model.predict(photos[:1], task)[0], again.predict(photos[:1], task)[0]
        assert [s.label for s in before.segments] == [s.label for s in after.segments]
        np.testing.assert_allclose(
            [s.score for s in before.segments], [s.score for s in after.segments], rtol=0, atol=1e-4
        )
        if task != "instance":
            assert (before.ids != after.ids).mean() < 0.001


def shown(model: Any, photo: Any) -> tuple[Any, Any]:
    """The outputs for a photograph, and the window of the grid that shows it, cut off where it ends within a cell."""
    seen = model.preprocess.to_input(photo)
    outputs = {name: torch.from_numpy(maps) for name, maps in model.run(seen.values, "semantic").items()}
    grid = outputs[model.family.answer.outputs[-1]].shape[1:]
    return outputs, seen.window(tuple(grid))


def evidence_in_torch(model: Any, outputs: Any) -> Any:
    """(n, h, w): softmax, or what all queries say together."""
    first, *rest = (outputs[name] for name in model.family.answer.outputs)
    if not rest:
        return first.softmax(0)
    return torch.einsum("qc,qhw->chw", first.softmax(-1)[:, :-1], rest[0].sigmoid())


@pytest.mark.parametrize("family", TINY)
def test_probabilities_are_the_shares_in_the_window(family: str, photos: list[Any]) -> None:
    model = model_of(family)
    for photo, found in zip(photos, model.probabilities(photos), strict=True):
        outputs, window = shown(model, photo)
        assert found.dtype == np.float32
        assert found.shape == (len(LABELS), round(window[0]), round(window[1]))
        np.testing.assert_allclose(found.sum(axis=0), 1, rtol=0, atol=1e-5)
        evidence = evidence_in_torch(model, outputs)[:, : found.shape[1], : found.shape[2]].numpy()
        if found.shape[1:] == window:
            np.testing.assert_allclose(found, evidence / evidence.sum(axis=0), rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", TINY)
def test_the_semantic_result_is_the_argmax_of_what_torch_interpolates(family: str, photos: list[Any]) -> None:
    """Logits, or the evidence of queries, brought to the photograph's scale with the padding, which is cut then."""
    model, compared = model_of(family), 0
    for photo in photos:
        outputs, window = shown(model, photo)
        maps = evidence_in_torch(model, outputs) if family in QUERIES else outputs["logits"]
        whole = [side * cells / part for side, cells, part in zip(photo.shape, maps.shape[1:], window, strict=False)]
        if any(side != round(side) for side in whole):
            continue
        large = torch.nn.functional.interpolate(maps[None], size=[int(side) for side in whole], mode="bilinear")
        large = large[:, :, : photo.shape[0], : photo.shape[1]]
        found = model.predict([photo], "semantic")[0].label_indices()
        values = np.take_along_axis(large[0].numpy(), found[None], axis=0)[0]
        np.testing.assert_allclose(values, large[0].amax(0).numpy(), rtol=1e-4, atol=1e-4)  # or as good as the largest
        compared += 1
    assert compared


def test_threads_are_put_back_after_a_run(photos: list[Any]) -> None:
    before = torch.get_num_threads()
    model = at_64_px(open_transformers(TINY["segformer"](), threads=before + 1))
    assert model.predict(photos[:1], "semantic")[0].size == (60, 90)
    assert torch.get_num_threads() == before
