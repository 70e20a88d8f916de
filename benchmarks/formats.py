"""Reading a data set of each format against Pillow decoding the same images: photographs, and PNGs of the format.

Usage: python benchmarks/formats.py [DATA SET]      without one, street scenes are made
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from timing import race, show

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from scenes import street_scene
from segweave.formats import FORMATS, Dataset, Sample, open_dataset, save_dataset
from segweave.segmentation import semantic_to_panoptic

IMAGES, SIZE = 24, (480, 640)


def made(folder: Path) -> list[Sample]:
    """Synthetic streets with their photographs as JPEG."""
    samples = []
    for k in range(IMAGES):
        photo, seg = street_scene(np.random.default_rng(k), SIZE)
        path = folder / f"street_{k}.jpg"
        Image.fromarray(photo).save(path, quality=92)
        truth = semantic_to_panoptic(seg)
        samples.append(Sample(image_path=path, size=SIZE, truth=truth, image_id=k + 1, image_name=path.name))
    return samples


def decode_all(files: list[Path]) -> None:
    """Every image to pixels, by Pillow."""
    for file in files:
        with Image.open(file) as image:
            image.load()


def read_all(data: Dataset) -> None:
    """Every sample of a data set."""
    for _ in data:
        pass


def main() -> None:
    """One table a format."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        samples = open_dataset(sys.argv[1]) if len(sys.argv) > 1 else made(folder)
        for row in FORMATS:
            target = folder / row.name
            save_dataset(samples, target, row.name)
            data = open_dataset(target, row.name)
            photographs = [path for sample in data if (path := sample.image_path) is not None]
            others = [path for path in target.rglob("*.png") if path not in set(photographs)]
            runs = {"Pillow: photographs": lambda files=photographs: decode_all(files)}
            if others:
                runs["Pillow: photographs and PNGs"] = lambda files=photographs + others: decode_all(files)
            runs |= {
                "segweave: open": lambda path=target, name=row.name: open_dataset(path, name),
                "segweave: read": lambda data=data: read_all(data),
            }
            show(f"{row.name}, {len(data)} images", race(runs, rounds=3), against="Pillow: photographs")


if __name__ == "__main__":
    main()
