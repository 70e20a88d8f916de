"""`segweave evaluate merge`: the counts of shards as one evaluation."""

from pathlib import Path
from typing import Annotated

import typer

from segweave.apps.cli import evaluate_options as option
from segweave.errors import UsageError


def merge(
    files: Annotated[list[str], typer.Argument(help="Files of --counts.")],
    convention: option.ConventionName = "coco",
    errors: option.Errors = False,
    boundary: option.Boundary = False,
    cityscapes: option.Cityscapes = False,
    intervals: option.Intervals = False,
    slices: option.Slices = None,
    report: option.Report = None,
    force: option.Force = False,
    counts: Annotated[str | None, typer.Option("--counts", help="Keep the sum in this .npz.")] = None,
    json: option.AsJson = False,
) -> None:
    """Add what `segweave evaluate --counts` has kept, and score it: the same digits as one run over all images.

    No image is read, so a page has no pictures.

    Example:  segweave evaluate merge part-1.npz part-2.npz --errors
    """
    from segweave.apps.cli.evaluate_request import check_free, question
    from segweave.apps.cli.evaluate_run import finish
    from segweave.apps.cli.opening import check_is_there
    from segweave.report.counts import merged
    from segweave.report.counts_file import load_counts, save_counts

    for file in (report, counts):
        if file is not None:
            check_free(Path(file), force=force)
    for file in files:
        check_is_there(file)
    whole = merged(load_counts(Path(file)) for file in files)
    asked = question(
        whole.task, convention, errors=errors, boundary=boundary, cityscapes=cityscapes, intervals=intervals
    )
    if boundary and whole.boundary is None:
        raise UsageError("these counts were made without --boundary; count again with it")
    if counts is not None:
        save_counts(Path(counts), whole)
    finish(whole, asked, slices=slices, report=None if report is None else Path(report), json=json)
