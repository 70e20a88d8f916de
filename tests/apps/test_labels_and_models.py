"""`segweave labels`, `segweave models`, `--version`, `--help`."""

import json
from pathlib import Path

import pytest

import segweave
from cli import Cli
from segweave.labels import table_names
from segweave.models import ZOO
from tiny_onnx import channel_network, describe_channels


def test_the_version_is_the_package_s(cli: Cli) -> None:
    assert cli("--version").out == f"segweave {segweave.__version__}\n"


def test_help_shows_commands_and_examples(cli: Cli) -> None:
    said = cli("--help")
    assert said.code == 0
    for word in ("predict", "labels", "models", "Examples", "segweave predict street.jpg --out results"):
        assert word in said.out
    assert "Examples" in cli("predict", "--help").out


def test_labels_list_names_every_table(cli: Cli) -> None:
    told = json.loads(cli("labels", "list", "--json").out)
    assert [row["name"] for row in told] == list(table_names())
    assert {"name": "coco_panoptic", "labels": 133, "things": 80, "stuff": 53} in told
    text = cli("labels", "list").out
    assert all(name in text for name in table_names())


@pytest.mark.parametrize("name", table_names())
def test_labels_show_has_every_label_every_void_and_the_source(name: str, cli: Cli) -> None:
    table = segweave.labels.label_table(name)
    told = json.loads(cli("labels", "show", name, "--json").out)
    assert [row["name"] for row in told["labels"]] == list(table.labels.names)
    assert [(row["ja"], row["ko"]) for row in told["labels"]] == [(label.ja, label.ko) for label in table.labels]
    assert [row["source_id"] for row in told["voids"]] == [void.source_id for void in table.voids]
    assert told["source"] == table.source
    text = cli("labels", "show", name).out
    assert all(label.name in text and label.ja in text and label.ko in text for label in table.labels)
    assert table.source in text and all(void.name in text for void in table.voids)


def test_labels_map_prints_what_each_label_becomes(cli: Cli) -> None:
    told = json.loads(cli("labels", "map", "camvid11", "cityscapes", "--json").out)
    assert (told["source"], told["target"], told["mapped"], told["of"]) == ("camvid11", "cityscapes", 10, 11)
    assert told["labels"][4] == {"source": "Pavement", "target": "sidewalk", "why": "synonym"}
    assert told["labels"][10] == {"source": "Bicyclist", "target": None, "why": ""}
    said = cli("labels", "map", "camvid11", "cityscapes")
    assert "(void)" in said.out and "10 of 11 labels of camvid11 have a counterpart in cityscapes" in said.err


def test_labels_map_that_is_unsure_fails_with_the_candidates_and_the_way_out(cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "two.csv"
    rows = "".join(f"{name},1,0,#0000{k}0,{k},,\n" for k, name in enumerate(("sofa", "settee")))
    table.write_text("name,thing,void,color,source_id,ja,ko\n" + rows, encoding="utf-8")
    said = cli("labels", "map", "coco", table)
    assert said.code == 1 and said.out == "" and len(said.complaints) == 1
    assert "'couch' fits 'sofa', 'settee'" in said.complaints[0]
    assert f"segweave labels suggest coco {table} --out map.yaml" in said.complaints[0]


def test_a_draft_of_labels_suggest_is_what_labels_map_reads(cli: Cli, tmp_path: Path) -> None:
    draft = tmp_path / "map.yaml"
    assert cli("labels", "suggest", "camvid32", "camvid11", "--out", draft).code == 0
    assert cli("labels", "suggest", "camvid32", "camvid11").out == draft.read_text(encoding="utf-8")
    told = json.loads(cli("labels", "map", "camvid32", "camvid11", "--file", draft, "--json").out)
    found = json.loads(cli("labels", "suggest", "camvid32", "camvid11", "--json").out)["suggestions"]
    assert [(row["source"], row["target"]) for row in told["labels"]] == [(s["source"], s["target"]) for s in found]
    assert {"source": "Child", "target": "Pedestrian", "why": "kind of", "others": []} in found
    assert {"source": "Child", "target": "Pedestrian", "why": "map file"} in told["labels"]


def test_wrong_use_of_labels_map_and_suggest_is_one_line(cli: Cli, tmp_path: Path) -> None:
    for command in ("map", "suggest"):
        said = cli("labels", command, "voc", "coca")
        assert said.code == 2 and "did you mean 'coco'" in said.complaints[0]
    assert cli("labels", "suggest", "voc", "coco", "--json", "--out", tmp_path / "m.yaml").code == 2
    missing = cli("labels", "map", "voc", "coco", "--file", tmp_path / "none.yaml")
    assert missing.code == 1 and "none.yaml" in missing.complaints[0]
    lost = cli("labels", "suggest", "voc", "coco", "--out", tmp_path / "no" / "m.yaml")
    assert lost.code == 1 and len(lost.complaints) == 1


def test_labels_show_reads_a_person_s_own_table(cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("name,thing,void,color,source_id,ja,ko\nrust,0,0,#aa5500,7,,\n", encoding="utf-8")
    assert json.loads(cli("labels", "show", table, "--json").out)["labels"][0]["source_id"] == 7


def test_an_unknown_label_set_or_model_is_one_line_with_near_matches(cli: Cli) -> None:
    for arguments, says in (
        (("labels", "show", "cityscape"), "'cityscapes'"),
        (("models", "show", "steet"), "'street'"),
    ):
        said = cli(*arguments)
        assert said.code == 2
        assert len(said.complaints) == 1
        assert f"did you mean {says}" in said.complaints[0]


def test_models_show_tells_what_an_onnx_file_says_of_itself(cli: Cli, tmp_path: Path) -> None:
    labels = segweave.label_set("voc")
    path = describe_channels(channel_network(tmp_path / "plain.onnx", channels=3), tmp_path / "mine.onnx", labels)
    told = json.loads(cli("models", "show", path, "--json").out)
    assert told["label_set"] == "voc" and told["labels"] == list(labels.names) and told["tasks"] == ["semantic"]
    assert "logits" in cli("models", "show", path).out
    assert cli("models", "show", tmp_path / "plain.onnx").code == 1


def test_models_list_and_show_tell_licence_and_score(cli: Cli) -> None:
    assert [card["name"] for card in json.loads(cli("models", "list", "--json").out)] == [card.name for card in ZOO]
    assert json.loads(cli("models", "list", "--task", "instance", "--json").out)
    assert cli("models", "list", "--task", "instances").code == 2
    shown = json.loads(cli("models", "show", "street", "--json").out)
    assert shown["commercial"] is False
    assert "mIoU" in shown["score"]
    assert "CC BY-NC 4.0" in cli("models", "show", "street").out
    listed = cli("models", "list").out.splitlines()
    assert [line.split()[0] for line in listed[1:]] == [card.name for card in ZOO]  # one line each
    network = cli("models", "show", "mask2former-swin-tiny-coco-panoptic").out
    for fact in ("no: research and evaluation only", "not pinned: checked against", "MODEL_ZOO.md", "arXiv 2112.01527"):
        assert fact in network
    told = json.loads(cli("models", "show", "deeplabv3-resnet50-voc", "--json").out)
    assert (told["commercial"], told["sha256"], told["library"]) == (None, "cd0a2569", "torchvision")
