"""Models of torch as one file that needs no torch: ONNX, OpenVINO or TorchScript, kept only if it says the same."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import numpy as np

from segweave.errors import MissingExtra, ModelError, UsageError
from segweave.files import replacing
from segweave.formats import Photo, read_image
from segweave.models.adapters.onnx import open_onnx
from segweave.models.agreement import LEAST_EQUAL, MOST_DIFFERENT, Agreement, agreements
from segweave.models.described import DescribedModel, described_model
from segweave.models.description import ModelDescription
from segweave.models.description_onnx import describe_onnx
from segweave.models.preprocess import Size, resized
from segweave.models.protocol import SegmentationModel
from segweave.models.quantize import Int8Agreement, int8_agreement, quantize_onnx, split_photos
from segweave.models.scene import drawn_scene

if TYPE_CHECKING:
    from segweave.models.adapters.torch_export import TorchExport

Target = Literal["onnx", "openvino", "torchscript"]
SUFFIXES: Mapping[Target, str] = {"onnx": ".onnx", "openvino": ".xml", "torchscript": ".ts"}
"""What a model can be exported to -> how the file's name ends. Beside an .xml lies a .bin with the weights."""

_EXTRA = 'pip install "segweave[export]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written, and how it was found to say the same as the model.

    fixed: (height, width) px when the file takes no other size. agreements: with the model, for each photograph and
    task. rejected: why a way that would have been better was not taken. int8: of a quantised file, with float32.
    """

    path: Path
    to: Target
    fixed: Size | None
    agreements: tuple[Agreement, ...]
    rejected: tuple[str, ...] = ()
    int8: Int8Agreement | None = None


def export_model(
    model: SegmentationModel,
    target: str | Path,
    *,
    to: Target = "onnx",
    photo: Photo | None = None,
    side: int | None = None,
    calibration: Sequence[Path] = (),
) -> ExportReport:
    """Write a model's network with its description; only if results and outputs are the same on a photograph at two
    sizes (`LEAST_EQUAL`, `MOST_DIFFERENT`).

    photo: what to compare on; without, the first photograph of `calibration`, else a drawn scene. side: for squares of
    this many px alone; without, for any size where the network allows, else for the one size that it sees. calibration:
    photographs; the network is written in 8-bit integers. `UsageError` for a model that is not of torch, `ModelError`
    with the numbers when nothing was kept.
    """
    from segweave.models.adapters.torch_export import possible_exports

    target = Path(target)
    _check(target, to, quantised=bool(calibration))
    ways, photos = possible_exports(model, side=side), _two_sizes(_shown(photo, calibration))
    rejected: list[str] = []
    with TemporaryDirectory(prefix="segweave-export-") as folder:
        for number, way in enumerate(ways):
            place = Path(folder) / str(number)
            place.mkdir()
            try:
                other = _written(way, place, to)
                found = _compared(way, other, photos)
            except ModelError as error:
                rejected.append(f"{_way(way)}: {error}")
                continue
            if all(agreement.is_same for agreement in found):
                int8 = _quantised(way.description, other, place, to=to, calibration=calibration)
                _publish(place, target, to)
                return ExportReport(
                    path=target, to=to, fixed=way.fixed, agreements=found, rejected=tuple(rejected), int8=int8
                )
            rejected.append(f"{_way(way)}: {'; '.join(str(agreement) for agreement in found)}")
    raise ModelError(
        f"nothing was kept, for no exported network gives the same answer (at least {100 * LEAST_EQUAL:g} % equal"
        f" pixels, outputs within {100 * MOST_DIFFERENT:g} %): {' | '.join(rejected)}"
    )


def _shown(photo: Photo | None, calibration: Sequence[Path]) -> Photo:
    if photo is not None:
        return photo
    return read_image(calibration[0]) if calibration else drawn_scene()


def _check(target: Path, to: Target, *, quantised: bool) -> None:
    if to not in SUFFIXES:
        raise UsageError(f"cannot export to {to!r}; there is {', '.join(SUFFIXES)}")
    if target.suffix != SUFFIXES[to]:
        raise UsageError(f"{target}: a file for {to} ends in {SUFFIXES[to]}")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: there is no folder {str(target.parent)!r}")
    if to == "torchscript":
        if quantised:
            raise UsageError("8-bit integers are for onnx and openvino; TorchScript stays in float32")
        return
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra(f"exporting needs the package onnx ({error}): {_EXTRA}") from None
    del onnx
    if to == "openvino":
        from segweave.models.adapters.openvino import need_openvino

        need_openvino()


def _written(way: "TorchExport", place: Path, to: Target) -> DescribedModel:
    """The network written into the folder, and opened from there."""
    if to == "torchscript":
        from segweave.models.adapters.torch_export import read_torchscript

        way.write_torchscript(place / "model.ts")
        return described_model(read_torchscript(place / "model.ts", way), way.description)
    way.write_onnx(place / "plain.onnx")
    return _described(way.description, place, to)


def _described(description: ModelDescription, place: Path, to: Target) -> DescribedModel:
    """`plain.onnx` with its description as what is asked for, opened."""
    describe_onnx(place / "plain.onnx", place / "model.onnx", description)
    if to == "onnx":
        return open_onnx(place / "model.onnx")
    from segweave.models.adapters.openvino import open_openvino, write_openvino

    write_openvino(place / "plain.onnx", place / "model.xml", description)
    return open_openvino(place / "model.xml")


def _compared(way: "TorchExport", other: DescribedModel, photos: Sequence[Photo]) -> tuple[Agreement, ...]:
    described, model, tasks = described_model(way, way.description), way.model, way.model.tasks
    found = agreements(model, described, other, photos=photos, tasks=tasks)
    if way.fixed is not None:
        return found
    if len({agreement.seen for agreement in found}) > 1:
        return found + agreements(model, described, other, photos=_other_shapes(photos[0]), tasks=tasks[:1])
    # every photograph becomes one size: only at another scale does the network see another one
    larger = replace(model, preprocess=model.preprocess.at_scale(1.5))
    return found + agreements(larger, described.at_scale(1.5), other.at_scale(1.5), photos=photos[:1], tasks=tasks[:1])


def _quantised(
    description: ModelDescription, model: DescribedModel, place: Path, *, to: Target, calibration: Sequence[Path]
) -> Int8Agreement | None:
    """Replace what was written by the same in 8-bit integers."""
    if not calibration:
        return None
    seen, held = split_photos(calibration)
    quantize_onnx(place / "plain.onnx", place / "int8.onnx", model=model, photos=_read(seen))
    int8 = place / "int8"
    int8.mkdir()
    shutil.move(place / "int8.onnx", int8 / "plain.onnx")
    other = _described(description, int8, to)
    agreement = int8_agreement(model, other, _read(held), calibrated=len(seen))
    for file in int8.iterdir():
        shutil.move(file, place / file.name)
    return agreement


def _publish(place: Path, target: Path, to: Target) -> None:
    """Bring the finished files to where they belong, each in one step, the one that is opened last."""
    suffixes = (".bin", ".xml") if to == "openvino" else (SUFFIXES[to],)
    for suffix in suffixes:
        with replacing(target.with_suffix(suffix)) as temporary:
            shutil.copyfile(place / f"model{suffix}", temporary)


def _read(paths: Sequence[Path]) -> Iterator[Photo]:
    for path in paths:
        yield read_image(path)


def _two_sizes(photo: Photo) -> tuple[Photo, Photo]:
    """The photograph, and its left two thirds at three quarters of the size: another area, and another shape."""
    height, width = photo.shape[:2]
    left = photo[:, : max(1, width * 2 // 3)]
    return photo, resized(left, (max(1, height * 3 // 4), max(1, width // 2)))


def _other_shapes(photo: Photo) -> tuple[Photo, ...]:
    """Parts of the photograph that are seen at odd sizes: what a trace has taken for a constant shows there."""
    height, width = photo.shape[:2]
    return tuple(
        np.ascontiguousarray(photo[: max(1, round(height * down)), : max(1, round(width * right))])
        for down, right in ((0.93, 0.79), (0.97, 0.53), (0.71, 1.0))
    )


def _way(way: "TorchExport") -> str:
    return f"for {way.fixed[1]} x {way.fixed[0]} px alone" if way.fixed else "for any size"
