"""How `segweave predict` tells what it found: lines for people, JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from segweave.apps.cli.output import Json, print_json

if TYPE_CHECKING:
    from segweave.formats import SegmentRow
    from segweave.models import Model
    from segweave.models.journal import Finished
    from segweave.models.pipeline import Failure


def print_as_json(
    model: "Model", task: str, out: str | None, done: "Sequence[Finished]", failed: "Sequence[Failure]"
) -> None:
    """One document: model, task, label set, every image with its files and segments, and what failed."""
    print_json(
        {
            "model": model.name,
            "task": task,
            "label_set": model.labels.name,
            "out": out,
            "images": [_image(item, out) for item in done],
            "failed": [{"source": str(item.source.path), "error": str(item.error)} for item in failed],
        }
    )


def print_as_lines(
    model: "Model", task: str, out: str | None, done: "Sequence[Finished]", failed: "Sequence[Failure]"
) -> None:
    """A line for each image with its largest labels, and where the files are."""
    for item in done:
        things = sum(row.is_thing for row in item.rows)
        n = len(item.rows)
        print(f"{item.source}: {n} segment{'s' * (n != 1)} ({things} things): {_largest(item.rows) or 'nothing'}")
    if out is not None and done:
        from segweave.models.folder import overlay_name

        pictures = f"{len(done)} pictures, for example " if len(done) > 1 else ""
        print(f"{pictures}{Path(out) / overlay_name(done[-1].name)}")


def _image(item: "Finished", out: str | None) -> Json:
    from segweave.models.folder import ids_name, overlay_name

    return {
        "image": item.name,
        "source": item.source,
        "height": item.image["height"],
        "width": item.image["width"],
        "overlay": None if out is None else str(Path(out) / overlay_name(item.name)),
        "ids": None if out is None or item.annotation is None else str(Path(out) / ids_name(item.name)),
        "segments": [{name: value for name, value in asdict(row).items() if name != "image"} for row in item.rows],
    }


def _largest(rows: "Sequence[SegmentRow]") -> str:
    shares: dict[str, float] = {}
    for row in rows:
        shares[row.label] = shares.get(row.label, 0.0) + row.area_share
    most = sorted(shares, key=lambda label: -shares[label])[:5]
    return ", ".join(f"{label} {shares[label]:.0%}" for label in most)
