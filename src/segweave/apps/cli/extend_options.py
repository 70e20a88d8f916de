"""The options of `segweave extend`, with their help."""

from typing import Annotated

import typer

PlanFile = Annotated[str, typer.Argument(metavar="PLAN", help="A plan: the YAML file of `segweave extend suggest`.")]
Data = Annotated[str, typer.Argument(metavar="DATASET", help="Labelled images of any format (`segweave formats`).")]
Format = Annotated[str | None, typer.Option("--format", help="Format of the data set; else the files are looked at.")]
DataLabels = Annotated[
    str | None, typer.Option("--labels", help="What the ids in the data set mean: a label set, or a CSV.")
]
PhotographsIn = Annotated[
    str | None, typer.Option("--photographs-in", help="Folder of the photographs, where they are elsewhere.")
]
ModeName = Annotated[
    str | None, typer.Option("--mode", help="cooccurrence, guarded, odds or override, instead of the plan's.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a plan that nobody has looked through.")]
Threads = Annotated[int, typer.Option("--threads", min=0, help="For the networks; 0 = all cores.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
