"""The embedded models, on real photographs."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segweave import Instances, Segmentation, load_model
from segweave.errors import ImageError, ModelError, UsageError
from segweave.models import TASKS, ZOO
from segweave.models.weights import asset_path
from segweave.models.zoo import ASSETS

EMBEDDED = [card for card in ZOO if card.library == "onnx"]


@pytest.mark.parametrize("card", EMBEDDED, ids=lambda card: card.name)
def test_every_model_answers_every_task_it_offers_as_its_card_says(card, china: Path) -> None:
    model = load_model(card.name, threads=1)
    assert model.labels.name == card.labels
    assert model.tasks == card.tasks
    for task in card.tasks:
        result = model.predict(china, task=task)
        assert isinstance(result, Instances if task == "instance" else Segmentation)
        assert result.size == (427, 640)
        assert result == model.predict(china, task=task)  # no randomness anywhere


def test_the_sky_over_the_temple_is_seen(china: Path) -> None:
    seg = load_model("street").predict(china)
    names = seg.label_names()
    top = seg.label_indices()[:100]
    assert "Sky" in names
    assert (top == seg.labels.index("Sky")).mean() > 0.8


def test_the_three_tasks_agree(china: Path) -> None:
    model = load_model("street")
    panoptic, semantic = model.predict(china), model.predict(china, task="semantic")
    instances = model.predict(china, task="instance")
    things = set(semantic.labels.things)
    is_thing = np.isin(semantic.label_indices(), list(things))
    # panoptic may change a thing's label or drop small things, never touch stuff
    assert (panoptic.label_indices()[~is_thing] == semantic.label_indices()[~is_thing]).all()
    kept = [(s, int(a)) for s, a in zip(panoptic.segments, panoptic.areas(), strict=True) if s.label in things]
    assert [(s, int(a)) for s, a in zip(instances.segments, instances.areas(), strict=True)] == kept


def test_an_image_may_come_as_a_path_a_pillow_image_or_an_array(china: Path) -> None:
    model = load_model("street")
    from_path = model.predict(china)
    image = Image.open(china)
    assert model.predict(str(china)) == from_path
    assert model.predict(image) == from_path
    assert model.predict(np.asarray(image)) == from_path
    grey = np.asarray(image.convert("L"))
    assert model.predict(grey) == model.predict(np.dstack([grey] * 3))


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), float), np.zeros((0, 4, 3), np.uint8)]
)
def test_an_array_that_is_no_photograph_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ImageError, match="expected an image"):
        load_model("street").predict(wrong)


@pytest.mark.parametrize("size", [(1, 1), (10, 30_000), (30_000, 10), (3, 5), (1080, 1920)])
def test_images_of_any_size_give_a_result_of_that_size(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    model = load_model("street-int8")
    for task in TASKS:
        assert model.predict(photo, task=task).size == size


def test_near_matches_are_offered_for_an_unknown_model_or_task(china: Path) -> None:
    with pytest.raises(UsageError, match=r"model 'stret' is not known; did you mean 'street'"):
        load_model("stret")
    with pytest.raises(UsageError, match=r"task 'panoptc' is not known; did you mean 'panoptic'"):
        load_model("street").predict(china, task="panoptc")  # type: ignore[call-overload]


@pytest.mark.parametrize("card", EMBEDDED, ids=lambda card: card.name)
def test_weights_that_have_changed_are_not_loaded(card) -> None:
    assert hashlib.sha256((ASSETS / card.source).read_bytes()).hexdigest() == card.sha256
    with pytest.raises(ModelError, match="have changed"):
        asset_path(replace(card, sha256="0" * 64))
    with pytest.raises(ModelError, match="are missing"):
        asset_path(replace(card, source="nothing.onnx"))


@pytest.mark.parametrize("card", EMBEDDED, ids=lambda card: card.name)
def test_every_model_ships_with_its_card_in_words(card) -> None:
    text = (ASSETS / "street.md").read_text(encoding="utf-8")
    assert card.name in text
    assert card.weights_licence in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["street", "street-int8"])
def test_street_has_a_mean_iou_of_65_on_camvid(name: str, shared: Path) -> None:
    model = load_model(name, threads=1)
    hit, truth_area, found_area = np.zeros((3, 11), np.int64)
    for path in sorted((shared / "data/camvid/images/test").glob("*.jpg")):
        truth = np.asarray(Image.open(shared / "data/camvid/labels/test" / f"{path.stem}.png"))
        found = model.predict(path, task="semantic").label_indices()
        for k in range(11):
            hit[k] += ((truth == k) & (found == k)).sum()
            truth_area[k] += (truth == k).sum()
            found_area[k] += ((found == k) & (truth < 11)).sum()
    assert (hit / (truth_area + found_area - hit)).mean() == pytest.approx(0.65, abs=0.005)
