"""`segweave extend apply` and `segweave extend explain`: a plan at work."""

from typing import TYPE_CHECKING, Annotated

import typer

from segweave.apps.cli import extend_options as option
from segweave.apps.cli.output import print_json, print_table
from segweave.errors import UsageError

if TYPE_CHECKING:
    from segweave.combine.explain import Explanation
    from segweave.formats import Photo
    from segweave.models.woven import WovenModel


def apply(
    plan: option.PlanFile,
    image: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Images, folders, globs (in quotes) or videos.")
    ],
    out: Annotated[str, typer.Option(help="Folder for pictures, id maps and tables.")],
    task: Annotated[str | None, typer.Option(help="panoptic, instance or semantic; else what the plan offers.")] = None,
    strict: option.Strict = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")] = False,
    json: option.AsJson = False,
    opacity: Annotated[float, typer.Option(help="Of the colours: 0 photograph only .. 1 colours only.")] = 0.5,
    language: Annotated[str, typer.Option(help="Of the names in the pictures: en, ja or ko.")] = "en",
    colorblind: Annotated[bool, typer.Option("--colorblind", help="Colours that everybody can tell apart.")] = False,
    threads: option.Threads = 0,
) -> None:
    """Say what is where in images, in the extended label set. Writes what `segweave predict` writes.

    The same as `segweave predict IMAGE... --model PLAN`.

    Example:  segweave extend apply plan.yaml photos/ --out results
    """
    from segweave.apps.cli.extend_opening import read_checked
    from segweave.apps.cli.predict import predict

    read_checked(plan, strict=strict)
    predict(
        source=image,
        task=task,
        model=plan,
        out=out,
        resume=resume,
        json=json,
        opacity=opacity,
        language=language,
        colorblind=colorblind,
        threads=threads,
    )


def explain(
    plan: option.PlanFile,
    image: Annotated[str, typer.Argument(help="One image.")],
    at: Annotated[str, typer.Option(metavar="ROW,COL", help="The pixel: row and column, counted from 0.")],
    mode: option.ModeName = None,
    threads: option.Threads = 0,
    json: option.AsJson = False,
) -> None:
    """Say why one pixel became what it is: which rule, which counts, which probabilities.

    Example:  segweave extend explain plan.yaml street.jpg --at 210,35
    """
    from dataclasses import asdict

    from segweave.apps.cli.extend_opening import open_woven_plan
    from segweave.combine.explain import explain as explain_pixel
    from segweave.formats import read_image
    from segweave.models.woven import semantic

    place = _place(at)
    woven = open_woven_plan(plan, mode=mode, strict=False, threads=threads)
    photograph = read_image(image)
    primary = semantic(woven.primary, photograph).label_indices()
    found = explain_pixel(woven.plan, primary, woven.evidence(photograph), at=place)
    after = found.output if not woven.plan.refine else _refined(woven, photograph, place)
    if json:
        print_json({**asdict(found), "refined": after})
        return
    _print(found)
    if after != found.output:
        print(f"\nrefining ({', '.join(woven.plan.refine)}) makes it {after or 'void'}")


def _refined(woven: "WovenModel", photograph: "Photo", place: tuple[int, int]) -> str | None:
    """The label of a pixel in the plan's own result."""
    from segweave.models.woven import semantic

    label = int(semantic(woven, photograph).label_indices()[place])
    return woven.labels[label].name if label >= 0 else None


def _print(found: "Explanation") -> None:
    print(f"row {found.row}, column {found.column}: {found.primary or 'void'} -> {found.output or 'void'}")
    if not found.steps:
        print("the primary is void here, and void stays void")
    if found.speck:
        print("this part of the added label is smaller than the plan's `smallest_part`: the primary's label stays")
    for step in found.steps:
        print(f"\n{step.secondary} says {step.says or 'nothing'}; mode {found.mode} gives {step.output}")
        print(f"  {step.reason}")
        if step.terms:
            counted = any(term.pixels is not None for term in step.terms)
            rows = [
                (term.label, f"{term.probability:.3f}", f"{term.pixels:,}" if term.pixels is not None else "")
                for term in step.terms
            ]
            columns = ("  label", "probability", "counted px" if counted else "")
            print_table(columns, [(f"  {row[0]}", *row[1:]) for row in rows], right=columns[1:])


def _place(text: str) -> tuple[int, int]:
    row, comma, column = (part.strip() for part in text.partition(","))
    if comma and row.isdecimal() and column.isdecimal():
        return int(row), int(column)
    raise UsageError(f"--at {text!r}: expected ROW,COL, two whole numbers from 0, for example 210,35")
