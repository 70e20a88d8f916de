"""Opening data sets the same way in every command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segweave.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from segweave.formats import Dataset
    from segweave.labels import LabelSet, LabelTable

Source = Annotated[str, typer.Argument(help="A data set: its folder, or one annotation file.")]
From = Annotated[str | None, typer.Option("--from", help="Format of the source; without it the files are looked at.")]
Labels = Annotated[
    str | None, typer.Option(help="What the ids or names in the source mean: a label set or a CSV of `labels show`.")
]
PhotographsIn = Annotated[
    str | None, typer.Option("--photographs-in", help="Folder of the photographs, where they are elsewhere.")
]


def open_source(path: str, *, format: str | None, labels: str | None, photographs: str | None) -> "tuple[Dataset, str]":
    """The data set at `path` and its format; `UsageError` for a path that is not there and for unknown names."""
    from segweave.formats import detect, format_named, open_dataset

    check_is_there(path)
    if photographs is not None:
        check_is_there(photographs)
    if format is not None:
        format_named(format)
    name = format if format is not None else next(iter(detect(path)), None)
    data = open_dataset(path, format, labels=table_named(labels), images=photographs)
    return data, name or ""


def check_is_there(path: str) -> None:
    """`UsageError` with near matches for a path where nothing is."""
    try:
        if Path(path).exists():
            return
        beside = [entry.name for entry in Path(path).parent.iterdir() if not entry.name.startswith(".")]
        reason = f"there is no such file or folder; {did_you_mean(Path(path).name, beside)}"
    except (OSError, ValueError):
        reason = "there is no such file or folder"
    raise UsageError(f"{path}: {reason}")


def table_named(labels: str | None) -> "LabelTable | None":
    """The table that an option names, if any; `UsageError` with near matches for an unknown one."""
    from segweave.labels import label_table

    return None if labels is None else label_table(_known(labels))


def label_set_named(name: str) -> "LabelSet":
    """The label set that an option names; `UsageError` with near matches for an unknown one."""
    from segweave.labels import label_set

    return label_set(_known(name))


def _known(name: str) -> str:
    from segweave.labels import table_names

    if not name.endswith(".csv") and name not in table_names():
        raise UsageError(f"label set {name!r} is not known; {did_you_mean(name, table_names())}")
    return name
