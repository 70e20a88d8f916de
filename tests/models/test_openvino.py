"""OpenVINO files: the same answers as ONNX Runtime, the description inside. Converted from tiny networks; no torch."""

from pathlib import Path

import numpy as np
import pytest

from segweave import load_model
from segweave.errors import MissingExtra, ModelError
from segweave.models import Boxes, ModelDescription
from segweave.models.adapters.onnx import open_onnx
from segweave.models.adapters.openvino import need_openvino, open_openvino, write_openvino
from segweave.models.agreement import equal_pixels
from segweave.models.description_onnx import describe_onnx
from tiny_onnx import CATS, CLASSES, FLAG, FRAMED, PETS, QUERIES, box_network, query_network


def test_without_openvino_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtra, match=r'pip install "segweave\[openvino\]"'):
        need_openvino()
    with pytest.raises(MissingExtra, match="OpenVINO files need the openvino extra"):
        load_model(tmp_path / "model.xml")


class TestInstalled:
    """With OpenVINO."""

    @pytest.fixture(autouse=True)
    def _needs_openvino(self) -> None:
        pytest.importorskip("openvino", reason='needs OpenVINO: pip install "segweave[openvino]"')

    def test_a_question_goes_through_openvino_as_through_onnx_runtime(self, tmp_path: Path) -> None:
        plain = query_network(tmp_path / "plain.onnx", CLASSES, when_instance=CATS)
        description = ModelDescription(labels=PETS, preprocess=FRAMED, decoder=QUERIES, task_input="task")
        describe_onnx(plain, tmp_path / "model.onnx", description)
        write_openvino(plain, tmp_path / "model.xml", description)
        one, two = open_onnx(tmp_path / "model.onnx"), load_model(tmp_path / "model.xml", threads=1)
        assert two.network.description == description
        photos = [FLAG, np.repeat(FLAG, 3, axis=0)]
        for task in one.tasks:
            for a, b in zip(one.predict(photos, task), two.network.predict(photos, task), strict=True):
                assert equal_pixels(a, b) == 1 and a.segments == b.segments

    def test_boxes_go_through_openvino(self, tmp_path: Path) -> None:
        plain = box_network(tmp_path / "plain.onnx", columns=[0, 0])
        description = ModelDescription(
            labels=type(PETS)("one", PETS.labels[:1]), preprocess=FRAMED, decoder=Boxes(), shown_input="shown"
        )
        write_openvino(plain, tmp_path / "model.xml", description)
        found = open_openvino(tmp_path / "model.xml").predict([FLAG], "instance")[0]
        assert [mask.area() for mask in found.masks] == [4, 4]

    def test_files_that_are_not_what_they_should_be_are_refused_in_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"no\.xml: there is no such file"):
            open_openvino(tmp_path / "no.xml")
        (tmp_path / "text.xml").write_text("hello")
        with pytest.raises(ModelError, match=r"text\.bin: there is no such file"):
            open_openvino(tmp_path / "text.xml")
        (tmp_path / "text.bin").touch()
        with pytest.raises(ModelError, match=r"text\.xml: OpenVINO cannot run it") as caught:
            open_openvino(tmp_path / "text.xml")
        assert "\n" not in str(caught.value)

    def test_a_file_without_a_description_is_refused(self, tmp_path: Path) -> None:
        import openvino

        plain = query_network(tmp_path / "plain.onnx", CLASSES)
        openvino.save_model(openvino.convert_model(str(plain)), str(tmp_path / "model.xml"))
        with pytest.raises(ModelError, match="has no 'segweave' in its rt_info"):
            open_openvino(tmp_path / "model.xml")
