"""The options of `segweave evaluate`, with their help."""

from typing import Annotated

import typer

Truth = Annotated[
    str, typer.Argument(metavar="TRUTH", help="The truth: a folder or one annotation file of any format.")
]
Guess = Annotated[str, typer.Argument(metavar="PREDICTION", help="What to score, of any format.")]
TaskName = Annotated[str, typer.Option("--task", help="panoptic, semantic or instance.")]
TruthFormat = Annotated[str | None, typer.Option("--format", help="Format of the truth; else the files are looked at.")]
GuessFormat = Annotated[str | None, typer.Option("--prediction-format", help="Format of the prediction.")]
TruthLabels = Annotated[
    str | None, typer.Option("--labels", help="What the ids in the truth mean: a label set, or a CSV of `labels show`.")
]
GuessLabels = Annotated[str | None, typer.Option("--prediction-labels", help="The same for the prediction.")]
MapFile = Annotated[
    str | None, typer.Option("--map", help="YAML of `labels suggest`: the prediction's labels in the truth's.")
]
ConventionName = Annotated[
    str, typer.Option("--convention", help="coco: as the COCO script counts. strict: by the definition, from pixels.")
]
Errors = Annotated[bool, typer.Option("--errors", help="Say where PQ is lost (panoptic).")]
Boundary = Annotated[bool, typer.Option("--boundary", help="Boundary IoU, boundary PQ, boundary F.")]
Cityscapes = Annotated[bool, typer.Option("--cityscapes", help="AP by the Cityscapes protocol too (instance).")]
Intervals = Annotated[bool, typer.Option("--intervals", help="95 % intervals by resampling the images.")]
Slices = Annotated[
    str | None, typer.Option("--slices", help="CSV of image attributes: column `image`, then one column each.")
]
Against = Annotated[str | None, typer.Option("--against", help="Another prediction, to be compared image by image.")]
Report = Annotated[str | None, typer.Option("--report", help="Write one HTML file that shows it all.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]
CountsFile = Annotated[
    str | None, typer.Option("--counts", help="Keep the counts in this .npz; `segweave evaluate merge` adds such.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Count only the images that the file of --counts lacks.")]
Shard = Annotated[str | None, typer.Option("--shard", help="i/n: only every n-th image, from the i-th on (1..n).")]
SkipMissing = Annotated[
    bool, typer.Option("--skip-missing", help="Leave out images that are missing or broken; they are reported.")
]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Threads; 0 = one a core.")]
Images = Annotated[
    str | None, typer.Option("--photographs-in", help="Folder of the photographs, for the pictures in the report.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
