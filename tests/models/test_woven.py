"""A plan as a model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.weaving import (
    PLAN,
    PRIMARY,
    SECONDARY,
    stripes,
    write_models,
    write_plan,
    write_renamed_street,
)
from segweave import load_model, read_image
from segweave.combine import CooccurrenceCounts, Provenance
from segweave.errors import LabelError, ModelError, SegweaveError, UsageError
from segweave.models.identity import model_id
from segweave.models.remembering import RememberingNetwork
from segweave.models.woven import open_woven
from segweave.segmentation import Instances
from tiny_onnx import channel_network, describe_channels

COLUMNS = slice(0, None, 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with both models and the plan."""
    write_plan(write_models(tmp_path))
    return tmp_path


def test_a_plan_is_a_model_with_more_labels(folder: Path) -> None:
    model = load_model(folder / "plan.yaml")
    assert model.labels.names == ("roof", "lawn", "pond", "frog") and model.labels.name == "garden plus"
    assert model.tasks == ("semantic",) and model.name == str(folder / "plan.yaml")
    seg = model.predict(stripes(0, 1, 2, 0), task="semantic")
    assert seg.label_indices()[0, COLUMNS].tolist() == [0, 1, 3, 0] and seg.size == (6, 8)


@pytest.mark.parametrize("mode", ["odds", "override"])
def test_a_crop_shows_the_secondary_a_part_of_the_photograph(folder: Path, mode: str) -> None:
    text = PLAN.replace("  add:", "  crop: [0, 0, 1, 0.5]\n  add:").replace("mode: odds", f"mode: {mode}")
    model = load_model(write_plan(folder, text))
    found = model.predict(stripes(2, 1, 2, 2), task="semantic").label_indices()
    assert found[0, COLUMNS].tolist() == [3, 1, 2, 2]  # the left half alone has frogs


def test_a_plan_without_panoptic_primary_says_what_it_offers(folder: Path) -> None:
    with pytest.raises(UsageError, match="task 'panoptic' is not offered"):
        load_model(folder / "plan.yaml").predict(stripes(0, 0, 0, 0))


def test_a_plan_may_weave_a_plan(folder: Path) -> None:
    describe_channels(channel_network(folder / "raw2.onnx"), folder / "third.onnx", SECONDARY, pixels=48)
    outer = """
version: 1
mode: override
reviewed: true
primary: {model: plan.yaml}
secondaries: [{model: third.onnx, add: [tiles]}]
"""
    model = load_model(write_plan(folder, outer, "outer.yaml"))
    assert model.labels.names == ("roof", "lawn", "pond", "frog", "tiles")
    found = model.predict(stripes(0, 1, 2, 0), task="semantic").label_indices()
    assert found[0, COLUMNS].tolist() == [4, 1, 3, 4]


def test_a_plan_that_weaves_itself_is_refused(folder: Path) -> None:
    write_plan(folder, PLAN.replace("primary.onnx", "b.yaml"), "a.yaml")
    write_plan(folder, PLAN.replace("primary.onnx", "a.yaml"), "b.yaml")
    with pytest.raises(ModelError, match=r"a\.yaml: the plan is a model of itself"):
        open_woven(folder / "a.yaml")


def test_what_a_person_should_know_is_told_once(folder: Path) -> None:
    assert load_model(folder / "plan.yaml").remarks == ()
    text = PLAN.replace("reviewed: true", "reviewed: false").replace("primary.onnx", "street")
    remarks = load_model(write_plan(folder, text.replace("roof", "Road").replace("lawn", "Tree"))).remarks
    assert len(remarks) == 2 and "CC BY-NC 4.0" in remarks[0] and "nobody has looked through this plan" in remarks[1]


def test_counts_that_were_learnt_with_other_models_are_told(folder: Path) -> None:
    names = Provenance(
        primary=model_id(load_model(folder / "primary.onnx")), secondary="secondary.onnx 0123456789abcdef"
    )
    counts = CooccurrenceCounts(pixels=np.ones((3, 3, 3), int), images=np.ones((3, 3), int), provenance=names)
    counts.save(folder / "counts.npz")
    text = PLAN.replace("  add:", "  counts: counts.npz\n  add:")
    assert load_model(write_plan(folder, text)).remarks == ()  # odds do not look at them
    (remark,) = load_model(write_plan(folder, text.replace("mode: odds", "mode: guarded"))).remarks
    assert "its counts were learnt with the secondary 'secondary.onnx 0123456789abcdef', not with 'secondary" in remark


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("primary: {model: primary.onnx}", "primary: {labels: voc}", "plan.yaml:6: names no model"),
        ("{model: primary.onnx}", "{model: primary.onnx, labels: voc}", "plan.yaml:6: the plan says 'voc', the model"),
        ("{model: primary.onnx}", "{model: primary.onnx, labels: vocc}", "plan.yaml:6: label set 'vocc' is not known"),
        ("{model: primary.onnx}", "{model: stret}", "model 'stret' is not known; did you mean 'street'"),
        ("secondary.onnx", "nothing.onnx", "plan.yaml:8: nothing.onnx: there is no such file"),
        ("mode: odds", "mode: guarded", "mode guarded needs `counts:`"),
        ("add: [frog]", "add: [toad]", "label 'toad' is not in 'details'"),
    ],
)
def test_what_does_not_fit_is_named(folder: Path, before: str, after: str, said: str) -> None:
    assert before in PLAN
    with pytest.raises(SegweaveError) as found:
        load_model(write_plan(folder, PLAN.replace(before, after, 1)))
    assert said in str(found.value)


def test_odds_want_a_secondary_with_probabilities(folder: Path) -> None:
    write_plan(folder, PLAN.replace("mode: odds", "mode: override"), "inner.yaml")  # a plan gives labels alone
    text = PLAN.replace("secondary.onnx", "inner.yaml").replace("[tiles]", "[roof]").replace("[grass]", "[lawn]")
    with pytest.raises(ModelError, match=r"mode odds weighs probabilities, and .*inner\.yaml' gives none; choose mode"):
        load_model(write_plan(folder, text))


def test_a_primary_of_the_same_label_as_one_to_be_added_is_refused(folder: Path) -> None:
    with pytest.raises(LabelError, match="'pond' is a label of the primary already"):
        load_model(write_plan(folder, PLAN.replace("secondary.onnx", "primary.onnx").replace("[frog]", "[pond]")))


def test_on_a_real_photograph_the_baseline_is_what_the_secondary_says(tmp_path: Path, china: Path) -> None:
    text = """
version: 1
reviewed: true
mode: override
primary: {model: primary.onnx}
secondaries: [{model: street, add: [Building, Car]}]
"""
    model, street = load_model(write_plan(write_models(tmp_path), text)), load_model("street")
    woven = model.predict(china, task="semantic").label_indices()
    alone = street.predict(china, task="semantic").label_indices()
    for name in ("Building", "Car"):
        assert np.array_equal(woven == model.labels.index(name), alone == street.labels.index(name))
    assert (woven == model.labels.index("Building")).mean() > 0.05  # there is a temple in it


FROGS = """
version: 1
reviewed: true
mode: odds
primary: {model: street}
secondaries:
- {model: secondary.onnx, add: [frog]}
"""


def test_added_things_of_a_secondary_without_instances_are_connected_parts(tmp_path: Path) -> None:
    model = load_model(write_plan(write_models(tmp_path), FROGS))
    assert model.tasks == ("panoptic", "instance", "semantic")
    image = np.zeros((64, 96, 3), np.uint8)
    image[..., 0] = 120
    image[10:20, 10:20] = image[40:50, 60:80] = (0, 0, 250)
    seg = model.predict(image)
    frogs = [s for s in seg.segments if seg.labels[s.label].name == "frog"]
    assert len(frogs) == 2 and {frog.source_id for frog in frogs} == {"component"}
    things = model.predict(image, task="instance")
    assert isinstance(things, Instances) and things.label_names().count("frog") == 2
    assert PRIMARY.name not in repr(seg)


@pytest.mark.parametrize("mode", ["odds", "override"])
def test_every_segment_has_a_score_in_every_task(tmp_path: Path, china: Path, mode: str) -> None:
    text = FROGS.replace("odds", mode).replace("street", "street-int8")
    text = text.replace("{model: secondary.onnx, add: [frog]}", "{model: primary.onnx, add: [roof, pond]}")
    model = load_model(write_plan(write_models(tmp_path), text))
    for task in ("semantic", "panoptic", "instance"):
        found = model.predict(china, task=task)  # type: ignore[call-overload]
        assert task == "instance" or {"roof", "pond", "Building"} <= set(found.label_names())
        assert all(segment.score is not None and 0 < segment.score <= 1 for segment in found.segments)


def test_the_things_of_a_secondary_that_tells_them_apart_keep_their_identities(tmp_path: Path, china: Path) -> None:
    street = load_model("street")
    (car,) = street.predict(china, task="instance").segments
    write_renamed_street(tmp_path / "other.onnx")
    text = FROGS.replace("secondary.onnx, add: [frog]", "other.onnx, add: [other Car]").replace("odds", "override")
    woven = open_woven(write_plan(tmp_path, text))
    seg = load_model(tmp_path / "plan.yaml").predict(china)
    things = [segment for segment in seg.segments if segment.label == woven.labels.index("other Car")]
    assert [(thing.score, thing.source_id) for thing in things if thing.source_id is None] == [(car.score, None)]
    cannot = replace(woven, knows_things=(True, False)).predict([read_image(china)], "panoptic")[0]
    assert {s.source_id for s in cannot.segments if s.label == woven.labels.index("other Car")} == {"component"}
    assert replace(woven, knows_things=(False, True)).tasks == ("semantic",)


def test_a_secondary_runs_once_for_a_photograph(tmp_path: Path) -> None:
    woven = open_woven(write_plan(write_models(tmp_path)))
    assert isinstance(woven.secondaries[0].network, RememberingNetwork)
    assert not isinstance(woven.primary.network, RememberingNetwork)
