"""`Counts` in a file, and back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from segweave.errors import FormatError, LabelError, SegweaveError
from segweave.evaluation.boundary import BoundaryCounts
from segweave.evaluation.instance_table import InstanceSide, InstanceTable
from segweave.formats.columns_npz import Columns, read_columns, write_columns
from segweave.formats.json_parts import Entry
from segweave.labels import Label, LabelSet
from segweave.report.counts import Counts
from segweave.report.evaluation import Task
from segweave.segmentation import ImageKey, OverlapTable, Rle, Side

_VERSION = 1
_SIDE = ("image", "label", "crowd", "area")
_TABLES = ("segments", "bands", "label_bands", "boundary_segments")


def save_counts(path: Path, counts: Counts) -> None:
    """Write the counts, as a whole or not at all; `OutputError` when that cannot be."""
    columns: dict[str, NDArray[Any]] = {}
    labels = None
    for name, table in _tables(counts).items():
        labels = table.truth.labels
        columns |= _table_columns(name, table)
    if counts.boundary is not None:
        columns["f"] = counts.boundary.f.reshape(-1)
    if counts.instances is not None:
        labels = counts.instances.truth.labels
        columns |= _instance_columns(counts.instances)
    about: Entry = {
        "segweave_counts": _VERSION,
        "task": counts.task,
        "truth": counts.truth,
        "prediction": counts.prediction,
        "skipped": list(counts.skipped),
        "images": [[image.id, image.name, *image.size] for image in counts.images],
        "labels": None if labels is None else _labels_entry(labels),
    }
    write_columns(path, columns, about)


def load_counts(path: Path) -> Counts:
    """Read what `save_counts` wrote; anything else raises `FormatError`."""
    columns, about = read_columns(path)
    try:
        if about["segweave_counts"] != _VERSION:
            raise FormatError(f"{path}: is of version {about['segweave_counts']!r}; expected {_VERSION}; count again")
        return _counts(columns, about)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, SegweaveError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: its columns do not fit together ({type(error).__name__}: {error}); expected a file of"
            " `segweave evaluate --counts`, as it was written"
        ) from None


def _counts(columns: Columns, about: Entry) -> Counts:
    labels = _labels(about["labels"])
    images = tuple(_image(row) for row in _rows(about["images"]))
    if about["task"] not in get_args(Task):
        raise ValueError(f"task {about['task']!r}")
    tables = {name: _table(columns, name, images, labels) for name in _TABLES if f"{name}.pixels" in columns}
    boundary = None
    if "f" in columns:
        boundary = BoundaryCounts(
            segments=tables["boundary_segments"],
            bands=tables["bands"],
            label_bands=tables["label_bands"],
            f=columns["f"].astype(np.float64).reshape(len(images), len(labels)),
        )
    return Counts(
        task=cast("Task", about["task"]),
        truth=str(about["truth"]),
        prediction=str(about["prediction"]),
        segments=tables.get("segments"),
        instances=_instances(columns, images, labels) if "truth.mask" in columns else None,
        boundary=boundary,
        skipped=tuple(str(line) for line in _rows(about["skipped"])),
    )


def _tables(counts: Counts) -> dict[str, OverlapTable]:
    tables = {} if counts.segments is None else {"segments": counts.segments}
    if counts.boundary is not None:
        tables["bands"], tables["label_bands"] = counts.boundary.bands, counts.boundary.label_bands
        tables["boundary_segments"] = counts.boundary.segments
    return tables


def _table_columns(name: str, table: OverlapTable) -> dict[str, NDArray[Any]]:
    sides = {"truth": table.truth, "prediction": table.prediction}
    of_sides = {f"{name}.{key}.{c}": getattr(side, c) for key, side in sides.items() for c in (*_SIDE, "stated")}
    return of_sides | {f"{name}.{c}": getattr(table, c) for c in ("truth_row", "prediction_row", "pixels")}


def _table(columns: Columns, name: str, images: tuple[ImageKey, ...], labels: LabelSet) -> OverlapTable:
    def side(key: str) -> Side:
        found = {c: columns[f"{name}.{key}.{c}"] for c in (*_SIDE, "stated")}
        _check_equal([len(column) for column in found.values()])
        image, label = found["image"].astype(np.int64), found["label"].astype(np.int64)
        _check_within(label, -2, len(labels))
        _check_within(image, 0, len(images))
        starts = np.flatnonzero(np.diff(image, prepend=-1))
        if not np.array_equal(image[starts], np.arange(len(images))) or (label[starts] != -1).any():
            raise ValueError("an image has no rows")
        return Side(
            labels=labels,
            image=image,
            label=label,
            crowd=found["crowd"].astype(np.bool_),
            area=found["area"].astype(np.int64),
            stated=found["stated"].astype(np.float64),
        )

    truth, prediction = side("truth"), side("prediction")
    row, column = (columns[f"{name}.{c}"].astype(np.int64) for c in ("truth_row", "prediction_row"))
    pixels = columns[f"{name}.pixels"].astype(np.int64)
    _check_equal([len(row), len(column), len(pixels)])
    _check_within(row, 0, len(truth))
    _check_within(column, 0, len(prediction))
    if (truth.image[row] != prediction.image[column]).any():
        raise ValueError("a pair of segments of two images")
    return OverlapTable(
        images=images, truth=truth, prediction=prediction, truth_row=row, prediction_row=column, pixels=pixels
    )


def _instance_columns(table: InstanceTable) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    for name, side in (("truth", table.truth), ("prediction", table.prediction)):
        columns |= {f"{name}.{c}": getattr(side, c) for c in (*_SIDE, "score")}
        columns |= _mask_columns(name, [mask.counts for mask in side.masks])
    return columns | _mask_columns("void", [b"" if mask is None else mask.counts for mask in table.void])


def _mask_columns(name: str, masks: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    lengths = np.array([len(mask) for mask in masks], np.int64)
    return {f"{name}.mask": np.frombuffer(b"".join(masks), np.uint8), f"{name}.length": lengths}


def _instances(columns: Columns, images: tuple[ImageKey, ...], labels: LabelSet) -> InstanceTable:
    def side(name: str) -> InstanceSide:
        image = columns[f"{name}.image"].astype(np.int64)
        found = {c: columns[f"{name}.{c}"] for c in (*_SIDE, "score")}
        _check_equal([len(column) for column in (*found.values(), columns[f"{name}.length"])])
        _check_within(image, 0, len(images))
        _check_within(found["label"], 0, len(labels))
        if (np.diff(image) < 0).any():
            raise ValueError("images out of order")
        masks = _masks(columns, name, lambda k: images[int(image[k])].size)
        return InstanceSide(
            labels=labels,
            image=image,
            label=found["label"].astype(np.int64),
            crowd=found["crowd"].astype(np.bool_),
            area=found["area"].astype(np.float64),
            score=found["score"].astype(np.float64),
            masks=tuple(mask for mask in masks if mask is not None),
        )

    void = _masks(columns, "void", lambda k: images[k].size)
    _check_equal([len(void), len(images)])
    return InstanceTable(images=images, truth=side("truth"), prediction=side("prediction"), void=tuple(void))


def _masks(columns: Columns, name: str, size: Callable[[int], tuple[int, int]]) -> list[Rle | None]:
    """The masks one after another; None for one of no length."""
    whole = columns[f"{name}.mask"].astype(np.uint8).tobytes()
    ends = np.cumsum(columns[f"{name}.length"].astype(np.int64)).tolist()
    begins = [0, *ends][:-1]
    if (ends[-1] if ends else 0) != len(whole) or any(a > b for a, b in zip(begins, ends, strict=True)):
        raise ValueError("masks cut off")
    return [Rle(size(k), whole[a:b]) if b > a else None for k, (a, b) in enumerate(zip(begins, ends, strict=True))]


def _labels_entry(labels: LabelSet) -> Entry:
    rows = [[label.name, label.is_thing, list(label.color), label.ja, label.ko] for label in labels]
    return {"name": labels.name, "labels": rows}


def _labels(entry: object) -> LabelSet:
    if not isinstance(entry, dict):
        raise LabelError("no label set")
    return LabelSet(
        str(entry["name"]),
        tuple(
            Label(
                name=str(name), is_thing=bool(is_thing), color=(int(c[0]), int(c[1]), int(c[2])), ja=str(ja), ko=str(ko)
            )
            for name, is_thing, c, ja, ko in entry["labels"]
        ),
    )


def _rows(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise TypeError("no list")


def _image(row: list[Any]) -> ImageKey:
    return ImageKey(id=_id(row[0]), name=str(row[1]), size=(int(row[2]), int(row[3])))


def _id(value: object) -> int | str:
    if isinstance(value, int | str):
        return value
    raise TypeError(f"image id {value!r}")


def _check_equal(lengths: Sequence[int]) -> None:
    if len(set(lengths)) > 1:
        raise ValueError(f"columns of {lengths} rows")


def _check_within(column: NDArray[Any], low: int, high: int) -> None:
    if len(column) and not (low <= int(column.min()) and int(column.max()) < high):
        raise ValueError(f"values outside {low}..{high - 1}")
