"""`segweave extend evaluate`: what a plan gains and what it costs, on labelled images."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

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
    map_file: option.PlanMap = None,
    mode: option.ModeName = None,
    refine: option.Refine = "",
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
    from segweave.apps.cli.extend_opening import Labelled, mapping, open_woven_plan
    from segweave.combine.refine import steps_named
    from segweave.models.weave_score import Question, Trial, check_question, rows

    steps = tuple(name.strip() for name in refine.split(",") if name.strip())
    steps_named(steps)
    data = Labelled(dataset, format, labels, photographs_in).opened()
    woven = open_woven_plan(plan, mode=mode, strict=strict, threads=threads)
    label_map = mapping(woven.labels, data.labels, map_file=map_file, what="the plan's")
    question = Question(plan=woven.plan, label_map=label_map, refine=steps)
    check_question(question)
    trial = Trial(model=woven, data=data, question=question)
    tried, failed, interrupted = _run(trial)
    if tried.images:
        found = rows(question, tried.tallies)
        if json:
            print_json(_json(plan, trial, tried, found) | {"failed": failed})
        else:
            _print(found, tried.images)
    else:
        say(f"segweave: {dataset}: no image could be scored")
    raise typer.Exit(INTERRUPTED if interrupted else int(bool(failed) or not tried.images))


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


def _json(plan: str, trial: "Trial", tried: "Tried", found: "Sequence[Row]") -> dict[str, Json]:
    names = trial.data.labels.names
    return {
        "plan": plan,
        "mode": trial.model.plan.mode.name,
        "images": tried.images,
        "labels": {
            "primary": [names[k] for k in sorted(trial.question.kept)],
            "added": [names[k] for k in sorted(trial.question.added)],
        },
        "rows": [_row_json(row, names) for row in found],
    }


def _row_json(row: "Row", names: Sequence[str]) -> Json:
    facts: dict[str, Json] = {name: value for name, value in asdict(row).items() if name != "by_label"}
    return facts | {"labels": dict(zip(names, row.by_label, strict=True))}
