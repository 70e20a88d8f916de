"""Numbers of `segweave extend` as people read them, and what a plan says of itself."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from segweave.apps.cli.output import Json

if TYPE_CHECKING:
    from segweave.combine.rules import Mode


def plan_facts(path: str) -> dict[str, Json]:
    """What `segweave models show` tells of a plan. Its models are opened where nothing else says their labels."""
    from segweave.apps.cli.extend_opening import open_plan

    file, plan = open_plan(path, mode=None, strict=False)
    return {
        "file": path,
        "label_set": plan.labels.name,
        "labels": plan.labels.names,
        "added_labels": plan.labels.names[len(plan.primary_labels) :],
        "mode": plan.mode.name,
        "parameters": _parameters(plan.mode),
        "smallest_part": plan.smallest_part,
        "refine": plan.refine,
        "primary": plan.primary or plan.primary_labels.name,
        "secondaries": tuple(second.model or second.labels.name for second in plan.secondaries),
        "counts": tuple(str(entry.counts) for entry in file.secondaries if entry.counts),
        "reviewed": plan.reviewed,
    }


def _parameters(mode: "Mode") -> tuple[str, ...]:
    found = asdict(mode)
    promotion = found.pop("promotion", None) or {}
    found |= {f"promote_{name}": value for name, value in promotion.items()}
    return tuple(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()
    )


def percent(value: float | None) -> str:
    """0..1 as a percentage with one decimal.

    >>> percent(0.4567), percent(None)
    ('45.7', '-')
    """
    return "-" if value is None else f"{100 * value:.1f}"


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def signed(value: float | None, base: float | None) -> str:
    """0..1 as a percentage, with the difference to the base.

    >>> signed(0.5, 0.52), signed(None, 0.5)
    ('50.0 (-2.0)', '-')
    """
    if value is None or base is None:
        return percent(value)
    return f"{100 * value:.1f} ({100 * (value - base):+.1f})"
