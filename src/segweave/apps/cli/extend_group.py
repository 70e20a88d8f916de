"""`segweave extend`: a few more labels for a trained model, lent by another one, without training."""

import typer

from segweave.apps.cli.extend_apply import apply, explain
from segweave.apps.cli.extend_evaluate import evaluate
from segweave.apps.cli.extend_learn import learn, merge
from segweave.apps.cli.extend_plan import forecast, rules, suggest

app = typer.Typer(
    help="Lend a trained model the labels of another one, without training.\n\n"
    "suggest a plan, look through it, then apply it, or use it as a model: `segweave predict x.jpg --model plan.yaml`.",
    no_args_is_help=True,
)
app.command("suggest")(suggest)
app.command("learn")(learn)
app.command("merge")(merge)
app.command("forecast")(forecast)
app.command("rules")(rules)
app.command("apply")(apply)
app.command("evaluate")(evaluate)
app.command("explain")(explain)
