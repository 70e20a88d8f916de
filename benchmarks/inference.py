"""The same network through torch, ONNX Runtime and OpenVINO, image file -> result: on one thread and on all cores.

    python benchmarks/inference.py [PHOTO] [--clock process]

Weights are random: they change no time. What is not installed is named and left out.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from photo import photo_path
from timing import race, show

from segweave import load_model, read_image
from segweave.formats import write_png
from segweave.labels import label_set
from segweave.models.preprocess import Frame

CLOCK = time.process_time if "process" in sys.argv else time.perf_counter
ROUNDS = 7
SQUARE = Frame(exact=(512, 512))


def segformer(threads: int):
    """SegFormer-B0 (Xie et al. 2021) for the 150 labels of ADE20K, 512 x 512 px."""
    from transformers import SegformerConfig

    from segweave.models.adapters.transformers import open_transformers

    return open_transformers(SegformerConfig(num_labels=150), labels=label_set("ade20k"), threads=threads)


def unet(threads: int):
    """U-Net with ResNet-18 for the 11 labels of CamVid, 512 x 512 px."""
    from segweave.models.adapters.smp import SmpNetwork, smp_labels, smp_model

    known, count = smp_labels(label_set("camvid11"))
    how = SmpNetwork(arch="unet", encoder="resnet18")
    model = smp_model(how.build(count), how, known, columns=count, threads=threads)
    return replace(model, preprocess=replace(model.preprocess, frame=SQUARE))


def contenders(model, files: dict[str, Path], threads: int) -> dict[str, Callable[[], object]]:
    """What is raced: from the photograph's file to a semantic result."""
    path = photo_path()
    opened = {name: load_model(file, threads=threads).network for name, file in files.items()}
    return {
        name: lambda network=network: network.predict([read_image(path)], "semantic")
        for name, network in {"torch, eager": model, **opened}.items()
    }


def exported(model, folder: Path, name: str) -> dict[str, Path]:
    """The network as files, and what the exporter says of each."""
    from segweave.models.export import export_model

    photo, files = read_image(photo_path()), {}
    kinds = {"ONNX Runtime": ("onnx", ".onnx")}
    if find_spec("openvino"):
        kinds["OpenVINO"] = ("openvino", ".xml")
    for runtime, (to, suffix) in kinds.items():
        report = export_model(model, folder / f"{name}{suffix}", to=to, photo=photo)
        print(f"{name}, {runtime}: {report.agreements[0]}")
        files[runtime] = report.path
    parts = [folder / f"part{k}.png" for k in range(5)]
    for k, part in enumerate(parts):
        write_png(part, photo[20 * k :, 30 * k :])
    report = export_model(model, folder / f"{name}-int8.onnx", photo=photo, calibration=parts)
    print(f"{name}: {report.int8}")
    return files | {"ONNX Runtime, int8": report.path}


def main() -> None:
    """Race each network on one thread and on all cores."""
    missing = [name for name in ("torch", "transformers", "segmentation_models_pytorch", "onnx") if not find_spec(name)]
    for name in (*missing, *(["openvino"] if not find_spec("openvino") else [])):
        print(f"{name}: not installed")
    if missing:
        print("nothing to race: networks are built and exported with these")
        return
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        for name, build in {"segformer-b0": segformer, "unet-resnet18": unet}.items():
            files = exported(build(0), Path(folder), name)
            for threads in (1, cores) if cores > 1 else (1,):
                medians = race(contenders(build(threads), files, threads), rounds=ROUNDS, clock=CLOCK)
                title = f"{name}, 512 x 512 px, {threads} thread{'s' * (threads > 1)}, image file -> result"
                show(title, medians, against="torch, eager")


if __name__ == "__main__":
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument not in ("--clock", "process")]
    main()
