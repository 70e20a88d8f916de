"""Counts in a file, and back; shards that add."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError, InvalidSegmentation, UsageError
from segweave.evaluation.boundary import count_boundary
from segweave.evaluation.instance_table import instance_table
from segweave.labels import LabelMap
from segweave.report.count import Piece
from segweave.report.counts import Counts, counts_of, merged
from segweave.report.counts_file import load_counts, save_counts
from segweave.report.score import Question, scored
from segweave.segmentation import ImageKey, overlap_table

SAME = LabelMap(SOME_LABELS, SOME_LABELS, tuple(range(len(SOME_LABELS))))
SEGMENTS = Question(task="panoptic", errors=True, boundary=True)
INSTANCES = Question(task="instance", cityscapes=True)


def pieces(ids: list[int | str], *, instances: bool = False) -> list[Piece]:
    found = []
    for number in ids:
        rng = np.random.default_rng(sum(map(ord, str(number))))
        a, b = (random_segmentation(rng, (20, 24), n=6) for _ in range(2))
        key = ImageKey(id=number, name=f"{number}.jpg", size=a.size)
        if instances:
            found.append(Piece(instances=instance_table(a, b, key)))
        else:
            found.append(Piece(segments=overlap_table(a, b, key), boundary=count_boundary(a, b, key)))
    return found


def counts(ids: list[int | str], *, instances: bool = False) -> Counts:
    task = "instance" if instances else "panoptic"
    made = pieces(ids, instances=instances)
    return counts_of(made, SAME, task=task, truth="t", prediction="p", skipped=("image 9: broken",))


@pytest.mark.parametrize("instances", [False, True])
def test_what_is_loaded_scores_like_what_was_saved(instances: bool, tmp_path: Path):
    whole = counts([3, 10, "x", 2], instances=instances)
    question = INSTANCES if instances else SEGMENTS
    save_counts(tmp_path / "a.npz", whole)
    back = load_counts(tmp_path / "a.npz")
    assert back.images == whole.images and back.skipped == whole.skipped
    a, b = scored(whole, question), scored(back, question)
    assert a.score == b.score and a.boundary == b.boundary and a.cityscapes == b.cityscapes
    assert (a.errors is None) or a.errors.images == b.errors.images


@pytest.mark.parametrize("instances", [False, True])
def test_shards_give_the_digits_of_one_run_in_any_order(instances: bool, tmp_path: Path):
    ids: list[int | str] = [1, 2, 3, 4, 5, 11, "a", "b10", "b9"]
    question = INSTANCES if instances else SEGMENTS
    parts = [counts(ids[k::3], instances=instances) for k in range(3)]
    one = scored(counts(ids, instances=instances), question)
    for order in ([0, 1, 2], [2, 0, 1]):
        again = scored(merged([parts[k] for k in order]), question)
        assert again.score == one.score and again.boundary == one.boundary
    assert [image.id for image in merged(parts).images] == [1, 2, 3, 4, 5, 11, "a", "b9", "b10"]


def test_what_does_not_add_says_why():
    a = counts([1, 2])
    with pytest.raises(InvalidSegmentation, match="image 1 is in two"):
        merged([a, counts([1])])
    with pytest.raises(UsageError, match="tasks panoptic and instance"):
        merged([a, counts([3], instances=True)])
    with pytest.raises(UsageError, match="--boundary"):
        merged([a, replace(counts([3]), boundary=None)])
    with pytest.raises(FormatError, match="no image of t could be counted against p; 1 were left out"):
        counts([])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_broken_file_is_one_line(data: st.DataObject, tmp_path: Path):
    path = tmp_path / "a.npz"
    if not (tmp_path / "good.npz").exists():
        save_counts(tmp_path / "good.npz", counts([1, 2]))
    content = bytearray((tmp_path / "good.npz").read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    try:
        found = load_counts(path)
    except FormatError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)
    else:
        assert len(found.images) == 2


def test_nothing_pickled_is_loaded(tmp_path: Path):
    np.savez(tmp_path / "a.npz", about=np.array([{"segweave_counts": 1}], object), allow_pickle=True)
    with pytest.raises(FormatError, match="cannot be read"):
        load_counts(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["segments.truth_row", "segments.truth.label", "bands.pixels", "f"])
def test_columns_that_do_not_fit_are_refused(name: str, tmp_path: Path):
    path = tmp_path / "a.npz"
    save_counts(path, counts([1, 2]))
    with np.load(path) as file:
        columns = dict(file)
    columns[name] = np.append(columns[name], 10_000)
    np.savez(path, **columns)
    with pytest.raises(FormatError, match="its columns do not fit together"):
        load_counts(path)
