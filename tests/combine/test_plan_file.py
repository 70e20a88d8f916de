"""The YAML file of a plan: what it may say, and what is said of what is wrong."""

from pathlib import Path

import pytest

from combine.plans import PLAN
from segweave.combine.plan_file import Named, read_plan
from segweave.errors import FormatError, SegweaveError, UsageError


def read(folder: Path, text: str):
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_plan_says_models_labels_rule_and_reasons(tmp_path: Path) -> None:
    (tmp_path / "ade.onnx").touch()
    text = """
version: 1
name: 街 plus
reviewed: true
mode: odds
parameters: {ratio: 8, promote: true}
smallest_part: 0.001
refine: [guided, snap]
primary: {model: street, labels: own.csv}
secondaries:
- model: ade.onnx
  labels: ade20k
  counts: counts.npz
  crop: [0, 0.25, 1, 0.75]
  add: [signboard, "no"]
  similar:
    Road: [road, {label: path, why: co-occurrence 0.41}]
    Sky:
- labels: voc
  add: [bag]
  same_as: {bag: signboard}
"""
    plan = read(tmp_path, text)
    first, second = plan.secondaries
    assert (plan.name, plan.reviewed, plan.mode, plan.refine) == ("街 plus", True, "odds", ("guided", "snap"))
    assert plan.parameters == (("ratio", 8.0), ("promote", True)) and plan.smallest_part == 0.001
    assert plan.primary.model == "street" and plan.primary.labels == str(tmp_path / "own.csv")
    assert first.model == str(tmp_path / "ade.onnx") and first.counts == tmp_path / "counts.npz"
    assert first.crop == (0, 0.25, 1, 0.75)
    assert [named.name for named in first.add] == ["signboard", "no"]
    assert [(key.name, [other.name for other in others]) for key, others in first.similar] == [
        ("Road", ["road", "path"]),
        ("Sky", []),
    ]
    assert first.similar[0][1][1] == Named("path", f"{tmp_path}/plan.yaml:17", "co-occurrence 0.41")
    assert [(mine.name, other.name) for mine, other in second.same_as] == [("bag", "signboard")]


def test_a_plan_without_a_name_is_called_like_its_file_and_is_unreviewed(tmp_path: Path) -> None:
    plan = read(tmp_path, PLAN.replace("name: city plus\n", ""))
    assert plan.name == "plan" and not plan.reviewed


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("version: 1", "version: 2", "plan.yaml:2: expected version: 1"),
        ("version: 1", "", "plan.yaml:3: expected the key 'version'"),
        ("mode: override", "mode: overide", "plan.yaml:4: mode 'overide' is not known; did you mean 'override'?"),
        ("mode: override", "mode: [a]", "plan.yaml:4: expected a name; found a sequence"),
        ("mode: override", "moed: override", "plan.yaml:4: 'moed' is not known here; did you mean 'mode'?"),
        ("mode: override", "mode: odds\nmode: odds", "plan.yaml:5: 'mode' stands here a second time"),
        ("mode: override", "mode: odds\nreviewed: perhaps", "plan.yaml:5: expected true or false; found 'perhaps'"),
        ("[sign, bag]", "sign", "plan.yaml:8: expected a list"),
        ("[sign, bag]", "[sign, no]", "plan.yaml:8: expected a name; found 'no'; quote names like"),
        ("[sign, bag]", "[sign]\n  crop: [0, 0, 1]", "plan.yaml:9: expected top, left, bottom, right"),
        ("[sign, bag]", "[sign]\n  crop: [0, 0.5, 1, 0.5]", "plan.yaml:9: expected top, left, bottom, right"),
        ("[sign, bag]", "[sign]\n  crop: [0, 0, 1, x]", "plan.yaml:9: expected a number; found 'x'"),
        ("[floor]", "[{label: floor, whi: x}]", "plan.yaml:10: 'whi' is not known here; did you mean 'why'?"),
        (
            "mode: override",
            "mode: odds\nsmallest_part: 1",
            "plan.yaml:5: expected a share of the photograph, 0 or more",
        ),
        ("mode: override", "mode: odds\nparameters: {ratio: 2, ratio: 3}", "plan.yaml:5: 'ratio' stands here a second"),
        ("{labels: cityscapes}", "{}", "plan.yaml:5: expected `model:` or `labels:`"),
        ("{labels: cityscapes}", "cityscapes", "plan.yaml:5: expected a table"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in PLAN
    with pytest.raises(SegweaveError) as found:
        read(tmp_path, PLAN.replace(before, after, 1))
    assert said in str(found.value)


def test_a_folder_that_is_called_like_a_model_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "street").mkdir()
    text = PLAN.replace("{labels: cityscapes}", "{model: street}")
    assert read(tmp_path, text).primary.model == "street"
    (tmp_path / "street" / "config.json").touch()
    assert read(tmp_path, text).primary.model == str(tmp_path / "street")


def test_an_unknown_mode_is_wrong_use_and_a_broken_file_is_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(tmp_path, PLAN.replace("override", "magic"))
    for text in ("", "a: [", "- a", "\x00", "secondaries: []\nversion: 1\nmode: odds\nprimary: {labels: voc}"):
        with pytest.raises(FormatError, match=r"plan\.yaml"):
            read(tmp_path, text)
    with pytest.raises(FormatError, match="cannot be read"):
        read_plan(tmp_path / "nothing.yaml")


def test_nothing_in_a_plan_is_executed(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="expected a name"):
        read(tmp_path, PLAN.replace("mode: override", f'mode: !!python/object/apply:os.mkdir ["{tmp_path}/made"]'))
    assert not (tmp_path / "made").exists()
