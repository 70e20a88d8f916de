"""Networks of torchvision: read like torchvision reads them, and as models."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
pytest.importorskip("torchvision", reason='needs torchvision: pip install "segweave[torch]"')

from safetensors.torch import save_file  # noqa: E402

from segweave.errors import LabelError, ModelError, UsageError  # noqa: E402
from segweave.labels import Label, LabelSet, label_set  # noqa: E402
from segweave.models.adapters.torchvision import BUILDERS, open_torchvision, torchvision_labels  # noqa: E402
from segweave.models.preprocess import Frame  # noqa: E402
from segweave.models.protocol import ProbabilityModel  # noqa: E402
from tiny_torchvision import tiny_torchvision  # noqa: E402

PIXELS = [name for name, row in BUILDERS.items() if row.kind == "pixels"]
BOXES = [name for name, row in BUILDERS.items() if row.kind == "boxes"]
SMALL = "lraspp_mobilenet_v3_large"  # 3 M parameters: the one that is quick to save


@pytest.fixture(scope="module")
def photo(china: Path) -> Any:
    """(64, 96, 3): a size that no frame below changes."""
    return np.asarray(Image.open(china).convert("RGB").resize((96, 64)))


def unscaled(model: Any) -> Any:
    """The model, its photographs neither scaled nor padded."""
    return replace(model, preprocess=replace(model.preprocess, frame=Frame()))


@pytest.mark.parametrize("builder", PIXELS)
def test_a_semantic_result_is_the_argmax_of_what_torchvision_gives(builder: str, photo: Any) -> None:
    model = unscaled(tiny_torchvision(builder))
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(model.preprocess.to_input(photo).values))["out"][0].numpy()
    found = model.predict([photo], "semantic")[0]
    best = np.sort(logits, axis=0)
    clear = best[-1] - best[-2] > 1e-4  # torch interpolates in float32
    assert clear.mean() > 0.9 and len(found.segments) > 1
    assert (found.label_indices()[clear] == logits.argmax(0)[clear]).all()
    assert isinstance(model, ProbabilityModel)


@pytest.mark.parametrize("builder", BOXES)
def test_instances_are_those_of_torchvision_with_its_boxes_and_masks(builder: str, photo: Any) -> None:
    """torchvision rounds boxes to whole pixels before it stretches the masks; so most pixels agree, not all."""
    model = unscaled(tiny_torchvision(builder, "coco"))
    model.network.transform.min_size, model.network.transform.max_size = (64,), 96
    model.network.roi_heads.mask_predictor.mask_fcn_logits.bias += 1  # whole boxes rather than noise in them
    with torch.inference_mode():
        theirs = model.network([torch.from_numpy(photo.copy()).permute(2, 0, 1) / 255])[0]
    found = model.predict([photo], "instance")[0]
    masks = theirs["masks"][:, 0].numpy() >= 0.5
    labels = {column: k for k, column in enumerate(model.known.columns)}
    kept = [k for k, column in enumerate(theirs["labels"].tolist()) if column in labels and masks[k].any()]
    assert len(kept) > 5
    assert [s.label for s in found.segments] == [labels[int(theirs["labels"][k])] for k in kept]
    np.testing.assert_allclose([s.score for s in found.segments], theirs["scores"][kept], rtol=1e-5)
    alike = [
        (found.mask(n) & masks[k]).sum() / (found.mask(n) | masks[k]).sum()
        for n, k in enumerate(kept)
        if masks[k].sum() > 100
    ]
    assert len(alike) > 3 and np.mean(alike) > 0.85


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_network_that_torchvision_builds_is_run(builder: str, photo: Any) -> None:
    """The real sizes, once each; everything else here is about tiny ones."""
    model = unscaled(open_torchvision(builder, threads=1))
    result = model.predict([photo], model.tasks[0])[0]
    assert result.size == (64, 96) and result.labels is model.labels


@pytest.mark.parametrize("builder", [SMALL, BOXES[0]])
def test_a_photograph_scaled_and_padded_gives_a_result_in_its_own_pixels(builder: str) -> None:
    model = tiny_torchvision(builder)
    rng = np.random.default_rng(0)
    for size in ((1, 1), (33, 501), (77, 50)):
        result = model.predict([rng.integers(0, 256, (*size, 3), dtype=np.uint8)], model.tasks[0])[0]
        assert result.size == size
        assert model.labels.name == ("voc" if builder == SMALL else "coco")


def test_what_lies_in_the_padding_is_no_instance(photo: Any) -> None:
    """Padded to 96 px on both sides, the network sees 32 rows that are no part of the photograph."""
    model = tiny_torchvision(BOXES[0])
    padded = replace(model, preprocess=replace(model.preprocess, frame=Frame(pad_multiple=96)))
    seen = padded.preprocess.to_input(photo)
    assert seen.values.shape == (1, 3, 96, 96) and seen.shown == (64, 96)
    boxes = padded.run(seen)["boxes"]
    assert len(boxes) and boxes[:, [1, 3]].max() <= 64 and boxes[:, [0, 2]].max() <= 96
    assert padded.predict([photo], "instance")[0].size == (64, 96)


def test_a_column_that_is_no_label_becomes_void_or_is_left_out(photo: Any, tmp_path: Path) -> None:
    """VOC without its label background: column 0 has no label then."""
    table = tmp_path / "objects.csv"
    voc = label_set("voc")
    rows = "".join(f"{name},1,0,#000000,{k},,\n" for k, name in enumerate(voc.names) if k)
    table.write_text("name,thing,void,color,source_id,ja,ko\n" + rows, encoding="utf-8")
    known = torchvision_labels("fcn_resnet50", str(table))
    assert known.columns == tuple(range(1, 21)) and known.voids == (0,)
    plain, without = tiny_torchvision("fcn_resnet50"), tiny_torchvision("fcn_resnet50", str(table))
    logits = plain.network(torch.from_numpy(plain.preprocess.to_input(photo).values))["out"][0]
    for model in (plain, without):  # the two networks are the same; now column 0 wins at half of the pixels
        model.network.classifier[4].bias[0] += (logits.amax(0) - logits[0]).median()
    seen = plain.predict([photo], "semantic")[0].label_indices()
    assert (seen == 0).any() and (seen > 0).any()
    assert (without.predict([photo], "semantic")[0].label_indices() == seen - 1).all()


def test_one_s_own_labels_stand_behind_the_column_that_is_nothing() -> None:
    pets = LabelSet("pets", (Label(name="cat", is_thing=True), Label(name="dog", is_thing=True)))
    assert torchvision_labels(BOXES[0], pets, columns=3).columns == (1, 2)
    assert torchvision_labels(SMALL, pets).columns == (0, 1)
    with pytest.raises(LabelError, match="'sky' is stuff"):
        torchvision_labels(BOXES[0], LabelSet("sky", (Label(name="sky", is_thing=False),)))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_saved_network_gives_the_same_answer(suffix: str, photo: Any, tmp_path: Path) -> None:
    model = open_torchvision(SMALL, threads=1)
    path = tmp_path / f"weights{suffix}"
    state = {**model.network.state_dict(), "aux_classifier.0.weight": torch.zeros(1)}  # of the loss: not needed
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    again = open_torchvision(SMALL, weights=path, threads=1)
    assert again.predict([photo], "semantic") == model.predict([photo], "semantic")


def test_statistics_that_were_frozen_are_used_without_eps(tmp_path: Path) -> None:
    """What torchvision does for the weights of its first Mask R-CNN."""
    path = tmp_path / "frozen.safetensors"
    state = open_torchvision(BOXES[0]).network.state_dict()
    save_file({k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}, path)
    network = open_torchvision(BOXES[0], weights=path).network
    path.unlink()  # 170 MB
    assert {m.eps for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {0.0}


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    state = open_torchvision(SMALL).network.state_dict()
    state["classifier.high_classifier.weight"] = torch.zeros(21, 64, 1, 1)
    del state["classifier.cbr.0.weight"]
    save_file({**state, "extra": torch.zeros(1)}, tmp_path / "odd.safetensors")
    with pytest.raises(ModelError) as told:
        open_torchvision(SMALL, weights=tmp_path / "odd.safetensors")
    for part in (
        "1 of another shape: classifier.high_classifier.weight (21, 64, 1, 1) for (21, 128, 1, 1)",
        "1 missing: classifier.cbr.0.weight",
        "1 without a place: extra",
    ):
        assert part in str(told.value)
    with pytest.raises(ModelError, match=r"classifier\.4\.weight is missing"):
        open_torchvision("fcn_resnet50", weights=tmp_path / "odd.safetensors")
    with pytest.raises(LabelError, match=r"odd\.safetensors: .*'coco' .*the network has the columns 0\.\.20"):
        open_torchvision(SMALL, labels="coco", weights=tmp_path / "odd.safetensors")


def test_an_unknown_network_or_task_is_told_with_near_matches(photo: Any) -> None:
    with pytest.raises(UsageError, match="did you mean 'fcn_resnet50'"):
        open_torchvision("fcn_resnet5O")
    for builder, task in ((SMALL, "panoptic"), (BOXES[0], "semantic")):
        with pytest.raises(UsageError, match=f"task '{task}' is not offered"):
            tiny_torchvision(builder).predict([photo], task)
