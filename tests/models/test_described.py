"""Files that answer with mask queries, boxes or sigmoids, see padded photographs or windows. Needs no torch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segweave.errors import ModelError, UsageError
from segweave.labels import Label, LabelSet
from segweave.models import (
    Boxes,
    Frame,
    FramedPreprocess,
    ModelDescription,
    Pixels,
    Preprocess,
    Queries,
    QueryRule,
    Sigmoids,
    describe_onnx,
)
from segweave.models.adapters.onnx import open_onnx
from segweave.models.protocol import ProbabilityModel, ScalableModel
from segweave.models.windows import Windows
from tiny_onnx import CATS, CLASSES, FLAG, FRAMED, PETS, QUERIES, box_network, channel_network, query_network


def opened(plain: Path, description: ModelDescription) -> Any:
    """The described network as a model."""
    described = plain.with_name(f"described-{plain.name}")
    describe_onnx(plain, described, description)
    return open_onnx(described, threads=1)


def of_queries(folder: Path, **more: Any) -> Any:
    """Queries on padded photographs."""
    plain = query_network(folder / "queries.onnx", CLASSES)
    return opened(plain, ModelDescription(labels=PETS, preprocess=FRAMED, decoder=QUERIES, **more))


def test_queries_in_a_file_give_all_three_tasks_without_the_padding(tmp_path: Path) -> None:
    model = of_queries(tmp_path)
    assert model.tasks == ("panoptic", "instance", "semantic")
    panoptic = model.predict([FLAG], "panoptic")[0]
    assert panoptic.label_indices().tolist() == [[0, 0, 1, -1]] * 2  # nobody is heard where blue is
    instances = model.predict([FLAG], "instance")[0]
    assert instances.labels[instances.segments[0].label].name == "cat"
    assert instances.mask(0).astype(int).tolist() == [[1, 1, 0, 0]] * 2
    semantic = model.predict([FLAG], "semantic")[0]
    assert semantic.label_indices()[:, :3].tolist() == [[0, 0, 1]] * 2


def test_what_a_file_says_of_each_pixel_sums_to_one_on_the_photograph_alone(tmp_path: Path) -> None:
    model = of_queries(tmp_path)
    assert isinstance(model, ProbabilityModel) and isinstance(model, ScalableModel)
    shares = model.probabilities([FLAG])[0]
    assert shares.shape == (2, 2, 4)  # the padding is left out
    assert shares.sum(axis=0) == pytest.approx(np.ones((2, 4)))
    assert (shares[0, :, :2] > 0.99).all() and (shares[1, :, 2] > 0.99).all()


def test_the_thresholds_in_a_file_are_heard(tmp_path: Path) -> None:
    plain = query_network(tmp_path / "unsure.onnx", [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])  # e / (e + 2) = 0.58
    for score, names in ((0.8, ()), (0.5, ("cat", "grass"))):
        queries = replace(QUERIES, rule=QueryRule(score=score))
        model = opened(plain, ModelDescription(labels=PETS, preprocess=FRAMED, decoder=queries))
        assert model.predict([FLAG], "panoptic")[0].label_names() == names


def test_a_network_that_asks_for_its_task_is_told(tmp_path: Path) -> None:
    plain = query_network(tmp_path / "asks.onnx", CLASSES, when_instance=CATS)
    description = ModelDescription(labels=PETS, preprocess=FRAMED, decoder=QUERIES, task_input="task")
    model = opened(plain, description)
    assert model.predict([FLAG], "panoptic")[0].label_names() == ("cat", "grass")
    cats = [segment.label for segment in model.predict([FLAG], "instance")[0].segments if (segment.score or 0) > 0.5]
    assert cats == [0, 0]  # asked for instances, it takes the green for a cat too


def test_columns_and_voids_in_a_file_are_heard(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "channels.onnx")  # column 0 = red, 1 = green, 2 = blue
    description = ModelDescription(
        labels=PETS, preprocess=FRAMED, decoder=Pixels(logits="logits"), columns=(2, 0), voids=(1,)
    )
    found = opened(plain, description).predict([FLAG], "semantic")[0]
    assert found.label_indices().tolist() == [[1, 1, -1, 0]] * 2


def test_sigmoids_in_a_file_leave_void_where_no_label_reaches_a_half(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "two.onnx", channels=2)
    description = ModelDescription(labels=PETS, preprocess=FRAMED, decoder=Sigmoids(logits="logits"))
    model = opened(plain, description)
    assert model.predict([FLAG], "semantic")[0].label_indices().tolist() == [[0, 0, 1, -1]] * 2
    assert isinstance(model, ProbabilityModel)


def test_boxes_in_a_file_are_scaled_to_the_photograph_and_cut_at_the_padding(tmp_path: Path) -> None:
    """4 x 2 px become 8 x 4 of 8 x 8; the left half of what is shown is 8 x 2, in the photograph 4 x 1."""
    frame = FramedPreprocess(frame=Frame(longest=8, pad_to=(8, 8)))
    plain = box_network(tmp_path / "boxes.onnx", columns=[2, 1, 3])
    description = ModelDescription(
        labels=LabelSet("two", (PETS[0], Label(name="dog", is_thing=True))),
        preprocess=frame,
        decoder=Boxes(),
        columns=(1, 3),
        voids=(0, 2),
        shown_input="shown",
    )
    model = opened(plain, description)
    assert model.tasks == ("instance",) and not isinstance(model, ProbabilityModel)
    found = model.predict([np.ascontiguousarray(FLAG.transpose(1, 0, 2))], "instance")[0]
    assert [(s.label, round(s.score or 0, 2)) for s in found.segments] == [(0, 0.8), (1, 0.7)]  # column 2 is void
    assert found.mask(0).astype(int).tolist() == [[1, 0]] * 4


def test_windows_in_a_file_are_cut_and_joined(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "square.onnx", sides=(2, 2))
    windows = Windows(side=2, step=1)
    preprocess = replace(FRAMED, frame=Frame(shortest=2))
    description = ModelDescription(
        labels=LabelSet("three", (*PETS, Label(name="sky", is_thing=False))),
        preprocess=preprocess,
        decoder=Pixels(logits="logits"),
        windows=windows,
    )
    model = opened(plain, description)
    assert model.predict([FLAG], "semantic")[0].label_indices().tolist() == [[0, 0, 1, 2]] * 2
    with pytest.raises(UsageError, match="sees every photograph at"):
        model.at_scale(2)


def test_a_framed_file_of_one_size_says_so_when_the_photograph_does_not_fit(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "small.onnx", sides=(4, 4))
    description = ModelDescription(
        labels=LabelSet("three", (*PETS, Label(name="sky", is_thing=False))),
        preprocess=FRAMED,
        decoder=Pixels(logits="logits"),
    )
    with pytest.raises(ModelError, match=r"takes \(4, 4\) px .* found \(8, 8\)"):
        opened(plain, description).predict([FLAG], "semantic")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"task_input": "question"}, "names the input 'question'; the network has image"),
        ({"decoder": Queries()}, "names the output 'class_queries_logits'; the network has classes, masks"),
        ({"windows": Windows(side=8, step=8)}, "windows of 8 px need a network of that size"),
    ],
)
def test_a_description_that_does_not_fit_the_network_says_where(more: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        plain = query_network(tmp_path / "queries.onnx", CLASSES)
        opened(plain, ModelDescription(**({"labels": PETS, "preprocess": FRAMED, "decoder": QUERIES} | more)))


@pytest.mark.parametrize(
    "description",
    [
        ModelDescription(labels=PETS, preprocess=FRAMED, decoder=replace(QUERIES, rule=QueryRule(most=7))),
        ModelDescription(labels=PETS, preprocess=Preprocess(pixels=9), decoder=Sigmoids(), voids=(2,)),
        ModelDescription(
            labels=PETS,
            preprocess=FramedPreprocess(frame=Frame(exact=(7, 9), zoom=1.5, keep_aspect=True), bgr=True, cubic=True),
            decoder=Boxes(masks="m"),
            columns=(3, 1),
            voids=(0, 2),
            shown_input="shown",
        ),
        ModelDescription(
            labels=PETS,
            preprocess=FRAMED,
            decoder=Pixels(),
            windows=Windows(side=512, step=16),
            task_input="task",
        ),
    ],
)
def test_every_kind_of_description_survives_its_json(description: ModelDescription) -> None:
    assert ModelDescription.from_json(description.to_json()) == description


def test_version_1_is_read_as_it_was_meant() -> None:
    rest = '"preprocess": {"pixels": 64, "mean": [1, 2, 3]}, "decoder": {"kind": "logits"}'
    old = f'{{"version": 1, "labels": "voc", {rest}}}'
    found = ModelDescription.from_json(old)
    assert found.preprocess == Preprocess(pixels=64, mean=(1, 2, 3))
    assert found.decoder == Pixels(logits="semantic")  # the name it had where none was said
    named = ModelDescription.from_json(old.replace('"kind": "logits"', '"kind": "logits", "logits": "out"'))
    assert named.decoder == Pixels(logits="out")


@pytest.mark.parametrize(
    ("columns", "voids"),
    [((0,), ()), ((0, 0), ()), ((0, 2), ()), ((0, 1), (1,)), ((-1, 0), (1,)), (None, (3,))],
)
def test_columns_that_do_not_fit_the_labels_are_refused(columns: Any, voids: Any) -> None:
    with pytest.raises(ModelError, match="needs a column of its own"):
        ModelDescription(labels=PETS, preprocess=FRAMED, decoder=Pixels(), columns=columns, voids=voids)


@pytest.mark.parametrize(
    ("part", "value"),
    [("columns", "[0.5, 1]"), ("voids", '"no"'), ("windows", "{}"), ("task_input", "5"), ("shown_input", '""')],
)
def test_a_wrong_new_part_is_named(part: str, value: str) -> None:
    text = ModelDescription(labels=PETS, preprocess=FRAMED, decoder=Pixels()).to_json()
    with pytest.raises(ModelError, match=f"wrong part '{part}'"):
        ModelDescription.from_json(text[:-1] + f', "{part}": {value}}}')
