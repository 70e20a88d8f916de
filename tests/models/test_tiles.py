"""A model that sees an image in tiles says what it would say of the whole, where it looks at single pixels."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from combine.tiles import as_sets, connected_scenes, cuts
from models.color_model import ColorModel, ShareModel, painted
from models.weaving import PLAN, stripes, write_models, write_plan
from scenes import SOME_LABELS, random_segmentation
from segweave import load_model, read_image
from segweave.combine import tile_grid
from segweave.errors import UsageError
from segweave.models import TASKS, ProbabilityModel
from segweave.models.protocol import ScalableModel
from segweave.models.tiles import TiledModel, tiled
from segweave.models.woven import WovenModel
from segweave.segmentation import Segmentation


@pytest.mark.parametrize("task", TASKS)
@given(connected_scenes(), cuts(), st.integers(1, 3))
def test_a_model_that_looks_at_colours_says_the_same_of_tiles(
    task, seg: Segmentation, sides: tuple[int, int], batch: int
) -> None:
    image = painted(seg)
    model = tiled(ColorModel(), tile=sides[0], overlap=sides[1], batch=batch)
    assert as_sets(model.predict([image], task)[0]) == as_sets(ColorModel().predict([image], task)[0])


@pytest.mark.parametrize("overlap", [0, 3])
def test_a_semantic_result_is_the_same_to_the_order_of_its_segments(overlap: int) -> None:
    image = painted(random_segmentation(np.random.default_rng(1), (70, 90), SOME_LABELS))
    model = tiled(ColorModel(), tile=16, overlap=overlap)
    assert model.predict([image], "semantic") == ColorModel().predict([image], "semantic")


def test_the_network_sees_tiles_of_one_size_so_many_at_once_and_somebody_watches() -> None:
    told: list[tuple[int, int]] = []
    network = ColorModel()
    model = tiled(network, tile=8, overlap=2, batch=4, watch=lambda done, total: told.append((done, total)))
    model.predict([np.zeros((20, 14, 3), np.uint8)], "panoptic")  # three rows of two tiles
    assert network.sizes == [(8, 8)] * 6
    assert network.batches == [4, 2]
    assert told == [(4, 6), (6, 6)]


@pytest.mark.parametrize("task", TASKS)
def test_an_image_that_fits_into_a_tile_is_seen_as_it_is(task, china: Path) -> None:
    model = load_model("street", threads=1)
    large = tiled(model.network, tile=640)
    assert large.predict([read_image(china)], task)[0] == model.predict(china, task=task)


def test_a_real_photograph_in_tiles_is_seen_much_as_a_whole(china: Path) -> None:
    """The temple, doubled: the network sees each tile about as fine as it sees the photograph."""
    photo = read_image(china).repeat(2, axis=0).repeat(2, axis=1)
    network = load_model("street", threads=1).network
    whole, found = (model.predict([photo], "semantic")[0] for model in (network, tiled(network, tile=640)))
    agree = whole.label_indices() == found.label_indices()
    assert agree.mean() > 0.7
    assert set(found.label_names()) >= {"Sky", "Building", "Tree"}


@given(st.integers(1, 30), st.integers(1, 30), cuts(least_overlap=0))
def test_probabilities_of_tiles_are_those_of_the_whole(height: int, width: int, sides: tuple[int, int]) -> None:
    """A cell a pixel: each is read where it lies."""
    image = np.random.default_rng(height * 31 + width).integers(0, 85, (height, width, 3), dtype=np.uint8)
    model = tiled(ShareModel(), tile=sides[0], overlap=sides[1])
    assert isinstance(model, ProbabilityModel)
    assert np.array_equal(model.probabilities([image])[0], ShareModel().probabilities([image])[0])


def test_coarse_cells_are_read_between_the_tile_s_own() -> None:
    # a ramp from left to right, 16 px; tiles of 8 px, cells of 4 px: centres at 2, 6, 10, 14 of the image
    image = np.zeros((4, 16, 3), np.uint8)
    image[:, :, 0] = np.arange(16) * 4 + 2
    model = tiled(ShareModel(4), tile=8, overlap=0)
    maps = model.probabilities([image])[0]
    assert maps.shape == (5, 1, 4)
    assert maps[0, 0] * 255 == pytest.approx([8, 24, 40, 56])  # the mean of four pixels
    # 12 px wide, tiles of 8 px that start at 0 and 4: the cells' centres 2, 6, 10 are the tiles' own
    assert model.probabilities([image[:, :12]])[0][0, 0] * 255 == pytest.approx([8, 24, 40])
    # 14 px: tiles start at 0 and 6; 14 / 4 = 3.5, so 4 cells, at 1.75, 5.25, 8.75, 12.25 of the image; the cut is at 7
    # the first tile knows 2 (8) and 6 (24), the second one 8 (32) and 12 (48): 1.75 -> 8, 5.25 -> 21, 8.75 -> 35, 12.25
    maps = model.probabilities([image[:, :14]])[0]
    assert maps[0, 0] * 255 == pytest.approx([8, 21, 35, 48])
    assert maps.sum(axis=0) == pytest.approx(1)


def test_a_tiled_model_gives_probabilities_only_where_its_network_does() -> None:
    assert not isinstance(tiled(ColorModel(), tile=8), ProbabilityModel)
    assert isinstance(tiled(load_model("street").network, tile=64), ProbabilityModel)


def test_tiles_can_be_seen_at_a_scale_where_the_network_can() -> None:
    model = tiled(load_model("street").network, tile=64)
    assert isinstance(model, ScalableModel)
    (larger,) = model.at_scale(2).probabilities([np.zeros((64, 64, 3), np.uint8)])
    (plain,) = model.probabilities([np.zeros((64, 64, 3), np.uint8)])
    assert larger.shape[1:] == (2 * plain.shape[1], 2 * plain.shape[2])
    with pytest.raises(UsageError, match="at the scale 2"):
        TiledModel(network=ColorModel(), tile=8, overlap=0).at_scale(2)


def test_a_plan_is_tiled_as_a_whole(tmp_path: Path) -> None:
    woven = load_model(write_plan(write_models(tmp_path))).network
    model = tiled(woven, tile=4, overlap=0)
    assert isinstance(model, TiledModel)
    image = stripes(0, 1, 2, 0)
    (found,), (whole,) = (one.predict([image], "semantic") for one in (model, woven))
    assert np.array_equal(found.label_indices(), whole.label_indices())


@pytest.mark.parametrize("mode", ["odds", "override"])
def test_of_a_plan_with_a_crop_the_networks_are_tiled(mode: str, tmp_path: Path) -> None:
    """The left half of the image is shown to the secondary, not the left half of each tile."""
    text = PLAN.replace("  add:", "  crop: [0, 0, 1, 0.5]\n  add:").replace("mode: odds", f"mode: {mode}")
    woven = load_model(write_plan(write_models(tmp_path), text)).network
    model = tiled(woven, tile=4, overlap=0)
    assert isinstance(model, WovenModel)
    found = model.predict([stripes(2, 1, 2, 2)], "semantic")[0].label_indices()
    assert found[0, ::2].tolist() == [3, 1, 2, 2]


@pytest.mark.parametrize(("tile", "overlap"), [(0, 0), (8, 5)])
def test_tiles_that_cannot_be_are_refused_before_anything_is_read(tile: int, overlap: int) -> None:
    with pytest.raises(UsageError, match=r"at least 1 px|overlap by 0 to 4 px"):
        tiled(ColorModel(), tile=tile, overlap=overlap)


def test_what_crosses_seams_in_a_street_is_one_each(shared: Path) -> None:
    """A CamVid photograph, three times as large; a bicyclist and two cars stand on the lines where tiles part."""
    small = Image.open(shared / "data/camvid/images/test/0001TP_008550.jpg")
    photo = np.asarray(small.resize((1440, 1080), Image.Resampling.LANCZOS))
    grid = tile_grid((1080, 1440), tile=480, overlap=96)
    assert [span.first for span in grid.rows] == [0, 390, 690]
    assert [span.first for span in grid.columns] == [0, 400, 720, 1040]
    model = load_model("street", threads=1).tiled(480, overlap=96)
    seg, things = model.predict(photo), model.predict(photo, task="instance")
    masks = [things.mask(k) for k in range(len(things))]
    for name, one, other in (
        ("Bicyclist", (640, 380), (640, 430)),
        ("Bicyclist", (640, 420), (720, 420)),
        ("Car", (660, 690), (660, 750)),
        ("Car", (660, 700), (710, 700)),
        ("Car", (720, 1000), (720, 1080)),
        ("Car", (670, 1000), (720, 1000)),
    ):
        assert seg.ids[one] == seg.ids[other] > 0
        assert seg.label_names()[seg.ids[one] - 1] == name
        assert [mask[other] for mask in masks if mask[one]] == [True]
