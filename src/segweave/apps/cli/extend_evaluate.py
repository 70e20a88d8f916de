"""`segweave extend evaluate`: what a plan gains and what it costs, on labelled images."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli import extend_options as option
from segweave.apps.cli.extend_show import percent, signed
from segweave.apps.cli.output import Json, print_json, print_table, progress, say

if TYPE_CHECKING:
    from segweave.models.weave_score import Row, Trial, Tried

INTERRUPTED = 130


def evaluate(
    plan: option.PlanFile,
    dataset: option.Data,
    map_file: Annotated[
        str | None, typer.Option("--map", help="YAML of `labels suggest`: the plan's labels in the data set's.")
    ] = None,
    mode: option.ModeName = None,
    refine: Annotated[str, typer.Option(help="Steps to try too: snap, vote, guided, with commas between.")] = "",
    strict: option.Strict = False,
    format: option.Format = None,
    labels: option.DataLabels = None,
    photographs_in: option.PhotographsIn = None,
    threads: option.Threads = 0,
    json: option.AsJson = False,
) -> None:
    """Score a plan beside the primary alone and the baseline: mIoU of primary and added labels, harm, contours.

    harm: mIoU of the primary's labels on pixels whose truth is one of them. override: the secondary wins where it says
    an added label. contour: label accuracy within 2 px of the truth's contours.

    Example:  segweave extend evaluate plan.yaml camvid/test --refine snap,guided
    """
    from segweave.apps.cli.extend_opening import mapping, open_woven_plan
    from segweave.apps.cli.opening import open_source
    from segweave.combine.refine import steps_named
    from segweave.models.weave_score import Trial, check_trial, rows

    steps = tuple(name.strip() for name in refine.split(",") if name.strip())
    steps_named(steps)
    data, _ = open_source(dataset, format=format, labels=labels, photographs=photographs_in)
    woven = open_woven_plan(plan, mode=mode, strict=strict, threads=threads)
    label_map = mapping(woven.labels, data.labels, map_file=map_file, what="the plan's")
    trial = Trial(model=woven, data=data, label_map=label_map, refine=steps)
    check_trial(trial)
    tried, failed, interrupted = _run(trial)
    if not tried.images:
        say(f"segweave: {Path(dataset)}: no image could be scored")
        raise typer.Exit(INTERRUPTED if interrupted else 1)
    found = rows(trial, tried)
    if json:
        print_json(
            {
                "plan": plan,
                "mode": woven.plan.mode.name,
                "images": tried.images,
                "failed": failed,
                "labels": {
                    "primary": [data.labels[k].name for k in sorted(trial.kept)],
                    "added": [data.labels[k].name for k in sorted(trial.added)],
                },
                "rows": [_json(row, data.labels.names) for row in found],
            }
        )
    else:
        _print(found, tried.images)
    raise typer.Exit(INTERRUPTED if interrupted else int(bool(failed)))


def _run(trial: "Trial") -> "tuple[Tried, int, bool]":
    """The sum of all images, how many failed, and whether the user interrupted."""
    from segweave.models.weave_score import Tried, try_plan

    known, failed = Tried(), 0
    with progress("images", total=len(trial.data)) as advance:
        try:
            for tried in try_plan(trial):
                fault = tried.error if tried.error is not known.error else None
                known = tried
                failed += fault is not None
                advance(None if fault is None else f"segweave: {fault}")
        except KeyboardInterrupt:
            say(f"segweave: interrupted after {known.images} images; the table is of these")
            return known, failed, True
    return known, failed, False


def _print(found: "Sequence[Row]", images: int) -> None:
    print(f"{images:,} images; mIoU in per cent, with the difference to the primary alone")
    columns = ("", "primary labels", "HARM", "added", "all", "contour")
    base = found[0]
    rows = [
        (
            row.name,
            signed(row.primary, base.primary) if row is not base else percent(row.primary),
            signed(row.harm, base.harm) if row is not base else percent(row.harm),
            percent(row.added),
            signed(row.all, base.all) if row is not base else percent(row.all),
            signed(row.contour, base.contour) if row is not base else percent(row.contour),
        )
        for row in found
    ]
    print_table(columns, rows, right=columns[1:])


def _json(row: "Row", names: Sequence[str]) -> Json:
    facts: dict[str, Json] = {name: value for name, value in asdict(row).items() if name != "by_label"}
    return facts | {"labels": dict(zip(names, row.by_label, strict=True))}
