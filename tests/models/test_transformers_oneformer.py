"""OneFormer is asked for its task, without a tokenizer; with DiNAT inside it runs without a compiled package."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from segweave.errors import ModelError  # noqa: E402
from segweave.models.adapters.transformers import open_transformers  # noqa: E402
from segweave.models.protocol import TASKS  # noqa: E402
from segweave.models.task_tokens import TOKENS  # noqa: E402
from tiny_transformers import TINY, liven, oneformer_dinat, tiny_model  # noqa: E402

INPUT = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)


def test_the_question_is_a_start_five_or_six_words_and_an_end() -> None:
    assert set(TOKENS) == set(TASKS)
    for tokens in TOKENS.values():
        assert tokens[:4] == (49406, 518, 10549, 533)  # start, "the", "task", "is"
        assert tokens[-1] == 49407
    assert len(set(TOKENS.values())) == 3


@pytest.mark.parametrize("family", ["oneformer", "oneformer_dinat"])
def test_the_task_changes_the_answer_of_one_network(family: str) -> None:
    model = tiny_model(family)
    answers = {task: model.run(INPUT, task) for task in TASKS}
    for name in model.family.answer.outputs:
        assert np.abs(answers["semantic"][name] - answers["instance"][name]).max() > 1e-3
        assert np.abs(answers["panoptic"][name] - answers["instance"][name]).max() > 1e-3


def test_the_network_is_asked_with_the_tokens_padded_with_zeros_to_77() -> None:
    model = tiny_model("oneformer")
    asked: list[Any] = []
    model.network.model.task_encoder.register_forward_hook(lambda _, inputs, __: asked.append(inputs[0]))
    model.run(INPUT, "panoptic")
    assert asked[0].shape == (1, 77)
    assert asked[0][0].tolist() == [*map(float, TOKENS["panoptic"]), *[0.0] * 70]


def test_other_networks_are_not_asked() -> None:
    model = tiny_model("mask2former")
    one, two = (model.run(INPUT, task) for task in ("panoptic", "instance"))
    assert all((one[name] == two[name]).all() for name in one)


def test_weights_saved_from_the_library_s_oneformer_with_dinat_fit_ours(tmp_path: Path) -> None:
    """Saved and opened again, every weight finds its place: no name is ours alone."""
    model = tiny_model("oneformer_dinat")
    names = set(model.network.state_dict())
    prefix = "model.pixel_level_module.encoder."
    assert f"{prefix}encoder.levels.0.layers.1.attention.self.rpb" in names
    assert f"{prefix}hidden_states_norms.stage4.weight" in names
    model.network.save_pretrained(tmp_path)
    again = open_transformers(tmp_path)
    for name, weight in again.network.state_dict().items():
        assert torch.equal(weight, model.network.state_dict()[name]), name


def test_texts_of_training_in_the_file_are_no_fault(tmp_path: Path) -> None:
    """The hub's OneFormers carry the text encoder, which prediction does not use."""
    config = TINY["oneformer"](is_training=True)
    network = open_transformers(config).network
    assert any("text_mapper" in name for name in network.state_dict())
    network.config.is_training = False
    network.save_pretrained(tmp_path)
    assert not any("text_mapper" in name for name in open_transformers(tmp_path).network.state_dict())


def test_another_kind_of_dinat_is_refused() -> None:
    config = oneformer_dinat()
    config.backbone_config.hidden_act = "relu"
    with pytest.raises(ModelError, match="hidden_act gelu"):
        open_transformers(config)


def test_lively_weights_are_the_same_every_time() -> None:
    one, two = (open_transformers(TINY["oneformer"]()).network for _ in range(2))
    liven(one)
    liven(two)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
