"""`segweave models`: which models are there, and what is known about one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from segweave.apps.cli.extend_show import plan_facts
from segweave.apps.cli.output import Json, print_json, print_table
from segweave.errors import UsageError, did_you_mean
from segweave.models.zoo import ZOO, ModelCard

app = typer.Typer(help="Models: what can be asked.", no_args_is_help=True)

_COMMERCIAL = {True: "yes", False: "no: research and evaluation only", None: "not clear: ask the publisher"}
_SHORT = {True: "", False: "not commercial", None: "commercial?"}


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
        print_json([_facts(card) for card in cards])
        return
    rows = [(c.name, c.labels, ", ".join(c.tasks), c.library, _SHORT[c.commercial], c.score) for c in cards]
    print_table(("name", "labels", "tasks", "runs in", "weights", "published score"), rows)


@app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A name of `segweave models list`, an ONNX file, or a plan.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known about one model: labels, tasks, training data, licence, score; of a file what it says itself.

    Examples:

      segweave models show street

      segweave models show mine.onnx
    """
    cards = {card.name: card for card in ZOO}
    if json:
        print_json(_facts(cards[name]) if name in cards else _of_file(name, known=tuple(cards)))
        return
    facts = _in_words(cards[name]) if name in cards else _of_file(name, known=tuple(cards))
    words = {fact: ", ".join(map(str, value)) if isinstance(value, tuple) else value for fact, value in facts.items()}
    print_table(("", ""), [(fact.replace("_", " "), str(value)) for fact, value in words.items()])


def _facts(card: ModelCard) -> dict[str, Json]:
    return {**asdict(card), "tasks": list(card.tasks)}


def _in_words(card: ModelCard) -> dict[str, Json]:
    """What a person wants to read; what is empty is left out."""
    facts = {fact: value for fact, value in asdict(card).items() if value != ""}
    facts["commercial"] = _COMMERCIAL[card.commercial]
    facts["sha256"] = card.sha256 or "not pinned: checked against what the hub says"
    facts["score"] = card.score or "none that could be confirmed"
    return facts


def _of_file(name: str, *, known: tuple[str, ...]) -> dict[str, Json]:
    from segweave.models.adapters.onnx import open_onnx
    from segweave.models.adapters.openvino import open_openvino

    if name.endswith((".yaml", ".yml")):
        return plan_facts(name)
    if not Path(name).suffix and not Path(name).exists():
        raise UsageError(f"model {name!r} is not known; {did_you_mean(name, known)}")
    model = open_openvino(name) if name.endswith(".xml") else open_onnx(name)
    return {
        "file": name,
        "label_set": model.labels.name,
        "labels": model.labels.names,
        "tasks": model.tasks,
        "decoder": str(model.description.decoder),
        "preprocess": str(model.description.preprocess),
        "network_size": f"{model.fixed_size[0]} x {model.fixed_size[1]} px" if model.fixed_size else "any",
    }
