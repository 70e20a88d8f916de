"""Photographs go in and come out in place: scaled, padded, in windows, and as the library's own processors do it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
transformers = pytest.importorskip("transformers", reason='needs transformers: pip install "segweave[torch]"')

from segweave.errors import LabelError, UsageError  # noqa: E402
from segweave.labels import Label, LabelSet, label_set, label_table  # noqa: E402
from segweave.models.adapters.transformers import TransformersModel, open_transformers  # noqa: E402
from segweave.models.adapters.transformers_families import FAMILIES  # noqa: E402
from segweave.models.adapters.transformers_preprocess import read_preprocess  # noqa: E402
from segweave.models.network_labels import NetworkLabels  # noqa: E402
from segweave.models.preprocess import Frame, FramedPreprocess  # noqa: E402
from tiny_transformers import TINY, eager, liven, tiny_model  # noqa: E402

COLORS = LabelSet("colors", (Label(name="red", is_thing=True), Label(name="green", is_thing=False)))
THREE = LabelSet("three", (*COLORS, Label(name="blue", is_thing=False)))


class Painter(torch.nn.Module):
    """Two queries whose masks are where 4 x 4 px are red or green: it sees nothing but the place itself."""

    def forward(self, pixel_values: Any) -> dict[str, Any]:
        cells = torch.nn.functional.avg_pool2d(pixel_values, 4)[:, :2] / 16 - 8
        sure = torch.tensor([[[9.0, 0.0, 0.0], [0.0, 9.0, 0.0]]])
        return {"class_queries_logits": sure, "masks_queries_logits": cells}


def painter(**frame: Any) -> TransformersModel:
    """A model of it that sees photographs in this frame."""
    how = FramedPreprocess(frame=Frame(**frame))
    return TransformersModel(
        network=Painter(), family=FAMILIES["mask2former"], known=NetworkLabels(COLORS, (0, 1)), preprocess=how
    )


def flag(height: int, width: int) -> Any:
    """Red on the left, green below right of the middle, black elsewhere."""
    photo = np.zeros((height, width, 3), np.uint8)
    photo[:, : width // 4, 0] = 255
    photo[height // 2 :, width // 2 :, 1] = 255
    return photo


@pytest.mark.parametrize("padding", [{"pad_multiple": 32}, {"pad_multiple": 64}, {"pad_to": (160, 128)}])
@pytest.mark.parametrize("task", ["panoptic", "semantic", "instance"])
def test_padding_changes_nothing_in_a_network_that_sees_places_alone(padding: dict[str, Any], task: Any) -> None:
    """Real networks attend to the padding, and their positions count it; what is ours alone must not move."""
    photo = flag(72, 100)  # already in whole cells of 4 px
    plain, padded = (painter(**how).predict([photo], task)[0] for how in ({}, padding))
    # the last half cell, of 2 px, is interpolated towards the padding, as in the papers
    if task == "semantic":
        assert (plain.ids == padded.ids)[:-2, :-2].all()
    elif task == "panoptic":
        assert plain.label_names() == padded.label_names() == ("red", "green")
        assert (plain.ids == 0).any()
        assert (plain.ids == padded.ids)[:-2, :-2].all()
    else:
        assert plain.masks[0].area() == 72 * 25
        for one, other in zip(plain.masks, padded.masks, strict=True):
            assert (one.mask() == other.mask())[:-2, :-2].all()


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"shortest": 64},
        {"longest": 200, "pad_multiple": 32},
        {"exact": (96, 64)},
        {"shortest": 50, "pad_to": (99, 99)},
    ],
)
def test_segments_lie_where_the_colours_are_whatever_the_frame(frame: dict[str, Any]) -> None:
    photo = flag(80, 120)
    found = painter(**frame).predict([photo], "panoptic")[0]
    names = dict(zip(found.label_names(), range(1, 3), strict=True))
    wrong = (found.ids == names["red"]) != (photo[..., 0] > 0)
    wrong |= (found.ids == names["green"]) != (photo[..., 1] > 0)
    assert wrong.mean() < 0.06  # half a cell of 4 network pixels along the borders
    assert not wrong[10:70, 6:24].any() and not wrong[50:70, 70:110].any()


@pytest.mark.parametrize("size", [(90, 70), (37, 200), (1, 50), (300, 2)])
def test_no_segment_of_a_padded_network_is_lost_in_the_padding(size: tuple[int, int]) -> None:
    model = tiny_model("mask2former")
    found = model.predict([np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)], "semantic")[0]
    assert found.size == size and (found.ids > 0).all()


@pytest.mark.parametrize("family", ["mask2former", "detr", "segformer", "beit"])
def test_inputs_are_those_of_the_library_s_processor(family: str, china: Path) -> None:
    """Where it works: photographs are scaled by 8-bit numbers there as here, by other code."""
    processors = {
        "mask2former": transformers.Mask2FormerImageProcessor(size={"shortest_edge": 96, "longest_edge": 160}),
        "detr": transformers.DetrImageProcessor(size={"shortest_edge": 96, "longest_edge": 160}),
        "segformer": transformers.SegformerImageProcessor(size={"height": 96, "width": 128}),
        "beit": transformers.BeitImageProcessor(size={"height": 96, "width": 128}, do_center_crop=False),
    }
    photo = np.array(Image.open(china).convert("RGB").resize((640, 480)))  # sides that both round alike
    theirs = processors[family](images=photo, return_tensors="np")["pixel_values"]
    how = read_preprocess(json.loads(processors[family].to_json_string()), FAMILIES[family].preprocess, fixed=None)
    ours = how.to_input(photo)
    assert ours.values.shape == theirs.shape
    height, width = ours.shown
    apart = np.abs(ours.values - theirs)[:, :, :height, :width] * np.array(how.std).reshape(1, 3, 1, 1)
    assert apart.mean() < 1  # of 255; edges differ by the filter
    assert (theirs[:, :, height:] == 0).all() and (ours.values[:, :, :, width:] == 0).all()


def saved(path: Path, family: str, processor: dict[str, Any]) -> Path:
    """A lively network in a folder with this preprocessor_config.json."""
    network = open_transformers(TINY[family]()).network
    liven(network)
    network.save_pretrained(path)
    (path / "preprocessor_config.json").write_text(json.dumps(processor))
    return path


def test_a_network_of_windows_is_semantic_and_sees_all_of_a_long_photograph(tmp_path: Path, china: Path) -> None:
    size = {"shortest_edge": 64, "longest_edge": None}
    folder = saved(tmp_path, "eomt", {"do_split_image": True, "size": size, "do_pad": False})
    model = open_transformers(folder, threads=1)
    assert model.tasks == ("semantic",)
    photo = np.asarray(Image.open(china).convert("RGB").resize((150, 60)))
    found = model.predict([photo], "semantic")[0]
    assert found.size == (60, 150) and (found.ids > 0).all()
    shares = model.probabilities([photo])[0]
    assert shares.shape == (19, 32, 80)  # 64 x 160 px, one cell of two pixels
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)
    # the first 64 columns are seen by the first window alone until the second one begins at 48
    first = replace(model, windows=None).probabilities([photo[:, :60]])[0]
    assert np.abs(first[:, :, :24] - shares[:, :, :24]).mean() < 0.05
    with pytest.raises(UsageError, match="'panoptic' is not offered"):
        model.predict([photo], "panoptic")


def test_mask2former_on_the_hub_is_seen_at_the_size_of_its_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files say 384 x 384; under another name, the word of the file counts."""
    (tmp_path / "facebook").mkdir()
    processor = {"size": {"height": 384, "width": 384}}
    saved(tmp_path / "facebook" / "mask2former-swin-tiny-x", "mask2former", processor)
    monkeypatch.chdir(tmp_path)
    assert open_transformers("facebook/mask2former-swin-tiny-x").preprocess.frame.shortest == 1024  # Cityscapes
    assert open_transformers("./facebook/mask2former-swin-tiny-x").preprocess.frame.exact == (384, 384)


def test_labels_are_found_by_name_or_said_and_never_made_up(tmp_path: Path) -> None:
    own = {"id2label": {0: "crack", 1: "rust"}, "label2id": {"crack": 0, "rust": 1}}
    with pytest.raises(LabelError, match=r"SegformerConfig: thing or stuff is not known for 2 .*'crack', 'rust'"):
        open_transformers(TINY["segformer"](**own))
    rust = LabelSet("rust", (Label(name="crack", is_thing=True), Label(name="rust", is_thing=False)))
    assert open_transformers(TINY["segformer"](**own), labels=rust).labels == rust
    with pytest.raises(LabelError, match="'colors' has 2 labels; the network has 19 columns"):
        open_transformers(TINY["mask2former"](), labels=COLORS)
    assert open_transformers(TINY["mask2former"](), labels="cityscapes").labels == label_set("cityscapes")


def test_a_label_file_in_the_folder_says_the_labels(tmp_path: Path) -> None:
    own = {"id2label": {0: "nothing", 1: "rust", 2: "crack"}, "label2id": {"nothing": 0, "rust": 1, "crack": 2}}
    open_transformers(TINY["mask2former"](**own), labels=THREE).network.save_pretrained(tmp_path)
    rows = ["name,thing,void,color,source_id,ja,ko", "crack,1,0,#ff0000,2,,", "rust,0,0,#00ff00,1,,"]
    (tmp_path / "steel.labels.csv").write_text("\n".join(rows), encoding="utf-8")
    model = open_transformers(tmp_path)
    assert (model.labels.name, model.labels.names) == ("steel", ("crack", "rust"))
    assert (model.known.columns, model.known.voids) == ((2, 1), (0,))
    assert open_transformers(tmp_path, labels=THREE).labels == THREE


def test_detr_with_the_ids_of_coco_as_columns_speaks_coco(china: Path) -> None:
    names = {k: f"LABEL_{k}" for k in range(250)}
    table = label_table("coco_panoptic")
    names |= dict(zip(table.source_ids, table.labels.names, strict=True))
    model = open_transformers(TINY["detr"](id2label=names, label2id={n: k for k, n in names.items()}), threads=1)
    liven(model.network)
    assert model.labels == table.labels
    found = eager(model).predict([np.asarray(Image.open(china).resize((64, 48)))], "panoptic")[0]
    assert found.size == (48, 64) and found.labels == table.labels
    assert model.probabilities([np.zeros((48, 64, 3), np.uint8)])[0].shape[0] == 133
