"""Synthetic panoptic truth and predictions (`panoptic_scenes.py`) as COCO panoptic files: JSON and PNG.

    python benchmarks/make_panoptic.py OUT                        500 images of 640 x 480, COCO's 133 categories
    python benchmarks/make_panoptic.py OUT --preset cityscapes    20 images of 2048 x 1024, 19 categories
    python benchmarks/make_panoptic.py OUT -n 50 --seed 3 --instances

Writes OUT/truth.json, OUT/truth/*.png, OUT/prediction.json and OUT/prediction/*.png; with --instances (which needs
pycocotools) truth_instances.json and prediction_instances.json too, for mask AP. Image i depends on (seed, i) only.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from panoptic_scenes import Entries, Map, Recipe, make_pair
from PIL import Image

_COCO_THINGS = tuple(i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83))
_COCO_STUFF = (
    *(92, 93, 95, 100, 107, 109, 112, 118, 119, 122, 125, 128, 130, 133, 138, 141, 144, 145, 147, 148, 149, 151, 154),
    *(155, 156, 159, 161, 166, 168, 171, 175, 176, 177, 178, 180, 181),
    *range(184, 201),
)
_CITYSCAPES_THINGS = (24, 25, 26, 27, 28, 31, 32, 33)
_CITYSCAPES_STUFF = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23)
PRESETS = {
    "coco": Recipe(500, 480, 640, _COCO_THINGS, _COCO_STUFF, segments=12.0, shift=4.0),
    "cityscapes": Recipe(20, 1024, 2048, _CITYSCAPES_THINGS, _CITYSCAPES_STUFF, segments=30.0, shift=6.0),
}


def instances_of(ids: Map, listed: Entries, things: tuple[int, ...], image: int) -> Entries:
    """The things among the segments as COCO annotations, without ids and scores."""
    from pycocotools import mask

    found: Entries = []
    for entry in listed:
        if entry["category_id"] in things:
            rle = mask.encode(np.asfortranarray(ids == entry["id"]).view(np.uint8))
            rle["counts"] = rle["counts"].decode()
            kept = {key: entry[key] for key in ("category_id", "bbox", "area", "iscrowd")}
            found.append({"image_id": image, "segmentation": rle} | kept)
    return found


def write(folder: Path, recipe: Recipe, *, seed: int = 0, instances: bool = False) -> None:
    """Make a data set in a folder."""
    images: Entries = []
    listed: tuple[Entries, Entries] = [], []
    things: tuple[Entries, Entries] = [], []
    for name in ("truth", "prediction"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i in range(recipe.images):
        truth, truth_segments, predicted, segments = make_pair(seed, i, recipe)
        png = f"{i + 1:012d}.png"
        images.append({"id": i + 1, "file_name": f"{i + 1:012d}.jpg", "width": recipe.width, "height": recipe.height})
        for k, (ids, entries) in enumerate(((truth, truth_segments), (predicted, segments))):
            rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16 & 255], axis=-1).astype(np.uint8)
            Image.fromarray(rgb).save(folder / ("truth", "prediction")[k] / png)
            listed[k].append({"image_id": i + 1, "file_name": png, "segments_info": entries})
            if instances:
                things[k].extend(instances_of(ids, entries, recipe.things, i + 1))
    kinds = [(c, "thing") for c in recipe.things] + [(c, "stuff") for c in recipe.stuff]
    categories = [{"id": c, "name": f"{kind}{c}", "isthing": int(kind == "thing")} for c, kind in kinds]
    whole = {"images": images, "annotations": listed[0], "categories": categories}
    (folder / "truth.json").write_text(json.dumps(whole))
    (folder / "prediction.json").write_text(json.dumps({"annotations": listed[1]}))
    if instances:
        write_instances(folder, things, whole, seed)


def write_instances(folder: Path, things: tuple[Entries, Entries], whole: dict[str, Entries], seed: int) -> None:
    """The things alone: COCO instances, and COCO results with scores."""
    scores: dict[int, np.random.Generator] = {}
    for number, thing in enumerate(things[0], start=1):
        thing["id"] = number
    for thing in things[1]:
        image = thing["image_id"]
        rng = scores.setdefault(image, np.random.default_rng([seed, image - 1, 1]))
        thing["score"] = round(float(rng.beta(4, 2)), 4)
        del thing["area"], thing["iscrowd"]
    categories = [category for category in whole["categories"] if category["isthing"]]
    truth = {"info": {}, "images": whole["images"], "annotations": things[0], "categories": categories}
    (folder / "truth_instances.json").write_text(json.dumps(truth))
    (folder / "prediction_instances.json").write_text(json.dumps(things[1]))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Synthetic panoptic truth and predictions as COCO panoptic files.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="coco")
    parser.add_argument("-n", "--images", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--instances", action="store_true")
    asked = parser.parse_args()
    changes = {name: getattr(asked, name) for name in ("images", "width", "height") if getattr(asked, name)}
    recipe = replace(PRESETS[asked.preset], **changes)
    write(asked.out, recipe, seed=asked.seed, instances=asked.instances)
    print(f"{recipe.images} images of {recipe.width} x {recipe.height} in {asked.out}")


if __name__ == "__main__":
    main()
