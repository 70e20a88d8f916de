"""`segweave evaluate TRUTH PREDICTION`, which is a command, and `segweave evaluate merge`, which is one of its own."""

from typing import Any

import typer
from typer.core import TyperGroup

from segweave.apps.cli.evaluate import evaluate
from segweave.apps.cli.evaluate_agreement import agreement
from segweave.apps.cli.evaluate_merge import merge

_USUAL = "data sets"


class _WithUsualCommand(TyperGroup):
    """A group whose usual command needs no name: what follows is its arguments."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or args[0] not in self.commands:
            args = [_USUAL, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> tuple[str | None, Any, list[str]]:  # type: ignore[override]
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == _USUAL else name, command, rest  # what its usage and its errors call it


app = typer.Typer(cls=_WithUsualCommand, help="Score a prediction against the truth, and say where it loses.")
app.command(_USUAL, hidden=True)(evaluate)
app.command("merge")(merge)
app.command("agreement")(agreement)
