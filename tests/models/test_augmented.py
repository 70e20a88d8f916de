"""Flips and scales: the mean of what a network says of several views."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.color_model import ColorModel, ShareModel
from models.weaving import PRIMARY
from segweave import load_model, read_image
from segweave.errors import UsageError
from segweave.models import ProbabilityModel, SegmentationModel
from segweave.models.augmented import augmented
from segweave.models.preprocess import Frame, FramedPreprocess, Preprocess
from segweave.models.resample import cells, on_grid, sampled
from segweave.models.tiles import tiled
from tiny_onnx import channel_network, describe_channels


def photo(rng: np.random.Generator, size: tuple[int, int] = (24, 32)) -> np.ndarray:
    return rng.integers(0, 85, (*size, 3), dtype=np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20))
def test_a_model_that_looks_at_single_pixels_says_the_same_of_the_mirror_image(
    seed: int, height: int, width: int
) -> None:
    image = photo(np.random.default_rng(seed), (height, width))
    (found,) = augmented(ShareModel(), flip=True).probabilities([image])
    assert found == pytest.approx(ShareModel().probabilities([image])[0], abs=1e-6)


class LeftModel(ShareModel):
    """Sure of the first label in the left half of whatever it sees, of the second one in the right half."""

    def probabilities(self, images):
        maps = np.zeros((len(self.labels), 1, 4), np.float32)
        maps[0, :, :2], maps[1, :, 2:] = 1.0, 1.0
        maps[:, 0, 0] = (0.6, 0.2, 0.2, 0, 0)
        return [maps] * len(images)


def test_a_mirrored_view_is_turned_back_before_the_mean_is_taken() -> None:
    # label 0 over the cells: 0.6 1 0 0, mirrored and turned back 0 0 1 0.6: the mean is 0.3 0.5 0.5 0.3
    (found,) = augmented(LeftModel(), flip=True).probabilities([np.zeros((4, 16, 3), np.uint8)])
    assert found[0, 0] == pytest.approx([0.3, 0.5, 0.5, 0.3])
    assert found.sum(axis=0) == pytest.approx(1)


def test_the_label_is_that_of_the_largest_mean_and_the_score_its_mean() -> None:
    # label 1: 0.2 0 1 1 and 1 1 0 0.2 -> 0.6 0.5 0.5 0.6; label 0 wins the tie in the middle, being the first
    seg = augmented(LeftModel(), flip=True).predict([np.zeros((1, 4, 3), np.uint8)], "semantic")[0]
    assert seg.label_indices().tolist() == [[1, 0, 0, 1]]
    assert [segment.score for segment in seg.segments] == pytest.approx([0.5, 0.6])


def network_of_channels(folder: Path, *, pixels: int = 12 * 16) -> SegmentationModel:
    path = describe_channels(channel_network(folder / "raw.onnx"), folder / "model.onnx", PRIMARY, pixels=pixels)
    return load_model(path).network


def test_scales_are_of_what_the_network_sees(tmp_path: Path) -> None:
    network = network_of_channels(tmp_path)
    image = photo(np.random.default_rng(0))
    assert network.probabilities([image])[0].shape == (3, 12, 16)
    assert network.at_scale(0.5).probabilities([image])[0].shape == (3, 6, 8)
    (found,) = augmented(network, scales=(0.5, 1, 2)).probabilities([image])
    views = [network.at_scale(scale).probabilities([image])[0] for scale in (0.5, 1, 2)]
    assert views[2].shape == found.shape == (3, 24, 32)  # the finest
    expected = np.mean([on_grid(maps, (24, 32)) for maps in views], axis=0)
    assert found == pytest.approx(expected, abs=1e-6)
    assert found.sum(axis=0) == pytest.approx(1, abs=1e-6)


def test_a_batch_of_views_is_what_each_photograph_gives_alone(tmp_path: Path) -> None:
    model = augmented(network_of_channels(tmp_path), flip=True, scales=(1, 1.5))
    images = [photo(np.random.default_rng(k), size) for k, size in enumerate([(24, 32), (9, 5)])]
    assert model.predict(images, "semantic") == [model.predict([image], "semantic")[0] for image in images]


def test_several_views_of_a_real_photograph_see_the_sky_over_the_temple(china: Path) -> None:
    image = read_image(china)
    model = augmented(load_model("street", threads=1).network, flip=True, scales=(0.75, 1, 1.25))
    seg = model.predict([image], "semantic")[0]
    mirrored = model.predict([np.ascontiguousarray(image[:, ::-1])], "semantic")[0]
    assert (seg.label_indices()[:100] == seg.labels.index("Sky")).mean() > 0.8
    agree = seg.label_indices() == mirrored.label_indices()[:, ::-1]
    assert agree.mean() > 0.999  # whichever way round, the views are the same; borders may go either way


def test_views_and_tiles_compose(china: Path) -> None:
    image = read_image(china)
    network = load_model("street", threads=1).network
    inside = tiled(augmented(network, flip=True), tile=400)
    outside = augmented(tiled(network, tile=400), flip=True)
    assert isinstance(inside, ProbabilityModel) and isinstance(outside, ProbabilityModel)
    for model in (inside, outside):
        seg = model.predict([image], "semantic")[0]
        assert seg.size == (427, 640) and "Sky" in seg.label_names()


@pytest.mark.parametrize(
    ("model", "scales", "says"),
    [
        (ColorModel(), (1,), "this model gives none"),
        (ShareModel(), (0.5, 1), "cannot look at photographs at the scale 0.5"),
        (ShareModel(), (), "at least one of them"),
        (ShareModel(), (0,), r"0\.1\.\.10"),
        (ShareModel(), (float("nan"),), r"0\.1\.\.10"),
    ],
)
def test_what_cannot_be_averaged_is_refused(model: SegmentationModel, scales: tuple[float, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        augmented(model, scales=scales)


def test_a_network_of_one_size_refuses_scales_and_things_are_not_told_apart(tmp_path: Path) -> None:
    raw = channel_network(tmp_path / "raw.onnx", sides=(4, 6))
    fixed = load_model(describe_channels(raw, tmp_path / "model.onnx", PRIMARY)).network
    with pytest.raises(UsageError, match=r"every photograph at \(4, 6\) px"):
        augmented(fixed, scales=(2,))
    model = augmented(fixed, flip=True)
    assert model.tasks == ("semantic",)
    with pytest.raises(UsageError, match="expected semantic"):
        model.predict([photo(np.random.default_rng(0))], "panoptic")


def test_preprocessing_at_a_scale_scales_what_reaches_the_network() -> None:
    assert Preprocess(pixels=400, multiple=5).at_scale(2).network_size((10, 40)) == (20, 80)
    for frame in (
        Frame(shortest=20, longest=100),
        Frame(longest=40),
        Frame(exact=(20, 40)),
        Frame(exact=(20, 60), keep_aspect=True),
        Frame(),
    ):
        plain = FramedPreprocess(frame=frame)
        size = plain.frame.scaled((10, 20))
        assert plain.at_scale(1.5).frame.scaled((10, 20)) == (1.5 * size[0], 1.5 * size[1])


def test_maps_are_read_linearly_between_centres_and_are_constant_beyond() -> None:
    ramp = np.arange(4, dtype=np.float32).reshape(1, 1, 4)
    # eight cells over four: centres at -0.25, 0.25, 0.75, ...
    assert on_grid(ramp, (1, 8))[0, 0].tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    assert on_grid(ramp, (1, 2))[0, 0].tolist() == [0.5, 2.5]
    assert on_grid(ramp, (3, 4))[0].tolist() == [[0, 1, 2, 3]] * 3
    assert cells(2, 4).tolist() == [0.5, 2.5]
    assert sampled(ramp, np.array([0.0]), np.array([-5.0, 1.5, 9.0]))[0, 0].tolist() == [0, 1.5, 3]
