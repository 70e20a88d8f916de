"""`segweave extend suggest`: drafts that can be opened, whatever names and files are called."""

from pathlib import Path

import numpy as np
import pytest

from cli import Cli
from models.weaving import write_models
from segweave.combine import CooccurrenceCounts, Provenance
from segweave.combine.plan_file import read_plan
from segweave.labels import label_set

HARD = ("no", "5", "it's", 'say "hi"', "a: b", "# hash", "日本語", "- dash", "[x]", "null", "back\\slash", "12:30:45")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with both models and two label sets; the current folder."""
    write_models(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, labels in (("mine.csv", ("road", "日本語")), ("theirs.csv", HARD)):
        rows = "\n".join('"' + label.replace('"', '""') + '",0,0,#808080,' + f"{k},," for k, label in enumerate(labels))
        (tmp_path / name).write_text(f"name,thing,void,color,source_id,ja,ko\n{rows}\n", encoding="utf-8")
    return tmp_path


SIDES = ("--primary-labels", "mine.csv", "--secondary-labels", "theirs.csv")


def test_label_sets_are_named_as_the_plan_sees_them(work: Path, cli: Cli) -> None:
    Path("deep").mkdir()
    assert cli("extend", "suggest", *SIDES, "--add", "5", "--out", "deep/plan.yaml").code == 0
    assert cli("extend", "rules", "deep/plan.yaml", "--mode", "override").code == 0


def test_a_draft_with_hard_names_reads_back(work: Path, cli: Cli) -> None:
    wanted = [name for name in HARD if name != "日本語"]
    add = [argument for name in wanted for argument in ("--add", name)]
    assert cli("extend", "suggest", *SIDES, *add, "--out", "plan.yaml").code == 0
    (secondary,) = read_plan("plan.yaml").secondaries
    assert [named.name for named in secondary.add] == wanted
    assert [(mine.name, [other.name for other in others]) for mine, others in secondary.similar] == [
        ("road", []),
        ("日本語", ["日本語"]),
    ]


def test_a_label_named_twice_is_added_once(work: Path, cli: Cli) -> None:
    said = cli("extend", "suggest", *SIDES, "--add", "5", "--add", "5")
    assert said.code == 0 and said.out.count('- "5"') == 1


def test_a_folder_called_like_a_model_or_a_label_set_changes_nothing(work: Path, cli: Cli) -> None:
    for name in ("street", "cityscapes", "deep"):
        Path(name).mkdir()
    sides = ("--primary", "street", "--secondary-labels", "cityscapes")
    assert cli("extend", "suggest", *sides, "--add", "train", "--out", "deep/plan.yaml").code == 0
    text = Path("deep/plan.yaml").read_text(encoding="utf-8")
    assert "primary: {model: street}" in text and "labels: cityscapes" in text


def test_a_model_with_other_labels_than_those_named_is_wrong_use(work: Path, cli: Cli) -> None:
    said = cli("extend", "suggest", "--primary", "primary.onnx", "--primary-labels", "voc", "--secondary-labels", "voc")
    assert said.code == 2 and "--primary-labels voc: the model 'primary.onnx' has other labels, 'garden'" in said.err


def test_counts_of_other_labels_suggest_nothing(work: Path, cli: Cli) -> None:
    m, n = len(label_set("voc")), len(label_set("camvid11"))
    names = Provenance(primary_labels=label_set("voc").names, secondary_labels=label_set("camvid11").names)
    counts = CooccurrenceCounts(pixels=np.ones((m, n, n), int), images=np.ones((m, n), int), provenance=names)
    counts.save("counts.npz")
    sides = ("--primary-labels", "voc", "--secondary-labels")
    said = cli("extend", "suggest", *sides, "cityscapes", "--counts", "counts.npz")
    assert said.code == 1 and "counts.npz: its secondary labels are not those of the two sides named here" in said.err
    assert cli("extend", "suggest", *sides, "camvid11", "--counts", "counts.npz").code == 0
