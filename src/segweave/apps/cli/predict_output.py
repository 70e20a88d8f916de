"""How `segweave predict` tells what it found: lines for people, JSON for programs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segweave.apps.cli.output import Json, print_json

if TYPE_CHECKING:
    from segweave.formats import SegmentRow
    from segweave.models import Model
    from segweave.models.journal import Finished
    from segweave.models.pipeline import Failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has to tell. out: the folder as the user named it, None when nothing was written. confidence: whether
    maps of it were."""

    model: "Model"
    task: str
    out: str | None
    done: "Sequence[Finished]"
    failed: "Sequence[Failure]"
    confidence: bool = False


def print_as_json(outcome: Outcome) -> None:
    """One document: model, task, label set, every image with its files and segments, and what failed."""
    print_json(
        {
            "model": outcome.model.name,
            "task": outcome.task,
            "label_set": outcome.model.labels.name,
            "out": outcome.out,
            "images": [_image(item, outcome) for item in outcome.done],
            "failed": [{"source": str(item.source.path), "error": str(item.error)} for item in outcome.failed],
        }
    )


def print_as_lines(outcome: Outcome) -> None:
    """A line for each image with its largest labels, and where the files are."""
    for item in outcome.done:
        where = item.source if Path(item.source).stem == Path(item.name).name else f"{item.source}, {item.name}"
        things = _count(sum(row.is_thing for row in item.rows), "thing")
        n = len(item.rows)
        found = _count(n, "label") if outcome.task == "semantic" else f"{_count(n, 'segment')} ({things})"
        print(f"{where}: {found}: {_largest(item.rows) or 'nothing'}")
    if outcome.out is not None and outcome.done:
        from segweave.models.folder import overlay_name

        n = len(outcome.done)
        example = Path(outcome.out) / overlay_name(outcome.done[-1].name)
        print(f"{n} pictures, for example {example}" if n > 1 else str(example))


def _image(item: "Finished", outcome: Outcome) -> Json:
    from segweave.models.folder import confidence_name, entropy_name, ids_name, overlay_name

    def written(name: Callable[[str], str], *, there: bool = True) -> str | None:
        return str(Path(outcome.out) / name(item.name)) if outcome.out is not None and there else None

    return {
        "image": item.name,
        "source": item.source,
        "height": item.image["height"],
        "width": item.image["width"],
        "overlay": written(overlay_name),
        "ids": written(ids_name, there=item.annotation is not None),
        "confidence": written(confidence_name, there=outcome.confidence),
        "entropy": written(entropy_name, there=outcome.confidence),
        "notes": item.notes,
        "segments": [{name: value for name, value in asdict(row).items() if name != "image"} for row in item.rows],
    }


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _largest(rows: "Sequence[SegmentRow]") -> str:
    shares: dict[str, float] = {}
    for row in rows:
        shares[row.label] = shares.get(row.label, 0.0) + row.area_share
    most = sorted(shares, key=lambda label: -shares[label])[:5]
    return ", ".join(f"{label} {shares[label]:.0%}" for label in most)
