"""The table of models: what stands in it, and what is said where it does not help."""

import csv
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from segweave import load_model
from segweave.errors import MissingExtra, ModelError, UsageError
from segweave.models import TASKS, ZOO
from segweave.models.opening import open_card
from segweave.models.zoo import ModelCard, card_labels, limits

HEX = set("0123456789abcdef")


def by_name(name: str) -> ModelCard:
    """The card of a name that is in the zoo."""
    return next(card for card in ZOO if card.name == name)


def test_every_family_of_networks_is_there_and_no_name_twice() -> None:
    names = [card.name for card in ZOO]
    assert len(set(names)) == len(names) > 70
    assert {card.family for card in ZOO} >= {
        *("mask2former", "maskformer", "oneformer", "oneformer_dinat", "eomt", "eomt_dinov3", "detr", "segformer"),
        *("upernet", "dpt", "beit", "mobilevit", "mobilenet_v2", "fcn", "deeplabv3", "lraspp", "maskrcnn"),
        *("maskrcnn_v2", "smp-unet", "smp-segformer", "panoptic-deeplab"),
    }
    assert {task for card in ZOO for task in card.tasks} == set(TASKS)


@pytest.mark.parametrize("card", ZOO, ids=lambda card: card.name)
def test_a_card_says_everything_that_matters(card: ModelCard) -> None:
    for fact in ("summary", "source", "code_licence", "weights_licence", "trained_on", "paper"):
        assert getattr(card, fact).strip(), fact
    assert len(card.sha256) in (0, 8, 64) and set(card.sha256) <= HEX
    assert bool(card.score) == bool(card.score_source)  # no number without saying who published it
    labels = card_labels(card)
    assert card.tasks == tuple(task for task in TASKS if task in card.tasks)
    assert labels.things or "instance" not in card.tasks


@pytest.mark.parametrize("card", ZOO, ids=lambda card: card.name)
def test_the_source_is_of_the_form_that_its_library_takes(card: ModelCard) -> None:
    on_the_hub = card.library in ("transformers", "smp")
    assert (card.source.count("/") == 1) == on_the_hub
    assert bool(card.weights) == (card.library == "torchvision")
    assert card.sha256 or on_the_hub  # what no hub names by its sum is pinned here
    if card.weights:
        assert card.weights.count(".") == 1


def test_weights_that_are_not_for_sale_are_said_so_once() -> None:
    for card in ZOO:
        told = limits(card)
        assert len(told) == (card.commercial is not True)
        assert all(card.name in line and card.weights_licence in line for line in told)
    assert "not for commercial use" in limits(by_name("segformer-b0-ade"))[0]
    assert "is not clear" in limits(by_name("fcn-resnet50-voc"))[0]
    assert load_model("street").remarks == limits(by_name("street"))


def test_networks_of_nvidia_and_meta_s_mask_queries_are_not_for_sale() -> None:
    """Their licences say research and evaluation, and CC BY-NC."""
    for card in ZOO:
        if card.source.startswith(("nvidia/", "smp-hub/segformer", "facebook/mask")):
            assert card.commercial is False, card.name


def test_the_columns_of_the_files_are_the_facts_of_a_card() -> None:
    folder = Path(__file__).parents[2] / "src" / "segweave" / "models"
    columns = set()
    for name in ("zoo.csv", "zoo_families.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            columns |= set(next(csv.reader(lines)))
    assert columns == {field.name for field in fields(ModelCard)}


def test_the_page_about_models_has_every_name_and_beside_it_the_licence() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    words = {True: "yes", False: "**no**", None: "not clear"}
    for card in ZOO:
        (row,) = (line for line in page.splitlines() if line.startswith("|") and f"`{card.name}`" in line)
        assert row.endswith(f"| {card.weights_licence} | {words[card.commercial]} |"), card.name


def test_a_card_of_an_unknown_library_or_task_is_refused() -> None:
    with pytest.raises(ModelError, match="unknown library or task"):
        replace(ZOO[0], library="tensorflow")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="unknown library or task"):
        replace(ZOO[0], tasks=("depth",))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "near"),
    [("segfomer-b0-ade", "segformer-b0-ade"), ("maskrcnn-resnet50", "maskrcnn-resnet50-coco"), ("STREET", "street")],
)
def test_an_unknown_name_is_told_with_near_matches(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"model '{name}' is not known; did you mean .*'{near}'"):
        load_model(name)


def test_labels_and_weights_are_for_names_that_need_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="street: the zoo knows its labels and its weights"):
        load_model("street", labels="voc")
    with pytest.raises(UsageError, match="the zoo knows its labels and its weights"):
        load_model("fcn-resnet50-voc", weights=tmp_path / "w.pth")
    with pytest.raises(UsageError, match=r"smp:unet/resnet34: .* give its weights too \(weights=FILE\)"):
        load_model("smp:unet/resnet34")
    with pytest.raises(UsageError, match=r"mine\.onnx: has its own weights"):
        load_model("mine.onnx", weights=tmp_path / "w.pth")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed; this is about where it is not")
@pytest.mark.parametrize(
    "name", ["segformer-b0-ade", "fcn-resnet50-voc", "comma10k-unet", "nobody/nothing", "eomt-large-640-coco-panoptic"]
)
def test_where_torch_is_missing_the_extra_is_named(name: str) -> None:
    with pytest.raises(MissingExtra, match=r'pip install "segweave\[torch\]"'):
        load_model(name)


def test_weights_that_nobody_may_give_out_say_how_to_make_them() -> None:
    pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
    pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')
    with pytest.raises(ModelError, match=r"not published ready to use; .*convert_eomt_dinov3_to_hf .*load FOLDER"):
        open_card(by_name("eomt-dinov3-large-640-coco-panoptic"))
