"""`segweave models`: which models are there, and what is known about one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from segweave.apps.cli.output import Json, print_json, print_table
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
    name: Annotated[str, typer.Argument(help="A name of `segweave models list`, or an ONNX file.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known about one model: labels, tasks, training data, licence, score; of a file what it says itself.

    Examples:

      segweave models show street

      segweave models show mine.onnx
    """
    cards = {card.name: card for card in ZOO}
    facts = asdict(cards[name]) if name in cards else _of_file(name, known=tuple(cards))
    if json:
        print_json(facts)
        return
    facts = {fact: ", ".join(value) if isinstance(value, tuple) else value for fact, value in facts.items()}
    if "commercial" in facts:
        facts["commercial"] = "yes" if facts["commercial"] else "no: research and evaluation only"
    print_table(("", ""), [(fact.replace("_", " "), str(value)) for fact, value in facts.items()])


def _of_file(name: str, *, known: tuple[str, ...]) -> dict[str, Json]:
    from segweave.models.adapters.onnx import open_onnx

    if not Path(name).suffix and not Path(name).exists():
        raise UsageError(f"model {name!r} is not known; {did_you_mean(name, known)}")
    model = open_onnx(name)
    return {
        "file": name,
        "label_set": model.labels.name,
        "labels": model.labels.names,
        "tasks": model.tasks,
        "decoder": str(model.description.decoder),
        "preprocess": str(model.description.preprocess),
        "network_size": f"{model.fixed_size[0]} x {model.fixed_size[1]} px" if model.fixed_size else "any",
    }
