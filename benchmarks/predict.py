"""Where the time of `segweave predict` goes, image by image: `python benchmarks/predict.py [PHOTO]`, one thread."""

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from photo import photo_path
from PIL import Image

from segweave import load_model, read_image
from segweave.draw import figure
from segweave.formats import write_id_png, write_png
from segweave.models.preprocess import resized

STAGES = ("read file", "to network input", "network", "decode result", "draw", "write")


def stages(network, path: Path, out: Path) -> list[float]:
    """Milliseconds of each stage for one image, panoptic."""
    marks = [time.perf_counter()]
    photo = read_image(path)
    marks.append(time.perf_counter())
    seen = network.to_input(photo)
    marks.append(time.perf_counter())
    outputs = network.run(seen, "panoptic")
    marks.append(time.perf_counter())
    seg = network.decode(outputs, seen, size=photo.shape[:2], task="panoptic")
    marks.append(time.perf_counter())
    picture = figure(photo, seg)
    marks.append(time.perf_counter())
    write_png(out / "photo.overlay.png", picture)
    write_id_png(out / "photo.png", seg.ids)
    marks.append(time.perf_counter())
    return (np.diff(marks) * 1e3).tolist()


with tempfile.TemporaryDirectory() as folder:
    out = Path(folder)
    original = read_image(photo_path())
    for size in ((360, 480), (720, 1280)):
        path = out / f"{size[1]}.jpg"
        Image.fromarray(resized(original, size)).save(path, quality=92)
        for name in ("street", "street-int8"):
            network = load_model(name, threads=1).network
            stages(network, path, out)
            rounds = [stages(network, path, out) for _ in range(15)]
            medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
            total = sum(medians)
            print(f"\n{name}, {size[1]} x {size[0]}: {total:.1f} ms an image")
            for stage, median in zip(STAGES, medians, strict=True):
                print(f"  {stage:18}{median:8.1f} ms {median / total:7.0%}")
            print(f"  draw + write = {(medians[4] + medians[5]) / medians[2]:.2f} x network")
