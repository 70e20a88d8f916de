"""`segweave evaluate agreement`: how far two annotators agree."""

from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli import evaluate_options as option
from segweave.apps.cli.output import Json, print_json, print_table, say

if TYPE_CHECKING:
    from segweave.evaluation.agreement import Agreement, Border

_MOST = 15


def agreement(
    first: Annotated[str, typer.Argument(metavar="A", help="What one person drew, of any format.")],
    second: Annotated[str, typer.Argument(metavar="B", help="What another drew of the same images.")],
    format: Annotated[
        str | None, typer.Option("--format", help="Format of both; else the files are looked at.")
    ] = None,
    labels: option.TruthLabels = None,
    map_file: option.MapFile = None,
    skip_missing: option.SkipMissing = False,
    workers: option.Workers = 0,
    json: option.AsJson = False,
) -> None:
    """Say how far two annotators agree, and which borders they draw in different places.

    PQ both ways, Cohen's kappa of the pixels, and for each two labels how much of their border only one of them has:
    where the guideline needs a rule.

    Example:  segweave evaluate agreement anna/ ben/
    """
    from segweave.apps.cli.evaluate_request import Files, Keep, Opening, question
    from segweave.apps.cli.evaluate_run import agreement_pieces, opened
    from segweave.evaluation.agreement import joined_agreements, score_agreement

    keep = Keep.checked(None, None, None, force=False, resume=False, skip_missing=skip_missing, workers=workers)
    sides = Opening(truth=Files(first, format, labels), prediction=Files(second, format, labels), map_file=map_file)
    asked = question("panoptic", "strict", errors=False, boundary=False, cityscapes=False, intervals=False)
    pair, _ = opened(sides, asked, keep)
    found = score_agreement(joined_agreements(agreement_pieces(pair, keep)))
    if json:
        print_json(_as_json(found))
    else:
        _print(found)


def _print(found: "Agreement") -> None:
    def percent(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.2f}"

    print(f"{found.images:,} images, two annotators")
    print(f"PQ {percent(found.a_as_truth.all.pq)} with A as truth, {percent(found.b_as_truth.all.pq)} with B as truth")
    kappa = "-" if found.kappa is None else f"{found.kappa:.3f}"
    print(f"equal labels on {percent(found.accuracy)} % of the pixels that both labelled; Cohen's kappa {kappa}")
    columns = ("border", "A, px", "B, px", "in both, %", "disputed, px", "apart, px")
    for title, rows in (
        ("Borders of labels, the most disputed first:", [(name, border) for name, border in found.labels]),
        ("Borders between two labels:", [(f"{i} / {k}", border) for i, k, border in found.pairs]),
    ):
        print(f"\n{title}")
        print_table(columns, [_row(name, border) for name, border in rows[:_MOST]], right=columns[1:])
        if len(rows) > _MOST:
            say(f"note: {len(rows) - _MOST} more with less disputed length; --json lists all")


def _row(name: str, border: "Border") -> tuple[str, ...]:
    offset = border.mean_offset
    return (
        name,
        f"{border.a:,}",
        f"{border.b:,}",
        f"{100 * border.agreement:.1f}",
        f"{border.disputed:,}",
        "-" if offset is None else f"{offset:.2f}",
    )


def _as_json(found: "Agreement") -> Json:
    from segweave.apps.cli.evaluate_json import panoptic_json

    return {
        "images": found.images,
        "accuracy": found.accuracy,
        "kappa": found.kappa,
        "a_as_truth": panoptic_json(found.a_as_truth),
        "b_as_truth": panoptic_json(found.b_as_truth),
        "labels": {name: _border(border) for name, border in found.labels},
        "pairs": [{"labels": [i, k], **_border(border)} for i, k, border in found.pairs],
    }


def _border(border: "Border") -> dict[str, Json]:
    return {
        "a": border.a,
        "b": border.b,
        "a_found": border.a_found,
        "b_found": border.b_found,
        "agreement": border.agreement,
        "disputed": border.disputed,
        "mean_offset": border.mean_offset,
    }
