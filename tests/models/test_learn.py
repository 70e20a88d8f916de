"""Learning co-occurrence counts from labelled images."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.weaving import write_images, write_models
from segweave import load_model
from segweave.combine import CooccurrenceCounts
from segweave.errors import FormatError, LabelError, UsageError
from segweave.formats import Dataset, open_dataset
from segweave.formats.dataset import ImageName
from segweave.models.identity import model_id
from segweave.models.learn import Learnt, Lesson, finished, learn, resumed, save_unfinished


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """Three images, all alike: tiles, grass, frog and, where the models see red, frog again."""
    write_models(tmp_path)
    images, masks = write_images(tmp_path)
    return Lesson(
        primary=load_model(tmp_path / "primary.onnx"),
        secondary=load_model(tmp_path / "secondary.onnx"),
        data=open_dataset(masks, images=images),
        name="garden/masks",
    )


def counted(lesson: Lesson) -> CooccurrenceCounts:
    *_, last = learn(lesson)
    return finished(lesson, last)


def test_every_pixel_counts_with_what_both_models_say_and_what_is_there(lesson: Lesson) -> None:
    counts = counted(lesson)
    # stripes of 2 x 6 px in 3 images: roof and tiles once on tiles and once on frog; lawn, grass; pond, frog
    assert {tuple(k): int(counts.pixels[tuple(k)]) for k in np.argwhere(counts.pixels).tolist()} == {
        (0, 0, 0): 36,
        (0, 0, 2): 36,
        (1, 1, 1): 36,
        (2, 2, 2): 36,
    }
    assert counts.images.tolist() == [[3, 0, 0], [0, 3, 0], [0, 0, 3]]


def test_counts_say_where_they_come_from(lesson: Lesson, tmp_path: Path) -> None:
    counted(lesson).save(tmp_path / "counts.npz")
    said = CooccurrenceCounts.load(tmp_path / "counts.npz").provenance
    assert said.primary_labels == ("roof", "lawn", "pond") and said.secondary_labels == ("tiles", "grass", "frog")
    assert said.primary.startswith("primary.onnx ") and "pixels=48" in said.primary_preprocess
    assert (said.n_images, said.data, said.parts) == (3, (lesson.data_id,), (f"{lesson.data_id} 1/1",))
    assert re.fullmatch(r"garden/masks \(3 images, [0-9a-f]{8}\)", lesson.data_id)
    assert model_id(load_model("street")) == "street"


def test_shards_add_to_one_run(lesson: Lesson) -> None:
    whole = counted(lesson)
    parts = [counted(replace(lesson, shard=(k, 2))) for k in (2, 1)]
    total = parts[0] + parts[1]
    assert np.array_equal(total.pixels, whole.pixels) and np.array_equal(total.images, whole.images)
    assert total.provenance.n_images == 3
    with pytest.raises(LabelError, match=r"garden/masks \(3 images, .* 2/2' is in both counts"):
        total + parts[0]


def test_an_interrupted_lesson_goes_on_where_it_stopped(lesson: Lesson, tmp_path: Path) -> None:
    first = next(learn(lesson))
    save_unfinished(lesson, first, tmp_path / "kept")
    again = resumed(lesson, tmp_path / "kept")
    assert again.done == 1 and again.counts.provenance.n_images == 1
    *_, last = learn(lesson, again)
    assert last.done == 3
    assert np.array_equal(finished(lesson, last).pixels, counted(lesson).pixels)
    assert finished(lesson, last).provenance == counted(lesson).provenance
    with pytest.raises(UsageError, match="this is another run"):
        resumed(replace(lesson, shard=(1, 2)), tmp_path / "kept")
    with pytest.raises(UsageError, match="this is another run"):
        resumed(replace(lesson, secondary=lesson.primary, data=_renamed(lesson)), tmp_path / "kept")


def _renamed(lesson: Lesson):
    return replace(lesson.data, labels=lesson.primary.labels)


def test_an_interrupted_lesson_does_not_go_on_with_other_data(lesson: Lesson, tmp_path: Path) -> None:
    save_unfinished(lesson, next(learn(lesson)), tmp_path / "kept")
    other = Dataset(lesson.data.labels, (), lesson.data.load, lambda k: ImageName(k, f"other {k}"), range(3))
    for changed in (replace(lesson, data=lesson.data[:2]), replace(lesson, data=other), replace(lesson, source="map")):
        with pytest.raises(UsageError, match="this is another run"):
            resumed(changed, tmp_path / "kept")


def test_a_shard_without_images_says_so(lesson: Lesson) -> None:
    empty = replace(lesson, shard=(4, 4))
    with pytest.raises(FormatError, match="garden/masks: no image could be counted; there is none in shard 4/4"):
        finished(empty, Learnt(empty.nothing(), 0))


def test_counts_of_no_pixel_are_refused_but_for_a_shard(lesson: Lesson) -> None:
    nothing = lesson.nothing()
    images = replace(nothing, provenance=replace(nothing.provenance, n_images=3))
    with pytest.raises(FormatError, match=r"garden/masks: no pixel could be counted: .*look at the label map"):
        finished(lesson, Learnt(images, 3))
    assert finished(replace(lesson, shard=(1, 2)), Learnt(images, 3)).provenance.n_images == 3


def test_a_broken_image_is_passed_over_and_named(lesson: Lesson, tmp_path: Path) -> None:
    (tmp_path / "images" / "1.png").write_bytes(b"no image")
    first, second, third = learn(lesson)
    assert first.error is None and "1.png" in str(second.error) and third.counts.provenance.n_images == 2
    assert third.done == 3


def test_a_photograph_of_another_size_than_its_truth_is_refused(lesson: Lesson, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((5, 8, 3), np.uint8)).save(tmp_path / "images" / "0.png")
    assert "(5, 8)" in str(next(learn(lesson)).error)


def test_counts_of_no_image_are_refused(lesson: Lesson, tmp_path: Path) -> None:
    for image in (tmp_path / "images").iterdir():
        image.write_bytes(b"no image")
    with pytest.raises(FormatError, match="garden/masks: no image could be counted: "):
        counted(lesson)


def test_the_truth_is_in_the_secondary_s_labels(lesson: Lesson) -> None:
    with pytest.raises(LabelError, match="say the truth in the secondary's labels with --map"):
        replace(lesson, secondary=lesson.primary)
