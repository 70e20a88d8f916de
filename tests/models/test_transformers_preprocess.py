"""The numbers of `preprocessor_config.json`, read as the library means them. Needs no torch."""

from typing import Any

import numpy as np
import pytest

from segweave.errors import ModelError
from segweave.models.adapters.transformers_families import FAMILIES
from segweave.models.adapters.transformers_preprocess import cuts_windows, default_preprocess, read_preprocess
from segweave.models.preprocess import Frame, FramedPreprocess

PADDED, SQUARE = FAMILIES["mask2former"].preprocess, FAMILIES["segformer"].preprocess


def frame_of(default: FramedPreprocess = PADDED, fixed: int | None = None, **found: Any) -> Frame:
    """The frame that these entries ask for."""
    return read_preprocess(found, default, fixed=fixed).frame


@pytest.mark.parametrize(
    ("size", "frame"),
    [
        ({"shortest_edge": 640, "longest_edge": 2560}, Frame(shortest=640, longest=2560, pad_multiple=32)),
        ({"shortest_edge": 512, "longest_edge": None}, Frame(shortest=512, pad_multiple=32)),
        ({"longest_edge": 900}, Frame(longest=900, pad_multiple=32)),
        ({"height": 272, "width": 480}, Frame(exact=(272, 480), pad_multiple=32)),
        (800, Frame(shortest=800, longest=1333, pad_multiple=32)),  # files of old versions: and max_size
    ],
)
def test_a_size_is_read_in_every_spelling(size: Any, frame: Frame) -> None:
    assert frame_of(size=size) == frame


def test_a_number_alone_is_a_square_where_the_family_sees_squares() -> None:
    assert frame_of(SQUARE, size=640) == Frame(exact=(640, 640))


def test_padding_goes_to_the_divisor_of_the_file() -> None:
    assert frame_of(size_divisor=16).pad_multiple == 16
    assert frame_of(size_divisibility=64).pad_multiple == 64
    assert frame_of(SQUARE, size_divisor=16).pad_multiple == 1  # a network of pixels needs no padding


def test_a_network_of_squares_gets_its_squares_whatever_the_file_says() -> None:
    beit, eomt = FAMILIES["beit"].preprocess, FAMILIES["eomt"].preprocess
    assert frame_of(beit, fixed=224, size={"height": 640, "width": 640}) == Frame(exact=(224, 224))
    padded = frame_of(eomt, fixed=1024, size={"shortest_edge": 640, "longest_edge": 640})
    assert padded == Frame(shortest=1024, longest=1024, pad_to=(1024, 1024))


def test_what_the_file_does_not_say_is_as_the_family_has_it() -> None:
    assert read_preprocess({}, PADDED, fixed=None) == PADDED
    assert frame_of(do_resize=False) == Frame(pad_multiple=32)
    assert frame_of(SQUARE, size={"height": 384, "width": 384}, keep_aspect_ratio=True, ensure_multiple_of=32) == Frame(
        exact=(384, 384), keep_aspect=True, multiple=32
    )


@pytest.mark.parametrize(
    ("found", "mean", "std"),
    [
        ({"image_mean": [0.5, 0.4, 0.3], "image_std": [0.1, 0.2, 0.3]}, (127.5, 102, 76.5), (25.5, 51, 76.5)),
        ({"image_mean": 0.5, "image_std": 0.5, "rescale_factor": 0.1}, (5, 5, 5), (5, 5, 5)),
        ({"image_mean": [9, 9, 9], "image_std": [2, 2, 2], "do_rescale": False}, (9, 9, 9), (2, 2, 2)),
        ({"do_normalize": False}, (0, 0, 0), (255, 255, 255)),
        ({"do_normalize": False, "do_rescale": False}, (0, 0, 0), (1, 1, 1)),
    ],
)
def test_mean_and_std_are_brought_to_the_scale_of_bytes(
    found: dict[str, Any], mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    how = read_preprocess(found, PADDED, fixed=None)
    np.testing.assert_allclose(how.mean, mean)
    np.testing.assert_allclose(how.std, std)


def test_other_channel_order_and_cubic_scaling_are_read() -> None:
    how = read_preprocess({"do_flip_channel_order": True, "resample": 3}, PADDED, fixed=None)
    assert how.bgr and how.cubic
    assert read_preprocess({"resample": 2}, FAMILIES["beit"].preprocess, fixed=None).cubic is False
    assert cuts_windows({"do_split_image": True}) and not cuts_windows({})


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"size": {"height": 5}}, "'size' must be"),
        ({"size": "large"}, "'size' must be"),
        ({"size": {"height": 0, "width": 5}}, "'height' must be a whole number"),
        ({"size": True}, "'size' must be"),
        ({"size_divisor": 1.5}, "'size_divisor' must be a whole number"),
        ({"image_mean": [1, 2]}, "'image_mean' must be three numbers"),
        ({"image_std": [0, 1, 1]}, "std > 0"),
        ({"rescale_factor": 0}, "'rescale_factor' must be"),
        ({"do_resize": "yes"}, "'do_resize' must be true or false"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(found: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        read_preprocess(found, PADDED, fixed=None)


@pytest.mark.parametrize(
    ("family", "labels", "side", "frame"),
    [
        ("mask2former", "coco_panoptic", None, Frame(shortest=800, longest=1333, pad_multiple=32)),
        ("oneformer", "ade20k", None, Frame(shortest=640, longest=2560, pad_multiple=32)),
        ("maskformer", "cityscapes", 224, Frame(shortest=1024, longest=2048, pad_multiple=32)),
        ("mask2former", "mine", None, Frame(shortest=800, longest=1333, pad_multiple=32)),
        ("segformer", "ade20k", 224, Frame(exact=(512, 512))),
        ("beit", "ade20k", 224, Frame(exact=(224, 224))),
        ("eomt", "coco", 512, Frame(shortest=512, longest=512, pad_to=(512, 512))),
    ],
)
def test_without_a_file_the_papers_say_the_size(family: str, labels: str, side: int | None, frame: Frame) -> None:
    assert default_preprocess(FAMILIES[family], labels=labels, image_size=side).frame == frame
