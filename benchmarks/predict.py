"""Where the time of `segweave predict` goes, image by image and in tiles: `python benchmarks/predict.py [PHOTO]`.

One thread. `python benchmarks/predict.py [PHOTO] --large` instead: time and peak memory of the whole command on an
image of 10,000 x 10,000 px, which takes some minutes and 400 MB of disk.
"""

import os
import sys

os.environ["NUMBA_NUM_THREADS"] = "1"

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from photo import photo_path
from PIL import Image

from segweave import load_model, read_image
from segweave.combine import stitch, tile_grid
from segweave.draw import figure
from segweave.formats import write_id_png, write_png
from segweave.models.preprocess import resized
from segweave.models.tiles import shown, tiled

STAGES = ("read file", "to network input", "network", "decode result", "draw", "write")
LARGE_RUNS = (
    ("--task", "semantic"),
    ("--task", "instance"),
    ("--task", "panoptic"),
    ("--task", "panoptic", "--confidence"),
    ("--task", "semantic", "--flip"),
)
MOSAIC = """
import sys
import numpy as np
from PIL import Image
from segweave.formats.images import read_image
part = np.asarray(Image.fromarray(read_image(sys.argv[1])).resize((2500, 2500)))
Image.fromarray(np.tile(part, (4, 4, 1))).save(sys.argv[2])
"""


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


def photographs() -> None:
    """Photographs of two sizes, stage by stage."""
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


def tiles() -> None:
    """A mosaic of 4096 x 4096 px in tiles of 1024 px: how much of the time is stitching."""
    image = np.tile(resized(read_image(photo_path()), (1024, 1024)), (4, 4, 1))
    network = load_model("street", threads=1).network
    for task in ("semantic", "panoptic"):
        rounds = [tile_stages(network, image, task) for _ in range(4)][1:]  # the first one compiles
        alone, joined, both = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"\n4096 x 4096 in tiles of 1024, {task}: {both:.2f} s, {image.size / 3e6 / both:.1f} megapixels/s")
        print(f"  the tiles alone {alone:.2f} s, stitching {joined:.2f} s, {joined / alone:.0%} of that")


def tile_stages(network, image: np.ndarray, task: str) -> list[float]:
    """Seconds for the tiles of an image, for putting them together, and for both as a tiled model does it."""
    grid = tile_grid(image.shape[:2], tile=1024, overlap=128)
    marks = [time.perf_counter()]
    results = [network.predict([shown(image, tile)], task)[0] for tile in grid]
    marks.append(time.perf_counter())
    stitched = stitch(grid, results, semantic=task == "semantic")
    marks.append(time.perf_counter())
    assert tiled(network, tile=1024, overlap=128).predict([image], task)[0] == stitched
    marks.append(time.perf_counter())
    return np.diff(marks).tolist()


def large() -> None:
    """The whole command on an image of 100 megapixels, each run a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.tif"
        subprocess.run([sys.executable, "-c", MOSAIC, str(photo_path()), str(path)], check=True)
        for options in LARGE_RUNS:
            command = ["-m", "segweave", "predict", str(path), "--tile", "1024", "--overlap", "128", *options]
            command += ["--threads", "1", "--out", str(Path(folder) / "out")]
            start = time.perf_counter()
            run = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(run.pid, 0)
            seconds = time.perf_counter() - start
            assert os.waitstatus_to_exitcode(status) == 0
            told = f"{seconds:7.1f} s {100 / seconds:6.2f} megapixels/s {usage.ru_maxrss * 1024 / 1e9:6.2f} GB"
            print(f"10,000 x 10,000 {' '.join(options):36}{told}", flush=True)


if "--large" in sys.argv:
    sys.argv.remove("--large")  # what stays may be a photograph (photo.py)
    large()
else:
    photographs()
    tiles()
