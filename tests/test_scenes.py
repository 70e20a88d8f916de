"""The data that tests are made from: seeded, valid, and with every kind of segment in it."""

import numpy as np
from hypothesis import Phase, find, given, settings

from scenes import SOME_LABELS, masks, random_segmentation, segmentations, street_scene
from segweave.segmentation import Segmentation


def test_the_same_seed_gives_the_same_scene() -> None:
    first, second = (random_segmentation(np.random.default_rng(7), (40, 50)) for _ in range(2))
    assert first == second
    assert first != random_segmentation(np.random.default_rng(8), (40, 50))


def test_random_scenes_hold_void_things_stuff_and_crowds() -> None:
    scenes = [random_segmentation(np.random.default_rng(seed), (40, 50)) for seed in range(20)]
    kinds = [s for scene in scenes for s in scene.segments]
    assert any(scene.void_area() for scene in scenes)
    assert any(s.crowd for s in kinds) and any(s.score is None for s in kinds)
    assert {SOME_LABELS[s.label].is_thing for s in kinds} == {True, False}


def test_a_street_scene_is_a_photo_with_its_truth() -> None:
    photo, truth = street_scene(np.random.default_rng(1), (120, 160))
    assert photo.shape == (120, 160, 3) and photo.dtype == np.uint8 and photo.std() > 20
    assert {"Sky", "Road", "Car", "Pedestrian"} <= set(truth.label_names())
    assert truth.size == (120, 160) and truth.void_area() > 0


@given(segmentations(min_side=0), masks())
def test_strategies_draw_valid_parts(seg: Segmentation, mask: np.ndarray) -> None:
    assert Segmentation(seg.ids, seg.segments, seg.labels) == seg
    assert mask.ndim == 2 and mask.dtype == bool


def test_the_strategy_reaches_crowds_empty_images_and_shared_labels() -> None:
    quick = settings(phases=[Phase.generate], max_examples=1000)  # any example will do: no shrinking
    assert find(segmentations(), lambda s: any(p.crowd for p in s.segments), settings=quick)
    assert find(segmentations(min_side=0), lambda s: s.ids.size == 0, settings=quick).ids.size == 0
    assert find(segmentations(), lambda s: len(s) > len({p.label for p in s.segments}), settings=quick)
