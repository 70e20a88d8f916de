"""Reading the JSON of CVAT's server (`GET /api/jobs/N/annotations`), alone or beside the job and its labels.

https://docs.cvat.ai/docs/api_sdk/sdk/reference/models/labeled-shape/: points are flat lists; those of a mask are its
runs and the corners left, top, right, bottom of its box, the last two inside.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from segweave.errors import FormatError
from segweave.formats.cvat_frames import Frames, find_frames, frame_size
from segweave.formats.cvat_regions import Region, ellipse, mask, polygon, rectangle
from segweave.formats.cvat_shapes import Names, Shape, draw, hex_color, names_of
from segweave.formats.dataset import Dataset, ImageName, Note, Sample
from segweave.formats.json_parts import Entry, entries, entry_of, load_json, number_or_none, shown, text, whole
from segweave.formats.photographs import make_sample
from segweave.labels import Color, LabelTable


@dataclass(frozen=True, slots=True)
class _Listed:
    """A shape that was not looked into yet. number: in its list. owner: its track, else itself."""

    entry: Entry
    owner: Entry
    number: int


@dataclass(frozen=True, slots=True)
class _Index:
    """An open file. label_names: by id. shapes: of each frame, in painter's order as far as the file says."""

    path: Path
    names: Names
    label_names: dict[int, str]
    frames: Frames
    shapes: dict[int, list[_Listed]]


def open_api(path: Path, *, labels: LabelTable | None, images: Path | None) -> Dataset:
    """Open a JSON file of CVAT's server: one sample for each frame that has annotations, by number.

    The size of a frame is that of its photograph, else as small as its shapes allow, with a note.
    """
    data = entry_of(load_json(path), str(path))
    body = entry_of(data["annotations"], f"{path}: annotations") if "annotations" in data else data
    shapes, notes = _by_frame(body, path)
    listed = dict(_label_rows(data.get("labels"), f"{path}: labels"))
    used = sorted({whole(row.owner, "label_id", str(path)) for rows in shapes.values() for row in rows})
    label_names = {number: name for number, (name, _) in listed.items()}
    if labels is not None:
        table = dict(zip(labels.source_ids, labels.labels.names, strict=True))
        label_names = {**{row.source_id: row.name for row in labels.voids}, **table, **label_names}
    elif not listed:
        label_names = {number: str(number) for number in used}
    rows = [listed.get(number, (name, None)) for number, name in label_names.items()]
    names, label_notes = names_of(path, labels, rows)
    folders = [path.parent / "images", path.parent] if images is None else [images]
    job = data.get("job")
    start, count = _extent(job) if isinstance(job, dict) else (0, None)
    frames, guessed = find_frames(path, folders, sorted(shapes), count=count, start=start, step=1)
    index = _Index(path, names, label_names, frames, dict(sorted(shapes.items())))
    numbers = tuple(index.shapes)
    load, name = partial(_load_sample, index, numbers), partial(_name, index, numbers)
    return Dataset(names.labels, (*label_notes, *guessed, *notes), load, name, range(len(shapes)))


def _extent(job: Entry) -> tuple[int, int | None]:
    """First frame and number of frames of a job."""
    first, count = job.get("start_frame"), job.get("frame_count")
    return first if type(first) is int else 0, count if type(count) is int else None


def _label_rows(rows: object, where: str) -> Iterator[tuple[int, tuple[str, Color | None]]]:
    """(id, (name, colour)) of each label: a list as the server gives it, or an object of names by id."""
    if isinstance(rows, dict) and not isinstance(rows.get("results"), list):
        rows = [{"id": int(key), "name": name} for key, name in rows.items() if key.isdecimal() and len(key) < 10]
    elif isinstance(rows, dict):
        rows = rows["results"]
    for i, row in enumerate(rows if isinstance(rows, list) else []):
        entry = entry_of(row, f"{where}[{i}]")
        color = entry.get("color")
        name = text(entry, "name", f"{where}[{i}]").strip()
        yield whole(entry, "id", f"{where}[{i}]"), (name, hex_color(color) if isinstance(color, str) else None)


def _by_frame(body: Entry, path: Path) -> tuple[dict[int, list[_Listed]], list[Note]]:
    """All shapes, tags and what is seen of tracks, by frame."""
    found: dict[int, list[_Listed]] = {}
    gaps = 0
    for key in ("shapes", "tags"):
        for i, entry in enumerate(entries(body, key, str(path)) if key in body else []):
            frame = whole(entry, "frame", f"{path}: {key}[{i}]")
            found.setdefault(frame, []).append(_Listed(entry, entry, i))
    for i, track in enumerate(entries(body, "tracks", str(path)) if "tracks" in body else []):
        where = f"{path}: tracks[{i}]"
        seen = [(whole(entry, "frame", where), entry) for entry in entries(track, "shapes", where)]
        for frame, entry in seen:
            if not entry.get("outside"):
                found.setdefault(frame, []).append(_Listed(entry, track, i))
        order = sorted((frame, bool(entry.get("outside"))) for frame, entry in seen)
        gaps += any(not outside and after > frame + 1 for (frame, outside), (after, _) in pairwise(order))
    reason = "list key frames only; what lies between these is not filled in (CVAT's XML export lists all frames)"
    place = f"{gaps} {'track' if gaps == 1 else 'tracks'}"
    return found, [Note(path, place, reason, "assumed")] if gaps else []


def _name(index: _Index, numbers: tuple[int, ...], place: int) -> ImageName:
    return ImageName(numbers[place], index.frames.stem(numbers[place]))


def _load_sample(index: _Index, numbers: tuple[int, ...], place: int) -> Sample:
    frame = numbers[place]
    shapes = [_shape(index, row, frame) for row in index.shapes[frame]]
    photograph, name = index.frames.find(frame)
    size, notes = frame_size(shapes, photograph, stated=None, where=(index.path, f"frame {frame}"))
    truth, more = draw(shapes, size, index.names, file=index.path)
    return make_sample(
        truth,
        file=index.path,
        image_path=photograph,
        image_id=frame,
        image_name=name,
        notes=[*notes, *more],
    )


def _shape(index: _Index, row: _Listed, frame: int) -> Shape:
    entry, owner, tracked = row.entry, row.owner, row.entry is not row.owner
    kind = text(entry, "type", f"{index.path}: frame {frame}") if "type" in entry else "tag"
    where = f"{index.path}: frame {frame}, {'track' if tracked else 'shape'} {row.number}"
    number = whole(owner, "label_id", where)
    label = index.label_names.get(number, f"label_id {number}")
    place = f"frame {frame}, {'track' if tracked else 'shape'} {row.number} ({kind} {label!r})"
    source_id = owner.get("id")
    return Shape(
        place=place,
        label=label,
        region=_region(kind, entry, f"{index.path}: {place}"),
        z=_optional(entry, "z_order", where),
        group=_optional(owner, "group", where),
        track=(source_id if type(source_id) is int else row.number) if tracked else None,
        source_id=source_id if type(source_id) is int else None,
    )


def _region(kind: str, entry: Entry, where: str) -> Region | None:
    if kind not in ("polygon", "rectangle", "ellipse", "mask"):
        return None
    numbers = _numbers(entry, where)
    turn = number_or_none(entry, "rotation", where) or 0.0
    if kind == "polygon":
        return polygon(numbers, where)
    if kind == "mask":
        runs = [int(number) for number in numbers]
        if runs != numbers or len(runs) < 5:
            raise FormatError(f"{where}: expected whole numbers: runs, then left, top, right, bottom")
        left, top, right, bottom = runs[-4:]
        return mask(runs[:-4], (top, left, bottom - top + 1, right - left + 1), where)
    if len(numbers) != 4:
        raise FormatError(f"{where}: expected 4 coordinates; found {len(numbers)}")
    if kind == "rectangle":
        return rectangle(numbers, turn, where)
    x, y, far_right, far_top = numbers  # centre, then where the ellipse ends
    return ellipse([x, y, far_right - x, y - far_top], turn, where)


def _numbers(entry: Entry, where: str) -> list[float]:
    points = entry.get("points")
    if not isinstance(points, list):
        raise FormatError(f"{where}: expected 'points' to be a list of numbers; found {shown(points)}")
    for point in points:
        if type(point) not in (int, float) or not math.isfinite(point) or abs(point) > 2**53:
            raise FormatError(f"{where}: expected 'points' to be finite numbers; found {shown(point)}")
    return points


def _optional(entry: Entry, key: str, where: str) -> int:
    return 0 if entry.get(key) is None else whole(entry, key, where, low=-(2**31))
