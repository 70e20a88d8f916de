"""Any ONNX file with a description is a model; every other file is refused in one line."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from segweave import Label, LabelSet, load_model
from segweave.errors import ModelError, UsageError
from segweave.labels import label_set
from segweave.models import Centers, ModelDescription, Preprocess, describe_onnx
from segweave.models.adapters.onnx import open_onnx
from tiny_onnx import channel_network, describe_centers, describe_channels

COLORS = LabelSet(
    "colors",
    (
        Label(name="red", is_thing=True, color=(255, 0, 0), ja="赤", ko="빨강"),
        Label(name="green", is_thing=False, color=(0, 255, 0)),
        Label(name="blue", is_thing=False, color=(0, 0, 255)),
    ),
)
FLAG = np.repeat(np.array([[[250, 5, 5], [5, 250, 5], [5, 5, 250]]], np.uint8), 2, axis=0)  # 2 x 3: red, green, blue


def test_a_file_says_itself_how_to_be_used(tmp_path: Path) -> None:
    path = describe_channels(channel_network(tmp_path / "plain.onnx"), tmp_path / "model.onnx", COLORS, pixels=6)
    onnx.checker.check_model(str(path))
    model = load_model(path)
    assert model.labels == COLORS
    assert model.tasks == ("semantic",)
    seg = model.predict(FLAG, task="semantic")
    assert seg.label_indices().tolist() == [[0, 1, 2], [0, 1, 2]]


def test_a_network_of_one_size_gets_that_size(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "plain.onnx", sides=(4, 6))
    path = describe_channels(plain, tmp_path / "model.onnx", COLORS, pixels=100)
    model = open_onnx(path)
    assert model.fixed_size == (4, 6)
    found = model.predict([FLAG], "semantic")[0]
    assert found.size == (2, 3)
    assert found.label_indices().tolist() == [[0, 1, 2], [0, 1, 2]]


def test_a_batch_gives_the_same_as_one_image_at_a_time(tmp_path: Path) -> None:
    path = describe_channels(channel_network(tmp_path / "plain.onnx"), tmp_path / "model.onnx", COLORS)
    model = open_onnx(path, threads=1)
    images = [FLAG, FLAG[:, ::-1].copy(), np.repeat(FLAG, 5, axis=1)]
    assert model.predict(images, "semantic") == [model.predict([image], "semantic")[0] for image in images]


def test_a_description_survives_its_json() -> None:
    for labels in (COLORS, label_set("camvid11")):
        preprocess = Preprocess(pixels=1024, multiple=8, mean=(1, 2, 3), std=(4, 5, 6))
        description = ModelDescription(labels=labels, preprocess=preprocess, decoder=Centers(heat="h"))
        assert ModelDescription.from_json(description.to_json()) == description


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must have"),
        ('{"version": 3, "labels": "voc", "preprocess": {}, "decoder": {}}', "version 3; known are 1 and 2"),
        ('{"version": 1, "labels": "vok", "preprocess": {}, "decoder": {}}', "did you mean 'voc'"),
        ('{"version": 1, "labels": "voc", "preprocess": {"pixel": 5}, "decoder": {}}', "preprocess"),
        ('{"version": 1, "labels": "voc", "preprocess": {"pixels": "x"}, "decoder": {}}', "preprocess"),
        ('{"version": 1, "labels": "voc", "preprocess": {"pixels": 5}, "decoder": {"kind": "pixel"}}', "'pixels'"),
        ('{"version": 1, "labels": "voc", "preprocess": {"pixels": 5}, "decoder": 3}', "decoder"),
        ('{"version": 1, "labels": {"name": "x"}, "preprocess": {"pixels": 5}, "decoder": {}}', "labels"),
    ],
)
def test_a_wrong_description_says_which_part_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        ModelDescription.from_json(text)


def test_a_second_description_is_refused(tmp_path: Path) -> None:
    path = describe_channels(channel_network(tmp_path / "plain.onnx"), tmp_path / "model.onnx", COLORS)
    with pytest.raises(ModelError, match="already"):
        describe_channels(path, tmp_path / "twice.onnx", COLORS)
    assert not (tmp_path / "twice.onnx").exists()


def test_a_file_without_a_description_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"plain\.onnx: has no 'segweave' metadata.*describe_onnx"):
        load_model(channel_network(tmp_path / "plain.onnx"))


def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("hello")
    (tmp_path / "empty.onnx").touch()
    for name in ("text.onnx", "empty.onnx", "missing.onnx"):
        with pytest.raises(ModelError, match=name) as error:
            load_model(tmp_path / name)
        assert "\n" not in str(error.value)


def test_outputs_that_do_not_fit_the_description_are_named(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "plain.onnx")
    with pytest.raises(ModelError, match=r"names the output 'semantic'; the network has logits"):
        load_model(describe_centers(plain, tmp_path / "a.onnx", COLORS))
    two = describe_channels(channel_network(tmp_path / "two.onnx", channels=2), tmp_path / "b.onnx", COLORS)
    with pytest.raises(ModelError, match=r"must give logits \(3, h, w\); found \(2,"):
        load_model(two).predict(FLAG, task="semantic")


def test_a_task_that_the_network_cannot_do_is_refused(tmp_path: Path) -> None:
    path = describe_channels(channel_network(tmp_path / "plain.onnx"), tmp_path / "model.onnx", COLORS)
    with pytest.raises(UsageError, match=r"'panoptic' is not offered.*did you mean 'semantic'"):
        load_model(path).predict(FLAG)


def test_describing_writes_the_description_behind_an_untouched_file(tmp_path: Path) -> None:
    plain = channel_network(tmp_path / "plain.onnx")
    description = ModelDescription(labels=COLORS, preprocess=Preprocess(pixels=6), decoder=Centers())
    describe_onnx(plain, tmp_path / "model.onnx", description)
    assert (tmp_path / "model.onnx").read_bytes().startswith(plain.read_bytes())
    metadata = {entry.key: entry.value for entry in onnx.load(str(tmp_path / "model.onnx")).metadata_props}
    assert ModelDescription.from_json(metadata["segweave"]) == description
