"""`segweave models`: which models are there, and what is known about one."""

from dataclasses import asdict
from typing import Annotated

import typer

from segweave.apps.cli.output import print_json, print_table
from segweave.errors import UsageError, did_you_mean
from segweave.models.zoo import ZOO

app = typer.Typer(help="Models: what can be asked.", no_args_is_help=True)


@app.command("list")
def list_models(
    task: Annotated[str | None, typer.Option(help="Only models for this task.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the models that segweave knows by name.

    Example:  segweave models list --task instance
    """
    from segweave.models.protocol import TASKS

    if task is not None and task not in TASKS:
        raise UsageError(f"task {task!r} is not known; {did_you_mean(task, TASKS)}")
    cards = [card for card in ZOO if task is None or task in card.tasks]
    if json:
        print_json([asdict(card) for card in cards])
        return
    rows = [(c.name, c.labels, ", ".join(c.tasks), c.weights_licence, c.summary) for c in cards]
    print_table(("name", "labels", "tasks", "weights", "what it is"), rows)


@app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A name of `segweave models list`.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known about one model: labels, tasks, training data, licence, score.

    Example:  segweave models show street
    """
    cards = {card.name: card for card in ZOO}
    if name not in cards:
        raise UsageError(f"model {name!r} is not known; {did_you_mean(name, cards)}")
    card = asdict(cards[name])
    if json:
        print_json(card)
        return
    card |= {"tasks": ", ".join(card["tasks"]), "commercial": "yes" if card["commercial"] else "no: research only"}
    print_table(("", ""), [(field.replace("_", " "), str(value)) for field, value in card.items()])
