"""The worst images: which they are, and where their mistakes are marked."""

from pathlib import Path

import numpy as np
import pytest

from report.pages import write
from segweave.errors import SegweaveError
from segweave.formats import open_dataset
from segweave.labels import Label, LabelSet
from segweave.report.count import Piece, count_instances, count_segments, counted
from segweave.report.counts import counts_of
from segweave.report.error_sections import ERROR_COLORS
from segweave.report.mistakes import WRONG, main_confusion, mistakes_by_type, wrong_pixels
from segweave.report.opening import paired
from segweave.report.paired import Side
from segweave.report.score import Question
from segweave.report.worst_pictures import WorstPicture, worst_pictures
from segweave.segmentation import Instances, Rle, Segment, Segmentation, assemble

TASKS = ["panoptic", "semantic", "instance"]
PETS = LabelSet(
    "pets",
    (
        Label(name="cat", is_thing=True, color=(200, 0, 0)),
        Label(name="dog", is_thing=True, color=(0, 0, 200)),
        Label(name="grass", is_thing=False, color=(0, 160, 0)),
    ),
)
CAT, DOG, GRASS = range(3)
NOTHING = (0, 0, 0)


def shown(folder: Path, truth: str, guess: str, task: str) -> list[WorstPicture]:
    """The worst pictures of two data sets in `folder`."""
    sides = [Side(data=open_dataset(folder / name), path=folder / name) for name in (truth, guess)]
    pair = paired(*sides)
    pieces = list(counted(pair, count_instances if task == "instance" else count_segments, workers=1))
    assert all(isinstance(piece, Piece) for piece in pieces)
    counts = counts_of(pieces, pair.label_map, task=task, truth=truth, prediction=guess, skipped=())
    return worst_pictures(pair, counts, Question(task=task))


def boxes(*found: tuple[int, int, int, int, int], size: tuple[int, int] = (40, 60)) -> Segmentation:
    """A segment for each (label, top, left, bottom, right); later ones lie over earlier ones, the rest is void."""
    ids = np.zeros(size, np.int32)
    for k, (_, top, left, bottom, right) in enumerate(found, start=1):
        ids[top:bottom, left:right] = k
    return assemble(ids, [Segment(label=box[0]) for box in found], PETS)


MEADOW = (GRASS, 0, 0, 40, 60)
ONE_CAT = (CAT, 10, 10, 20, 30)
FOUR_CATS = [(CAT, 10, left, 20, left + 10) for left in (2, 16, 30, 44)]


def with_cats(n: int) -> Segmentation:
    """The first `n` of four cats on a meadow; the others are void."""
    scene = boxes(MEADOW, *FOUR_CATS)
    ids = np.where(scene.ids > n + 1, 0, scene.ids)
    return assemble(ids, scene.segments, PETS)


@pytest.mark.parametrize("task", TASKS)
def test_an_image_made_wrong_on_purpose_comes_first(task: str, tmp_path: Path):
    """Image 4 lacks three cats of four, image 2 lacks one; the others are perfect and not shown."""
    write([with_cats(4)] * 5, tmp_path / "truth")
    write([with_cats(n) for n in (4, 3, 4, 1, 4)], tmp_path / "guess")
    assert [picture.image.id for picture in shown(tmp_path, "truth", "guess", task)] == [4, 2]


@pytest.mark.parametrize("task", TASKS)
def test_there_are_at_most_twelve(task: str, tmp_path: Path):
    write([with_cats(4)] * 14, tmp_path / "truth")
    write([with_cats(2)] * 14, tmp_path / "guess")
    assert len(shown(tmp_path, "truth", "guess", task)) == 12


# truth, prediction, a pixel (row, column), the mistake there
CASES: dict[str, tuple[Segmentation, Segmentation, tuple[int, int], str | None]] = {
    "found": (boxes(MEADOW, ONE_CAT), boxes(MEADOW, ONE_CAT), (15, 20), None),
    "missed": (boxes(ONE_CAT), boxes((CAT, 30, 50, 31, 51)), (15, 20), "missed"),
    # on another cat, most of which is found: a cat too many, not one in pieces
    "ghost": (boxes((DOG, 10, 10, 20, 40)), boxes((DOG, 10, 10, 20, 30), (CAT, 10, 30, 20, 40)), (15, 35), "ghost"),
    "wrong label": (boxes(ONE_CAT), boxes((DOG, *ONE_CAT[1:])), (15, 20), "wrong label"),
    "split": (boxes(ONE_CAT), boxes((CAT, 10, 10, 20, 20), (CAT, 10, 20, 20, 30)), (15, 12), "split"),
    "merged": (boxes((CAT, 10, 10, 20, 20), (CAT, 10, 20, 20, 30)), boxes(ONE_CAT), (15, 12), "merged"),
    # 200 px of truth, shifted by 4 px: 160 px in common, IoU 160 / 240 > 0.5, so that it is found
    "ragged edge": (boxes(MEADOW, ONE_CAT), boxes(MEADOW, (CAT, 10, 14, 20, 34)), (15, 11), "ragged edge"),
    "inside a ragged edge": (boxes(MEADOW, ONE_CAT), boxes(MEADOW, (CAT, 10, 14, 20, 34)), (15, 20), None),
    "lost to stuff": (boxes(MEADOW, ONE_CAT), boxes(MEADOW), (15, 20), "background-caused"),
    "invented from stuff": (boxes(MEADOW), boxes(MEADOW, ONE_CAT), (15, 20), "background-caused"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_has_its_colour_where_it_is(name: str):
    truth, prediction, pixel, kind = CASES[name]
    colors = mistakes_by_type(truth, prediction, void_counts=False)
    assert tuple(colors[pixel].tolist()) == (NOTHING if kind is None else ERROR_COLORS[kind])


def test_what_is_predicted_on_void_is_wrong_where_void_counts():
    """A cat on void: no mistake of the panoptic task, a ghost of the instance task."""
    truth, prediction = boxes(ONE_CAT), boxes(ONE_CAT, (CAT, 30, 40, 38, 50))
    for void_counts, color in ((False, NOTHING), (True, ERROR_COLORS["ghost"])):
        colors = mistakes_by_type(truth, prediction, void_counts=void_counts)
        assert tuple(colors[35, 45].tolist()) == color and tuple(colors[15, 20].tolist()) == NOTHING
    wide = boxes((CAT, 10, 10, 20, 34))
    assert tuple(mistakes_by_type(truth, wide, void_counts=True)[15, 32].tolist()) == ERROR_COLORS["ragged edge"]
    assert not mistakes_by_type(truth, wide, void_counts=False).any()


def test_a_detection_on_a_crowd_is_excused():
    crowd = boxes((CAT, 0, 0, 20, 60))
    truth = Segmentation(crowd.ids, (Segment(label=CAT, crowd=True),), PETS)
    on_it, beside_it = (CAT, 5, 5, 15, 15), (CAT, 25, 5, 35, 15)
    colors = mistakes_by_type(truth, boxes(on_it, beside_it), void_counts=True)
    assert not colors[:20].any() and tuple(colors[30, 10].tolist()) == ERROR_COLORS["ghost"]


def test_wrong_pixels_are_marked_and_named():
    """Of 2,400 px of grass 200 are cat: 8.3 %. Void of the truth is never wrong."""
    truth, prediction = boxes(MEADOW), boxes(MEADOW, ONE_CAT)
    wrong = wrong_pixels(truth, prediction)
    assert tuple(wrong[15, 20].tolist()) == WRONG and np.count_nonzero(wrong.any(axis=2)) == 200
    assert main_confusion(truth, prediction) == "grass taken for cat (8.3 %)"
    assert main_confusion(prediction, boxes(ONE_CAT)) == "grass taken for void (91.7 %)"
    assert (
        main_confusion(boxes(ONE_CAT), boxes(MEADOW, ONE_CAT)) == ""
        and not wrong_pixels(boxes(ONE_CAT), prediction).any()
    )


def test_the_picture_has_the_mistake_where_the_image_has_it(tmp_path: Path):
    """40 x 60 px are shown five times as large, on a grey photograph of 120; grey there is 120 / 2 + 100 = 160."""
    write([boxes(MEADOW, ONE_CAT)], tmp_path / "truth")
    write([boxes(MEADOW)], tmp_path / "guess")
    (picture,) = shown(tmp_path, "truth", "guess", "panoptic")
    assert picture.truth.shape == picture.prediction.shape == picture.mistakes.shape == (200, 300, 3)
    assert picture.has_photograph and picture.from_score is None
    tint = np.rint(0.25 * 160 + 0.75 * np.array(ERROR_COLORS["background-caused"]))
    assert picture.mistakes[75, 100].tolist() == tint.tolist()  # in the cat
    assert picture.mistakes[150, 250].tolist() == [160, 160, 160]  # in the grass
    assert picture.truth[52, 60].tolist() != picture.prediction[52, 60].tolist()
    assert picture.caption.endswith("points of PQ, mainly background-caused")


def detections(*found: tuple[float, int, int, int, int]) -> Instances:
    """Cats of a score in boxes."""
    masks = []
    for _, top, left, bottom, right in found:
        mask = np.zeros((40, 60), np.bool_)
        mask[top:bottom, left:right] = True
        masks.append(Rle.from_mask(mask))
    return Instances((40, 60), tuple(masks), tuple(Segment(label=CAT, score=box[0]) for box in found), PETS)


def test_detections_below_the_best_score_are_not_shown(tmp_path: Path):
    """Image 1: its cat is found at 0.9, and 20 ghosts at 0.1, which cost F1. Image 2: its cat is missed.

    From 0.9 on: F1 2 * 1 / (1 + 2); from 0.1 on: 2 * 1 / (21 + 2). So image 1 is perfect, and image 2 the worst.
    """
    ghosts = [(0.1, 30, k, 33, k + 2) for k in range(20, 60, 2)]
    write([boxes(ONE_CAT), boxes(ONE_CAT)], tmp_path / "truth", "coco-instances")
    write(
        [detections((0.9, *ONE_CAT[1:]), *ghosts), detections((0.1, 30, 30, 35, 35))],
        tmp_path / "guess",
        "coco-instances",
    )
    pictures = shown(tmp_path, "truth", "guess", "instance")
    assert [(p.image.id, p.caption, p.from_score) for p in pictures] == [(2, "1 missed, 0 wrong detections", 0.9)]
    assert (pictures[0].prediction == 120).all()  # the only detection is not sure enough: the photograph alone


def test_a_detection_where_nobody_labelled_is_marked(tmp_path: Path):
    """The cat is found, and one more is at (30..38, 40..50): shown five times as large."""
    write([boxes(ONE_CAT)], tmp_path / "truth", "coco-instances")
    found = detections((0.9, *ONE_CAT[1:]), (0.95, 30, 40, 38, 50))
    write([found], tmp_path / "guess", "coco-instances")
    (picture,) = shown(tmp_path, "truth", "guess", "instance")
    ghost = np.rint(0.25 * 160 + 0.75 * np.array(ERROR_COLORS["ghost"]))
    assert picture.mistakes[170, 225].tolist() == ghost.tolist() and picture.mistakes[75, 100].tolist() == [160] * 3


def test_stuff_is_nothing_to_the_instance_task(tmp_path: Path):
    """Grass is wrong everywhere, the cat is missed: only the cat is drawn and marked."""
    write([boxes(MEADOW, ONE_CAT)], tmp_path / "truth")
    write([boxes((GRASS, 0, 0, 5, 5))], tmp_path / "guess")
    (picture,) = shown(tmp_path, "truth", "guess", "instance")
    assert (picture.prediction == 120).all() and (picture.truth[150:] == 120).all()
    assert (picture.mistakes[150:] == 160).all() and picture.mistakes[75, 100].tolist() != [160] * 3


def test_a_photograph_that_is_gone_is_grey_and_said(tmp_path: Path):
    write([boxes(MEADOW, ONE_CAT)], tmp_path / "truth", photographs=False)
    write([boxes(MEADOW)], tmp_path / "guess", photographs=False)
    (picture,) = shown(tmp_path, "truth", "guess", "semantic")
    assert not picture.has_photograph and picture.mistakes[150, 250].tolist() == [207, 207, 207]  # 214 / 2 + 100


def test_an_image_that_is_gone_since_it_was_counted_is_left_out(tmp_path: Path):
    write([boxes(MEADOW, ONE_CAT), boxes(MEADOW, ONE_CAT)], tmp_path / "truth")
    write([boxes(MEADOW), boxes(MEADOW)], tmp_path / "guess")
    sides = [Side(data=open_dataset(tmp_path / name), path=tmp_path / name) for name in ("truth", "guess")]
    pair = paired(*sides)
    pieces = [piece for piece in counted(pair, count_segments, workers=1) if isinstance(piece, Piece)]
    counts = counts_of(pieces, pair.label_map, task="panoptic", truth="a", prediction="b", skipped=())
    (tmp_path / "guess" / "panoptic" / "image_0.png").unlink()
    with pytest.raises(SegweaveError):
        pair.samples(0)
    assert [p.image.id for p in worst_pictures(pair, counts, Question(task="panoptic"))] == [2]
