"""What `evaluation.py` compares with: the published rules of PQ as people write them in Python, and other libraries."""

import contextlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Map = NDArray[Any]
Entries = list[dict[str, Any]]
OFFSET = 256**3


@dataclass(frozen=True, slots=True)
class Pair:
    """One image of COCO panoptic files: (H, W) uint32 ids, and `segments_info`, of truth and prediction."""

    truth: Map
    truth_segments: Entries
    prediction: Map
    segments: Entries


def pairs_of(folder: Path) -> Iterator[Pair]:
    """Read the files as a script would: Pillow, ids in 32 bit."""
    sides = [json.loads((folder / f"{name}.json").read_text())["annotations"] for name in ("truth", "prediction")]
    predictions = {annotation["image_id"]: annotation for annotation in sides[1]}
    for truth in sides[0]:
        prediction = predictions[truth["image_id"]]
        maps = []
        for name, annotation in (("truth", truth), ("prediction", prediction)):
            rgb = np.array(Image.open(folder / name / annotation["file_name"]), dtype=np.uint32)
            maps.append(rgb[:, :, 0] + 256 * rgb[:, :, 1] + 256 * 256 * rgb[:, :, 2])
        yield Pair(maps[0], truth["segments_info"], maps[1], prediction["segments_info"])


def pq_in_python(pairs: Iterable[Pair], *, check: bool) -> float:
    """PQ by Kirillov et al. 2019, "Panoptic Segmentation", §4, and COCO's rules for crowds: sort, then loop.

    check: sort the prediction's ids too, to see that it lists what it draws.
    """
    counts: dict[int, list[float]] = {}
    for pair in pairs:
        if check:
            drawn = set(np.unique(pair.prediction, return_counts=True)[0].tolist()) - {0}
            assert drawn == {segment["id"] for segment in pair.segments}
        count_image(pair, counts)
    found = [iou / (tp + fp / 2 + fn / 2) for iou, tp, fp, fn in counts.values() if tp + fp + fn]
    return sum(found) / len(found)


def count_image(pair: Pair, counts: dict[int, list[float]]) -> None:
    """Add an image's sum of IoU, matches, inventions and misses of each category."""
    joint = pair.truth.astype(np.uint64) * OFFSET + pair.prediction.astype(np.uint64)
    keys, pixels = np.unique(joint, return_counts=True)
    shared = {divmod(key, OFFSET): n for key, n in zip(keys.tolist(), pixels.tolist(), strict=True)}
    area: dict[int, int] = {}
    for (_, p), n in shared.items():
        area[p] = area.get(p, 0) + n
    truth = {segment["id"]: segment for segment in pair.truth_segments}
    prediction = {segment["id"]: segment for segment in pair.segments}
    found: set[int] = set()
    used: set[int] = set()
    for (t, p), n in shared.items():
        if t not in truth or p not in prediction or truth[t]["iscrowd"]:
            continue
        category = truth[t]["category_id"]
        iou = n / (area[p] + truth[t]["area"] - n - shared.get((0, p), 0))
        if category == prediction[p]["category_id"] and iou > 0.5:
            row = counts.setdefault(category, [0.0, 0, 0, 0])
            row[0] += iou
            row[1] += 1
            found.add(t)
            used.add(p)
    crowds = {segment["category_id"]: t for t, segment in truth.items() if segment["iscrowd"]}
    for t, segment in truth.items():
        if t not in found and not segment["iscrowd"]:
            counts.setdefault(segment["category_id"], [0.0, 0, 0, 0])[3] += 1
    for p, segment in prediction.items():
        category = segment["category_id"]
        excused = shared.get((0, p), 0) + shared.get((crowds.get(category, -1), p), 0)
        if p not in used and excused / area[p] <= 0.5:
            counts.setdefault(category, [0.0, 0, 0, 0])[2] += 1


def pq_of_hotcoco(folder: Path) -> float:
    """hotcoco's panoptic evaluation of the files."""
    from hotcoco import panoptic

    ran = panoptic.PanopticEval(folder / "truth.json", folder / "prediction.json")
    ran.evaluate()
    return float(ran.results()["All"]["pq"])


def confusion_by_bincount(truth: Map, prediction: Map, n: int) -> Map:
    """What most scripts do: mask void away, one joint index, one bincount."""
    known = truth < n
    joint = n * truth[known].astype(np.int64) + prediction[known]
    return np.bincount(joint, minlength=n * n).reshape(n, n)


def ap_of(library: str, folder: Path) -> list[float]:
    """The twelve numbers of mask AP: the files read, matched and accumulated by pycocotools or by hotcoco."""
    if library == "pycocotools":
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    else:
        from hotcoco import COCO, COCOeval
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(folder / "truth_instances.json"))
        ran = COCOeval(truth, truth.loadRes(str(folder / "prediction_instances.json")), "segm")
        ran.evaluate()
        ran.accumulate()
        ran.summarize()
    return [float(value) for value in ran.stats]


def has_torchmetrics() -> bool:
    """Is it there? It needs torch, which `[dev]` does not bring."""
    return find_spec("torch") is not None and find_spec("torchmetrics") is not None


def torchmetrics_maps(pairs: list[Pair]) -> Any:
    """(n, 2, H, W, 2) of (category, id): what torchmetrics wants; void has category 0."""
    import torch

    maps = []
    for pair in pairs:
        for ids, listed in ((pair.truth, pair.truth_segments), (pair.prediction, pair.segments)):
            known = np.array([0, *(segment["id"] for segment in listed)])
            order = np.argsort(known)
            categories = np.array([0, *(segment["category_id"] for segment in listed)])
            category = categories[order][np.searchsorted(known[order], ids)]
            maps.append(np.stack([category, ids.astype(np.int64)], axis=-1))
    height, width = pairs[0].truth.shape
    return torch.from_numpy(np.stack(maps).reshape(len(pairs), 2, height, width, 2))


def pq_of_torchmetrics(maps: Any, things: Iterable[int], stuff: Iterable[int]) -> float:
    """Its PanopticQuality, which knows no crowds."""
    import torch
    from torchmetrics.detection import PanopticQuality

    torch.set_num_threads(1)
    metric = PanopticQuality(things=set(things), stuffs=set(stuff), allow_unknown_preds_category=True)
    for truth, prediction in maps:
        metric.update(prediction[None], truth[None])
    return float(metric.compute())
