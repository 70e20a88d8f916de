"""The options of `segweave predict`, with their help."""

from typing import Annotated

import typer

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Images, folders, globs (in quotes), videos, or @LIST: a file of such."),
]
TaskName = Annotated[
    str | None,
    typer.Option("--task", help="panoptic, instance or semantic; else the first of these that the model offers."),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        help="A name of `segweave models list` or on the hub (owner/name), an ONNX file, a folder, an extension plan,"
        " or how to build it (smp:unet/resnet34, torchvision:fcn_resnet50).",
    ),
]
ModelLabels = Annotated[
    str | None,
    typer.Option("--labels", help="What it can see, where its files do not say: a label set or a CSV file."),
]
ModelWeights = Annotated[
    str | None, typer.Option("--weights", help="Its weights (.safetensors, .pth), where --model says how to build it.")
]
Out = Annotated[str | None, typer.Option("--out", help="Folder for pictures, id maps and tables.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run in --out.")]
Tile = Annotated[
    int | None, typer.Option("--tile", min=1, help="Show large images to the model in tiles of so many px.")
]
Overlap = Annotated[
    int | None, typer.Option("--overlap", min=0, help="Px that neighbouring tiles share; else an eighth of --tile.")
]
Flip = Annotated[bool, typer.Option("--flip", help="Look at the mirror image too, and take the mean (semantic).")]
Scales = Annotated[
    str | None, typer.Option("--scales", help="Look at several scales, such as 0.75,1,1.25, and take the mean.")
]
Confidence = Annotated[bool, typer.Option("--confidence", help="Write maps of how sure the model is at each pixel.")]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Images (or tiles) that the model gets at once.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Opacity = Annotated[float, typer.Option("--opacity", help="Of the colours: 0 photograph only .. 1 colours only.")]
LanguageName = Annotated[str, typer.Option("--language", help="Of the names in the pictures: en, ja or ko.")]
Colorblind = Annotated[bool, typer.Option("--colorblind", help="Colours that everybody can tell apart.")]
Threads = Annotated[int, typer.Option("--threads", min=0, help="For the network; 0 = all cores.")]
