"""A plan beside the primary alone and the baseline."""

from pathlib import Path

import numpy as np
import pytest

from models.weaving import PLAN, SECONDARY, write_images, write_models, write_plan
from segweave.errors import LabelError
from segweave.evaluation.contour_accuracy import ContourCounts, count_contours, near_contours
from segweave.formats import open_dataset
from segweave.labels import LabelMap
from segweave.models.weave_score import Question, Row, Trial, check_question, rows, try_plan
from segweave.models.woven import open_woven

NAMES = {"roof": "tiles", "lawn": "grass", "pond": None, "frog": "frog"}


def trial_of(folder: Path, *, refine: tuple[str, ...] = (), names: dict[str, str | None] | None = None) -> Trial:
    write_models(folder)
    images, masks = write_images(folder)
    model = open_woven(write_plan(folder, PLAN))
    data = open_dataset(masks, images=images)
    label_map = LabelMap.from_names(model.labels, SECONDARY, names or NAMES)
    return Trial(model=model, data=data, question=Question(plan=model.plan, label_map=label_map, refine=refine))


def table(trial: Trial) -> dict[str, Row]:
    *_, last = try_plan(trial)
    assert last.images == 3
    return {row.name: row for row in rows(trial.question, last.tallies)}


def test_the_table_by_hand(tmp_path: Path) -> None:
    """Truth: tiles, grass, frog, frog; seen: red, green, blue, red. All three images are alike."""
    found = table(trial_of(tmp_path))
    alone, override, odds = found["primary alone"], found["override"], found["odds"]
    # alone: roof on tiles and on a frog: 1 of 2; lawn 1; pond is no label of the truth
    assert (alone.primary, alone.added, alone.all) == (0.75, 0.0, 0.5)
    assert alone.harm == 1.0  # on tiles and grass alone the roof on the frog does not count
    # with frogs where it is blue: 1 of 2 frogs
    assert (odds.primary, odds.added, odds.all, odds.harm) == (0.75, 0.5, pytest.approx(2 / 3), 1.0)
    assert override == Row(**{**_fields(odds), "name": "override"})
    # contours run between the first three stripes, of 2 px each: all of these are near; the third is not found alone
    assert alone.contour == pytest.approx(4 / 6) and odds.contour == 1.0


def _fields(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def test_refining_steps_are_rows_of_their_own(tmp_path: Path) -> None:
    found = table(trial_of(tmp_path, refine=("snap", "vote")))
    assert list(found) == ["primary alone", "override", "odds", "odds + snap", "odds + vote"]


def test_a_plan_whose_labels_the_data_does_not_have_cannot_be_scored(tmp_path: Path) -> None:
    for gone, what in (("frog", "added"), ("roof", "primary")):
        names = {**NAMES, gone: None, **({"lawn": None} if gone == "roof" else {})}
        folder = tmp_path / gone
        folder.mkdir()
        with pytest.raises(LabelError, match=f"no {what} label of the plan has a counterpart"):
            check_question(trial_of(folder, names=names).question)


def test_a_truth_label_that_an_added_label_means_too_is_an_added_one(tmp_path: Path) -> None:
    question = trial_of(tmp_path, names={**NAMES, "pond": "frog"}).question
    assert question.kept == {0, 1} and question.added == {2}


def test_pixels_near_contours_by_hand() -> None:
    labels = np.array([[0, 0, 0, 0, 0, 1, 1, -1, 2]])
    # at most 2 px from another label; void makes no contour: 1 and 2 see each other across it
    assert near_contours(labels, 2).tolist() == [[False, False, False, True, True, True, True, False, True]]
    assert near_contours(labels, 1).tolist() == [[False] * 4 + [True, True, False, False, False]]
    wrong = labels.copy()
    wrong[0, 3] = 1
    assert count_contours(labels, wrong) == ContourCounts(near=5, right=4)
    assert (count_contours(labels, wrong) + count_contours(labels, labels)).accuracy == 0.9
    assert count_contours(labels * 0, labels).accuracy is None
