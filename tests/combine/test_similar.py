"""Drafts of plans: what is similar, and why."""

from pathlib import Path

import numpy as np
import pytest

from combine.plans import CITY, INDOOR
from segweave.combine import CooccurrenceCounts
from segweave.combine.plan import resolve
from segweave.combine.plan_file import read_plan
from segweave.combine.similar import Draft, draft_plan, similar_labels
from segweave.errors import LabelError
from segweave.labels import label_set


def test_names_synonyms_and_kinds_are_reasons() -> None:
    city, ade = label_set("cityscapes"), label_set("ade20k")
    found = {(city[s.primary].name, ade[s.secondary].name): s.why for s in similar_labels(city, ade)}
    assert found["sky", "sky"] == "same name"
    assert found["vegetation", "tree"] in ("kind of", "synonym")
    assert ("car", "sky") not in found


def test_what_is_often_there_is_similar_too() -> None:
    pixels = np.zeros((3, 4, 4), np.int64)
    pixels[0, 2, 1], pixels[0, 1, 3], pixels[0, 0, 0] = 60, 30, 10  # the truth of road: floor 0.6, bag 0.3, sign 0.1
    counts = CooccurrenceCounts(pixels=pixels, images=np.ones((3, 4), int))
    found = {(s.primary, s.secondary): s.why for s in similar_labels(CITY, INDOOR, counts=counts)}
    assert found == {(0, 1): "co-occurrence 0.60", (0, 3): "co-occurrence 0.30", (1, 2): "same name"}


def test_a_draft_is_a_plan_that_nobody_has_looked_through(tmp_path: Path) -> None:
    counts = CooccurrenceCounts(pixels=np.ones((3, 4, 4), int), images=np.ones((3, 4), int))
    counts.save(tmp_path / "counts.npz")
    text = draft_plan(
        Draft(primary=CITY, secondary=INDOOR, primary_model="m.onnx", counts_path="counts.npz", add=("bag", "sign"))
    )
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    file = read_plan(tmp_path / "plan.yaml")
    plan = resolve(file, CITY, [INDOOR])
    assert plan.smallest_part == 0.0001
    assert not plan.reviewed and file.mode == "odds" and file.primary.model == "m.onnx"
    assert plan.labels.names == ("road", "wall", "car", "sign", "bag")
    assert [[other.why for other in others] for key, others in file.secondaries[0].similar] == [[], ["same name"], []]


def test_a_label_to_be_added_is_similar_to_nothing_and_a_comment_says_so(tmp_path: Path) -> None:
    more = label_set("camvid11")
    text = draft_plan(Draft(primary=label_set("cityscapes"), secondary=more, add=("Pavement",)))
    assert "# not Pavement (synonym): it is to be added" in text
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    plan = resolve(read_plan(tmp_path / "plan.yaml"), label_set("cityscapes"), [more])
    assert plan.secondaries[0].lent.similar[1] == frozenset()  # sidewalk


def test_without_labels_to_add_the_draft_lists_what_the_primary_lacks() -> None:
    text = draft_plan(Draft(primary=CITY, secondary=INDOOR))
    assert "  add: []  # choose from what the primary lacks:\n  # - sign\n  # - floor\n  # - bag\n" in text


def test_a_label_the_primary_has_need_not_be_added() -> None:
    with pytest.raises(LabelError, match="'wall' is a label of the primary already"):
        draft_plan(Draft(primary=CITY, secondary=INDOOR, add=("wall",)))
