"""`segweave export`: a model of torch as one file that needs no torch."""

import re
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from segweave.apps.cli.output import Json, print_json, say
from segweave.apps.cli.predict_options import AsJson, ModelLabels, ModelWeights
from segweave.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from segweave.models.export import ExportReport, Target


def export(
    model: Annotated[str, typer.Argument(help="A model of transformers, torchvision or smp, as `predict` takes it.")],
    to: Annotated[str, typer.Option("--to", help="onnx, openvino or torchscript.")] = "onnx",
    out: Annotated[str | None, typer.Option("--out", help="The file; else the model's name, here.")] = None,
    int8: Annotated[
        str | None,
        typer.Option("--int8", metavar="CALIBRATION_DIR", help="8-bit integers, ranges from the photographs in here."),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", help="The photograph to compare on; else the first of --int8, or a drawn scene."),
    ] = None,
    side: Annotated[
        int | None, typer.Option("--side", min=32, help="For squares of so many px alone; else for any size if it can.")
    ] = None,
    labels: ModelLabels = None,
    weights: ModelWeights = None,
    json: AsJson = False,
) -> None:
    """Write a model as one file that `segweave predict --model FILE` runs without torch.

    The file is kept only if it gives the same answer as the model on a photograph at two sizes.

    Examples:

      segweave export facebook/mask2former-swin-tiny-coco-panoptic --to onnx --out mask2former.onnx

      segweave export my-segformer/ --to openvino --int8 photos/ --image street.jpg

      segweave export smp:unet/resnet34 --labels rust.csv --weights rust.safetensors --to onnx --out rust.onnx
    """
    from segweave.formats import read_image
    from segweave.models.export import export_model
    from segweave.models.predict import load_model

    target = _target(to)
    path = _path(model, target, out)
    calibration = _photographs(int8) if int8 else ()
    photo = read_image(image) if image else None
    say(f"segweave: opening {model}")
    opened = load_model(model, labels=labels, weights=weights)
    for remark in opened.remarks:
        say(f"segweave: {remark}")
    say(f"segweave: exporting, and comparing with the model: {path}")
    if photo is None and not calibration:
        say("segweave: comparing on a drawn scene; --image PHOTO compares on a photograph of yours")
    report = export_model(opened.network, path, to=target, photo=photo, side=side, calibration=calibration)
    if json:
        print_json(_as_json(report))
    else:
        _show(report)


def _target(to: str) -> "Target":
    from segweave.models.export import Target

    if to not in get_args(Target):
        raise UsageError(f"cannot export to {to!r}; {did_you_mean(to, get_args(Target))}")
    return cast(Target, to)


def _path(model: str, target: "Target", out: str | None) -> "Path":
    from pathlib import Path

    from segweave.models.export import SUFFIXES

    if out is not None:
        return Path(out)
    last = re.split(r"[/\\:]", model.rstrip("/\\"))[-1].partition("@")[0]
    return Path(f"{last or 'model'}{SUFFIXES[target]}")


def _photographs(folder: str) -> "tuple[Path, ...]":
    from pathlib import Path

    from segweave.formats import find_sources

    if not Path(folder).is_dir():
        raise UsageError(f"--int8 {folder}: there is no such folder of photographs")
    sources, problems = find_sources([folder])
    if problems:
        raise problems[0]
    return tuple(source.path for source in sources if source.kind == "image")


def _show(report: "ExportReport") -> None:
    for reason in report.rejected:
        say(f"segweave: not {reason}")
    for agreement in report.agreements:
        print(agreement)
    if report.int8:
        print(report.int8)
    sizes = f"{report.fixed[1]} x {report.fixed[0]} px alone" if report.fixed else "any size"
    print(f"{report.path}: {report.to}, images of {sizes}, {_megabytes(report.path)}")


def _megabytes(path: "Path") -> str:
    files = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"


def _as_json(report: "ExportReport") -> Json:
    from dataclasses import asdict

    found = asdict(report)
    return {**found, "path": str(report.path)}
