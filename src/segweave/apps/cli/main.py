"""`segweave`: the table of commands, and how errors reach the terminal."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated

import typer

from segweave import __version__
from segweave.apps.cli import evaluate_group, extend_group, labels, models
from segweave.apps.cli.check import check
from segweave.apps.cli.convert import convert
from segweave.apps.cli.export import export
from segweave.apps.cli.formats import formats
from segweave.apps.cli.predict import predict
from segweave.errors import SegweaveError, UsageError

COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("predict", predict),
    ("convert", convert),
    ("check", check),
    ("formats", formats),
    ("export", export),
)
GROUPS: tuple[tuple[str, typer.Typer], ...] = (
    ("evaluate", evaluate_group.app),
    ("extend", extend_group.app),
    ("labels", labels.app),
    ("models", models.app),
)

EXAMPLES = """
Examples:

  segweave predict street.jpg --out results

  segweave predict photos/ --task instance --out results

  segweave convert my-labelme-folder out --to coco-panoptic

  segweave check my-data

  segweave evaluate panoptic_val.json results/panoptic.json --errors

  segweave extend suggest --primary street --secondary ade.onnx --add signboard > plan.yaml

  segweave labels show cityscapes
"""


def build() -> typer.Typer:
    """The whole command line as one typer application."""
    app = typer.Typer(
        name="segweave",
        help="What is where in an image: semantic, instance and panoptic segmentation.\n\n" + EXAMPLES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name, command in COMMANDS:
        app.command(name)(command)
    for name, group in GROUPS:
        app.add_typer(group, name=name)
    return app


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 something failed, 2 wrong use, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Japanese names on an ASCII terminal, file names that are no Unicode
            stream.reconfigure(errors="backslashreplace")
    try:
        build()()
    except SegweaveError as error:
        print(f"segweave: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:  # while the commands are set up; a command at work ends in its own way
        sys.exit(130)
    except BrokenPipeError:  # `segweave … | head`: the reader has gone, which is no mistake
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"segweave {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass
