"""`segweave formats`: which annotation formats there are, and what each can hold."""

from typing import Annotated

import typer

from segweave.apps.cli.output import print_json, print_table


def formats(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the annotation formats that `convert`, `check` and `evaluate` read, and `convert` writes.

    Example:  segweave formats
    """
    from segweave.formats import FORMATS

    if json:
        print_json(
            [
                {
                    "name": row.name,
                    "title": row.title,
                    "masks_may_overlap": row.holds.overlap,
                    "things_apart": row.holds.identity,
                    "crowds": row.holds.crowd,
                    "scores": row.holds.score,
                    "tracks": row.holds.track,
                }
                for row in FORMATS
            ]
        )
        return
    rows = [
        (
            row.name,
            row.title,
            "masks may overlap" if row.holds.overlap else "one segment a pixel",
            "yes" if row.holds.identity else "no",
            row.holds.crowd,
            row.holds.score,
            "yes" if row.holds.track else "no",
        )
        for row in FORMATS
    ]
    print_table(("format", "what it is", "pixels", "things apart", "crowds", "scores", "tracks"), rows)
