"""`segweave extend suggest`, `forecast` and `rules`: plans before any image is looked at."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli import extend_options as option
from segweave.apps.cli.output import Json, print_json, print_table, say
from segweave.errors import ModelError, UsageError, did_you_mean

if TYPE_CHECKING:
    from segweave.combine.forecast import Forecast
    from segweave.combine.plan import Plan, Secondary
    from segweave.combine.rules import TableRule
    from segweave.labels import LabelSet
    from segweave.models import Model

_FLOOR = 0.2
_MOST = 40


def suggest(
    primary_labels: option.PrimaryLabels = None,
    secondary_labels: option.SecondaryLabels = None,
    primary: option.PrimaryOrNone = None,
    secondary: option.SecondaryOrNone = None,
    counts: option.KnownCounts = None,
    add: option.Add = None,
    mode: option.ModeName = None,
    out: option.DraftOut = None,
    force: option.Force = False,
) -> None:
    """Draft a plan: which secondary labels mean the same as primary ones, and why. A person looks through it.

    Examples:

      segweave extend suggest --primary street --secondary ade.onnx --add signboard --add "street lamp" > plan.yaml

      segweave extend suggest --primary-labels cityscapes --secondary-labels ade20k --counts counts.npz > plan.yaml
    """
    from segweave.apps.cli.evaluate_request import check_free
    from segweave.apps.cli.extend_opening import labels_of
    from segweave.combine.plan import counts_for
    from segweave.combine.similar import Draft, draft_plan

    _check_mode(mode)
    if out is not None:
        check_free(Path(out), force=force)
    ours, _ = labels_of(primary, primary_labels, side="primary")
    theirs, model = labels_of(secondary, secondary_labels, side="secondary")
    draft = Draft(
        primary=ours,
        secondary=theirs,
        primary_model=_beside(primary, out),
        secondary_model=_beside(secondary, out),
        primary_labels=_beside(primary_labels, out),
        secondary_labels=_beside(secondary_labels, out),
        counts_path=_beside(counts, out),
        counts=None if counts is None else counts_for(Path(counts), ours, theirs, place="the two sides named here"),
        mode=mode or _best_mode(model),
        add=_known(add or [], theirs),
    )
    _write(draft_plan(draft), out)


def forecast(
    plan: option.PlanFile,
    mode: option.ModeName = None,
    floor: Annotated[float, typer.Option(min=0, max=1, help="Least mIoU of the secondary alone, 0..1.")] = _FLOOR,
    strict: option.Strict = False,
    json: option.AsJson = False,
) -> None:
    """Say from the counts alone what a plan will change: pixels moved, expected gain and loss of every label.

    No image is looked at. Refused where the secondary alone is below --floor: its statistics say little then.

    Example:  segweave extend forecast plan.yaml --mode guarded
    """
    from segweave.apps.cli.extend_opening import open_plan
    from segweave.combine.forecast import forecast as forecast_of

    _, opened = open_plan(plan, mode=mode, strict=strict)
    found = []
    for second in opened.secondaries:
        rule = _table_rule(opened, second)
        if second.lent.counts is None:
            raise UsageError(f"{plan}: a forecast needs `counts:`, a file of `segweave extend learn`")
        here = forecast_of(second.lent.counts, rule.lookup, second.lent)
        if here.secondary_miou is None or here.secondary_miou < floor:
            found_is = "nothing" if here.secondary_miou is None else f"{here.secondary_miou:.3f}"
            raise ModelError(
                f"{plan}: the mIoU of {_called(second)} alone is {found_is} on the counted images, expected at least"
                f" {floor:g}: what it lends would be mostly wrong; use a better model, or lower --floor"
            )
        found.append(here)
    if json:
        print_json({"mode": opened.mode.name, "secondaries": [_json(opened, *pair) for pair in _pairs(opened, found)]})
        return
    for second, here in _pairs(opened, found):
        _print(opened, second, here)


def rules(plan: option.PlanFile, mode: option.ModeName = None, json: option.AsJson = False) -> None:
    """List the pairs of labels that a plan changes, those with most counted pixels first.

    Example:  segweave extend rules plan.yaml --mode cooccurrence
    """
    from segweave.apps.cli.extend_opening import open_plan

    _, opened = open_plan(plan, mode=mode, strict=False)
    rows = [row for second in opened.secondaries for row in _rules(opened, second)]
    if json:
        names = ("secondary", "primary_label", "secondary_label", "becomes", "pixels")
        print_json({"mode": opened.mode.name, "rules": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    shown = [(*row[:4], "-" if row[4] is None else f"{row[4]:,}") for row in rows[:_MOST]]
    print_table(("secondary", "primary says", "secondary says", "becomes", "counted px"), shown, right=("counted px",))
    if len(rows) > _MOST:
        say(f"note: {len(rows) - _MOST} more with fewer pixels; --json lists all")


def _write(text: str, out: str | None) -> None:
    from segweave.files import replacing

    if out is None:
        print(text, end="")
        return
    with replacing(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(f"{out}: written; look through `add` and `similar`, then set reviewed: true")


def _check_mode(mode: str | None) -> None:
    from segweave.combine.modes import MODES

    if mode is not None and mode not in MODES:
        raise UsageError(f"--mode {mode!r} is not known; {did_you_mean(mode, MODES)}")


def _best_mode(secondary: "Model | None") -> str:
    """odds where the secondary's probabilities are available, or nothing is known of it."""
    from segweave.models.protocol import ProbabilityModel

    return "odds" if secondary is None or isinstance(secondary.network, ProbabilityModel) else "guarded"


def _known(add: list[str], labels: "LabelSet") -> tuple[str, ...]:
    for name in add:
        if name not in labels:
            raise UsageError(f"--add {name!r} is no label of the secondary; {did_you_mean(name, labels.names)}")
    return tuple(dict.fromkeys(add))


def _rules(plan: "Plan", second: "Secondary") -> list[tuple[str, str, str, str, int | None]]:
    import numpy as np

    table, m = _table_rule(plan, second).lookup, len(plan.primary_labels)
    counts = None if second.lent.counts is None else second.lent.counts.pixels.sum(axis=2)
    found: list[tuple[str, str, str, str, int | None]] = []
    for i, j in np.argwhere(table != np.arange(m)[:, None]).tolist():
        output = int(table[i, j])
        becomes = plan.labels[second.outputs[output - m] if output >= m else output].name
        pixels = None if counts is None else int(counts[i, j])
        found.append((_called(second), plan.primary_labels[i].name, second.labels[j].name, becomes, pixels))
    return sorted(found, key=lambda row: -(row[4] or 0))


def _table_rule(plan: "Plan", second: "Secondary") -> "TableRule":
    from segweave.combine.rules import TableRule

    if isinstance(second.rule, TableRule):
        return second.rule
    raise UsageError(
        f"{plan.path}: mode {plan.mode.name} decides by probabilities, which counts do not hold; --mode guarded,"
        " cooccurrence or override has a table"
    )


def _print(plan: "Plan", second: "Secondary", found: "Forecast") -> None:
    from segweave.apps.cli.extend_show import percent, share

    print(
        f"{_called(second)}, mode {plan.mode.name}: {share(found.moved, found.pixels)} of {found.pixels:,} pixels move"
    )
    print(
        f"its own mIoU is {percent(found.secondary_miou)}; {found.unseen_pairs:,} of {found.pairs:,} pairs are unseen"
    )
    columns = ("added label", "pixels moved", "gained", "lost", "missed", "expected IoU")
    added = [
        (
            second.labels[a.secondary].name,
            f"{a.moved:,}",
            f"{a.gained:,}",
            f"{a.lost:,}",
            f"{a.missed:,}",
            percent(a.iou),
        )
        for a in found.added
    ]
    print_table(columns, added, right=columns[1:])
    heads = ("primary label", "pixels", "right", "moved away", "right ones lost")
    touched = [p for p in found.primary if p.moved]
    rows = [
        (plan.primary_labels[p.primary].name, f"{p.pixels:,}", f"{p.right:,}", f"{p.moved:,}", share(p.lost, p.right))
        for p in sorted(touched, key=lambda p: -p.lost)
    ]
    print_table(heads, rows, right=heads[1:])


def _json(plan: "Plan", second: "Secondary", found: "Forecast") -> Json:
    return {
        "secondary": _called(second),
        "pixels": found.pixels,
        "moved": found.moved,
        "pairs": found.pairs,
        "unseen_pairs": found.unseen_pairs,
        "secondary_miou": found.secondary_miou,
        "added": {
            second.labels[a.secondary].name: {
                "moved": a.moved,
                "gained": a.gained,
                "lost": a.lost,
                "missed": a.missed,
                "iou": a.iou,
            }
            for a in found.added
        },
        "primary": {
            plan.primary_labels[p.primary].name: {
                "pixels": p.pixels,
                "right": p.right,
                "moved": p.moved,
                "lost": p.lost,
            }
            for p in found.primary
        },
    }


def _pairs(plan: "Plan", found: "list[Forecast]") -> "list[tuple[Secondary, Forecast]]":
    return list(zip(plan.secondaries, found, strict=True))


def _called(second: "Secondary") -> str:
    return second.model or second.labels.name


def _beside(name: str | None, out: str | None) -> str | None:
    """A file as a plan at `out` (or here) names it; other names as they are, also where a folder is called so."""
    from segweave.labels import table_names
    from segweave.models.opening import find_card

    if name is None or not Path(name).exists() or find_card(name) or name in table_names():
        return name
    folder = Path(out).parent if out is not None else Path()
    return os.path.relpath(name, folder or ".")
