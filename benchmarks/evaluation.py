"""Evaluation side by side with its peers on synthetic scenes, one thread, one run: PQ, confusion, mask AP, memory.

Usage: python benchmarks/evaluation.py [--quick]

Times are processor time: each contender has one thread, and what others run on the machine is not counted.

Contenders must give equal numbers, or the script ends with an error. Peers: hotcoco, pycocotools, the published rules
of PQ in Python, and torchmetrics where it is installed: it needs torch, which `[dev]` does not bring.
"""

import os

os.environ["NUMBA_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import evaluation_peers as peers
import numpy as np
from make_panoptic import PRESETS
from panoptic_scenes import Recipe
from timing import race, show

from segweave import label_set
from segweave.evaluation import count_panoptic, score_panoptic
from segweave.evaluation.confusion import confusion_of_maps
from segweave.formats import open_dataset
from segweave.formats.prediction import open_prediction
from segweave.report.count import Piece, count_instances, count_segments, counted
from segweave.report.counts import counts_of
from segweave.report.evaluation import Score, Task
from segweave.report.opening import paired, with_stated_areas
from segweave.report.paired import Side
from segweave.report.score import Question, score_of
from segweave.segmentation import ImageKey, Segmentation, joined, overlap_table

QUICK = "--quick" in sys.argv[1:]
ROUNDS = 3 if QUICK else 7
MANY = 200 if QUICK else 5000
RECIPES = (
    replace(PRESETS["coco"], images=20 if QUICK else 500),
    replace(PRESETS["cityscapes"], images=2 if QUICK else 20),
)
Triple = tuple[Segmentation, Segmentation, ImageKey]


def pq_in_memory(images: list[Triple]) -> float | None:
    """Count the pixels that segments share, join the tables of all images, match, score."""
    return score_panoptic(count_panoptic(joined(overlap_table(*image) for image in images))).all.pq


def score_of_files(truth_file: Path, prediction_file: Path, task: Task) -> Score:
    """What `segweave evaluate` does between its options and its output, with one worker."""
    truth = Side(data=open_dataset(truth_file), path=truth_file)
    prediction = Side(data=open_prediction(prediction_file, truth=truth.data), path=prediction_file)
    pair = paired(with_stated_areas(truth) if task == "instance" else truth, prediction)
    count = count_instances if task == "instance" else count_segments
    pieces = [piece for piece in counted(pair, count, workers=1) if isinstance(piece, Piece)]
    assert len(pieces) == len(pair)
    counts = counts_of(pieces, pair.label_map, task=task, truth="truth", prediction="prediction", skipped=())
    return score_of(counts, Question(task=task))


def agree(numbers: dict[str, float | None], *, within: float = 1e-12) -> None:
    """End with an error where contenders give different numbers."""
    found = list(numbers.values())
    if any(value is None or found[0] is None or abs(value - found[0]) > within for value in found):
        sys.exit(f"contenders disagree: {numbers}")


def race_per_image(title: str, contenders: dict[str, Callable[[], object]], images: int, *, rounds: int) -> None:
    """Print the milliseconds that each takes for one image."""
    medians = race(contenders, rounds=rounds, clock=time.process_time)
    show(title, {name: median / images for name, median in medians.items()}, against="segweave")


def measure_pq(folder: Path, recipe: Recipe) -> None:
    """Panoptic quality from files and from arrays."""
    title = f"PQ, {recipe.images} images of {recipe.width} x {recipe.height}"
    files = (folder / "truth.json", folder / "prediction.json")
    from_files: dict[str, Callable[[], float | None]] = {
        "segweave": lambda: score_of_files(*files, "panoptic").all.pq,
        "hotcoco": lambda: peers.pq_of_hotcoco(folder),
        "Pillow, numpy.unique, Python": lambda: peers.pq_in_python(peers.pairs_of(folder), check=True),
    }
    pairs = list(peers.pairs_of(folder))
    data = open_dataset(files[0])
    both = zip(data, open_prediction(files[1], truth=data), strict=True)
    images = [(a.truth, b.truth, ImageKey(id=a.image_id, size=a.size)) for a, b in both]
    in_memory: dict[str, Callable[[], float | None]] = {
        "segweave": lambda: pq_in_memory(images),
        "numpy.unique, Python": lambda: peers.pq_in_python(pairs, check=False),
    }
    agree({name: run() for name, run in (*from_files.items(), *in_memory.items())})
    race_per_image(f"{title}, from files", dict(from_files), recipe.images, rounds=ROUNDS)
    race_per_image(f"{title}, in memory", dict(in_memory), recipe.images, rounds=ROUNDS)
    plain = [(image, pair) for image, pair in zip(images, pairs, strict=True) if is_plain(pair)]
    measure_torchmetrics(title, recipe, plain[:2])


def is_plain(pair: peers.Pair) -> bool:
    """Has it no crowd, which torchmetrics does not know, and no void in the prediction, which it counts otherwise?"""
    return not any(segment["iscrowd"] for segment in pair.truth_segments) and bool(pair.prediction.all())


def measure_torchmetrics(title: str, recipe: Recipe, chosen: list[tuple[Triple, peers.Pair]]) -> None:
    """The same on two images: it takes long."""
    if not peers.has_torchmetrics() or not chosen:
        print(f"{'torchmetrics':34}{'not installed' if chosen else 'no image for it':>34}")
        return
    maps = peers.torchmetrics_maps([pair for _, pair in chosen])
    runs: dict[str, Callable[[], float | None]] = {
        "segweave": lambda: pq_in_memory([image for image, _ in chosen]),
        "torchmetrics": lambda: peers.pq_of_torchmetrics(maps, recipe.things, recipe.stuff),
    }
    agree({name: run() for name, run in runs.items()}, within=1e-6)  # it computes IoU in 32 bit
    race_per_image(f"{title}: {len(chosen)} of them, in memory", dict(runs), len(chosen), rounds=3)


def measure_confusion(folder: Path) -> None:
    """Confusion of 150 labels: each segment gets one by chance; then with every tenth predicted pixel changed."""
    from hotcoco.metrics import pixel_confusion

    rng = np.random.default_rng(0)
    labels = label_set("ade20k")
    n, pair = len(labels), next(peers.pairs_of(folder))
    truth, prediction = (
        np.append(255, rng.permutation(n))[np.unique(ids, return_inverse=True)[1]].astype(np.uint8)
        for ids in (pair.truth, pair.prediction)
    )
    prediction[prediction == 255] = 0
    speckled = np.where(rng.random(prediction.shape) < 0.1, rng.integers(0, n, prediction.shape), prediction)
    for what, guess in (("flat areas", prediction), ("every tenth pixel changed", speckled.astype(np.uint8))):
        signed = np.where(truth == 255, -1, truth.astype(np.int32)), guess.astype(np.int32)
        found = confusion_of_maps(*signed, labels).pixels[:n, :n]
        for other in (pixel_confusion(truth, guess, n, ignore_index=255), peers.confusion_by_bincount(truth, guess, n)):
            assert np.array_equal(found, other)
        wide = truth.astype(np.int32), signed[1]
        contenders: dict[str, Callable[[], object]] = {
            "segweave": lambda signed=signed: confusion_of_maps(*signed, labels),
            "hotcoco, int32 too": lambda wide=wide: pixel_confusion(*wide, n, ignore_index=255),
            "hotcoco, uint8": lambda guess=guess: pixel_confusion(truth, guess, n, ignore_index=255),
            "numpy.bincount, uint8": lambda guess=guess: peers.confusion_by_bincount(truth, guess, n),
        }
        height, width = truth.shape
        race_per_image(f"confusion of {n} labels, {width} x {height}, {what}", contenders, 1, rounds=2 * ROUNDS)


def measure_ap(folder: Path, recipe: Recipe) -> None:
    """Mask AP, the files read too."""
    names = ("ap", "ap50", "ap75", "aps", "apm", "apl", "ar1", "ar10", "ar100", "ars", "arm", "arl")
    files = (folder / "truth_instances.json", folder / "prediction_instances.json")
    score = score_of_files(*files, "instance")
    wanted = peers.ap_of("pycocotools", folder)
    for name, value in zip(names, wanted, strict=True):
        agree({f"segweave {name}": getattr(score, name), f"pycocotools {name}": None if value == -1 else value})
    contenders: dict[str, Callable[[], object]] = {
        "segweave": lambda: score_of_files(*files, "instance"),
        "hotcoco": lambda: peers.ap_of("hotcoco", folder),
        "pycocotools": lambda: peers.ap_of("pycocotools", folder),
    }
    race_per_image(f"mask AP of {recipe.images} images, from files", contenders, 1, rounds=3 if QUICK else 7)


def make_many(few: Path, folder: Path) -> None:
    """A data set of `MANY` images that are links to a few."""
    for name in ("truth", "prediction"):
        (folder / name).mkdir(parents=True)
        data = json.loads((few / f"{name}.json").read_text())
        listed, annotations = data["annotations"], []
        for i in range(MANY):
            png = f"{i + 1:012d}.png"
            annotation = listed[i % len(listed)]
            os.link(few / name / annotation["file_name"], folder / name / png)
            annotations.append(annotation | {"image_id": i + 1, "file_name": png})
        data["annotations"] = annotations
        if "images" in data:
            data["images"] = [data["images"][0] | {"id": i + 1, "file_name": f"{i + 1:012d}.jpg"} for i in range(MANY)]
        (folder / f"{name}.json").write_text(json.dumps(data))


def measure_memory(folder: Path) -> None:
    """The command line in a process of its own: peak memory and time."""
    files = [str(folder / "truth.json"), str(folder / "prediction.json")]
    code = f"from hotcoco import panoptic; panoptic.PanopticEval(*{files!r}).evaluate()"
    commands = {
        "segweave evaluate --workers 1": ["-m", "segweave", "evaluate", *files, "--workers", "1", "--json"],
        "segweave evaluate --workers 2": ["-m", "segweave", "evaluate", *files, "--workers", "2", "--json"],
        "hotcoco": ["-c", code],
    }
    print(f"\nPQ of {MANY:,} images, a process each\n{'':34}{'seconds':>10}{'peak MB':>10}")
    for name, command in commands.items():
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{name} failed")
        megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
        print(f"{name:34}{time.perf_counter() - start:10.1f}{megabytes:10.0f}")


def make(folders: list[Path]) -> None:
    """The data sets, made in processes of their own, so that this one stays small."""
    script = str(Path(__file__).with_name("make_panoptic.py"))
    for folder, preset, recipe in zip(folders, ("coco", "cityscapes"), RECIPES, strict=True):
        options = ["--preset", preset, "-n", str(recipe.images), *["--instances"] * (preset == "coco")]
        subprocess.run([sys.executable, script, str(folder), *options], check=True)


def main() -> None:
    """All tables; memory first: the peak of a process is at least that of the one that started it."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / str(recipe.width) for recipe in RECIPES]
        make(folders)
        make_many(folders[0], Path(scratch) / "many")
        measure_memory(Path(scratch) / "many")
        for folder, recipe in zip(folders, RECIPES, strict=True):
            measure_pq(folder, recipe)
        measure_confusion(folders[1])
        measure_ap(folders[0], RECIPES[0])


if __name__ == "__main__":
    main()
