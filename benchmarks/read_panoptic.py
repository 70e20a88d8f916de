"""Reading COCO files against Pillow decoding the same pictures: `python benchmarks/read_panoptic.py [SET...]`.

SET: a COCO panoptic JSON or a COCO instances JSON with its files; without one a set of 40 scenes of 640 x 480 is made.
Panoptic images (with the PNGs of other tools) are to be read at least as fast as Pillow decodes their PNGs twice; our
own PNGs are unfiltered, which Pillow decodes twice as fast. Instances are to be read in at most three times
what it takes to decode their photographs.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from timing import race, show

from segweave import Segment, Segmentation, label_set
from segweave.formats import Dataset, Sample, open_dataset, save_dataset
from segweave.segmentation import Instances, assemble


def scene(seed: int, height: int = 480, width: int = 640, n: int = 14) -> Segmentation:
    """Every pixel belongs to the nearest of n points, with edges as ragged as drawn ones."""
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2)) * (height, width)
    rows, columns = np.mgrid[:height, :width] + rng.normal(0, 0.7, (2, height, width))
    nearest = ((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2).argmin(axis=-1)
    return assemble(nearest, [Segment(label=k) for k in range(n)], label_set("coco_panoptic"))


def made(folder: Path, format: str) -> Dataset:
    """A data set of scenes with photographs of noise in `folder`."""
    samples = []
    for k in range(40):
        seg = scene(k)
        path = folder / f"{k}.jpg"
        colors = np.random.default_rng(k).integers(0, 256, (len(seg) + 1, 3))
        Image.fromarray(colors[seg.ids].astype(np.uint8)).save(path)
        samples.append(Sample(image_path=path, size=seg.size, truth=seg, image_id=k, image_name=path.name))
    save_dataset(samples, folder / format, format)
    return open_dataset(folder / format)


def decode(paths: list[Path]) -> None:
    """All files by Pillow."""
    for path in paths:
        with Image.open(path) as image:
            np.asarray(image)


def measure(title: str, data: Dataset, pictures: list[Path]) -> None:
    """Print what reading the data set takes, and decoding its pictures once."""
    medians = race({"Pillow decodes": lambda: decode(pictures), "segweave reads": lambda: list(data)}, rounds=7)
    show(f"{title}: {len(data)} images, one thread", medians, against="Pillow decodes")


def pictures_of(data: Dataset, index: Path) -> list[Path]:
    """The PNGs of panoptic samples, the photographs of others."""
    samples = list(data)
    if samples and isinstance(samples[0].truth, Instances):
        return [sample.image_path for sample in samples if sample.image_path is not None]
    return sorted(index.with_suffix("").glob("**/*.png"))


if sys.argv[1:]:
    for name in sys.argv[1:]:
        opened = open_dataset(name)
        measure(name, opened, pictures_of(opened, Path(name)))
else:
    with tempfile.TemporaryDirectory() as folder:
        for format in ("coco-panoptic", "coco-instances"):
            opened = made(Path(folder), format)
            measure(format, opened, pictures_of(opened, Path(folder) / format / "panoptic.json"))
