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
Primary = Annotated[str, typer.Option("--primary", help="The model whose labels stay.")]
Secondary = Annotated[str, typer.Option("--secondary", help="The model that lends labels.")]
CountsOut = Annotated[str, typer.Option("--out", help="Write the counts to this .npz.")]
TruthMap = Annotated[
    str | None, typer.Option("--map", help="YAML of `labels suggest`: the data set's labels in the secondary's.")
]
PlanMap = Annotated[
    str | None, typer.Option("--map", help="YAML of `labels suggest`: the plan's labels in the data set's.")
]
Shard = Annotated[str | None, typer.Option("--shard", help="i/n: only every n-th image, from the i-th on (1..n).")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
Refine = Annotated[str, typer.Option("--refine", help="Steps to try too: snap, vote, guided, with commas between.")]
PrimaryLabels = Annotated[str | None, typer.Option("--primary-labels", help="Label set of the primary.")]
SecondaryLabels = Annotated[str | None, typer.Option("--secondary-labels", help="Label set of the secondary.")]
PrimaryOrNone = Annotated[
    str | None, typer.Option("--primary", help="The model whose labels stay, instead of its label set.")
]
SecondaryOrNone = Annotated[str | None, typer.Option("--secondary", help="The model that lends labels.")]
KnownCounts = Annotated[
    str | None, typer.Option("--counts", help="Counts of `extend learn`: what is often there is similar.")
]
Add = Annotated[list[str] | None, typer.Option("--add", help="A secondary label to add; may be given often.")]
DraftOut = Annotated[str | None, typer.Option("--out", help="Write the draft to this file instead of stdout.")]
