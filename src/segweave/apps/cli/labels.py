"""`segweave labels`: which label sets ship, what is in one, and how one is said in another."""

from typing import Annotated

import typer
from rich.text import Text

from segweave.apps.cli.labels_map import map_sets, named_table, suggest_map
from segweave.apps.cli.output import Json, print_json, print_table
from segweave.labels import Color, Label, label_set, table_names

app = typer.Typer(help="Label sets: what can be seen.", no_args_is_help=True)


@app.command("list")
def list_sets(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the label sets that ship with segweave.

    Example:  segweave labels list
    """
    sets = [label_set(name) for name in table_names()]
    if json:
        print_json([{"name": s.name, "labels": len(s), "things": len(s.things), "stuff": len(s.stuff)} for s in sets])
        return
    rows = [(s.name, str(len(s)), str(len(s.things)), str(len(s.stuff))) for s in sets]
    print_table(("name", "labels", "things", "stuff"), rows, right=("labels", "things", "stuff"))


@app.command("show")
def show_set(
    name: Annotated[str, typer.Argument(help="A name of `segweave labels list`, or a CSV file of the same columns.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the labels of one set: index, colour, kind, names in English, Japanese and Korean; and what counts as void.

    Example:  segweave labels show cityscapes
    """
    table = named_table(name)
    if json:
        labels = [_entry(k, label, i) for k, (label, i) in enumerate(zip(table.labels, table.source_ids, strict=True))]
        voids: Json = [{"name": v.name, "color": _hex(v.color), "source_id": v.source_id} for v in table.voids]
        print_json({"name": table.labels.name, "source": table.source, "labels": labels, "voids": voids})
        return
    rows: list[tuple[str | Text, ...]] = []
    for k, (label, source_id) in enumerate(zip(table.labels, table.source_ids, strict=True)):
        kind = "thing" if label.is_thing else "stuff"
        rows.append((str(k), _swatch(label.color), kind, label.name, label.ja, label.ko, str(source_id)))
    for void in table.voids:
        rows.append(("", _swatch(void.color), "void", void.name, "", "", str(void.source_id)))
    print_table(("index", "color", "kind", "name", "ja", "ko", "source id"), rows, right=("index", "source id"))
    if table.source:
        print(f"\nsource: {table.source}")


app.command("map")(map_sets)
app.command("suggest")(suggest_map)


def _entry(index: int, label: Label, source_id: int) -> Json:
    return {
        "index": index,
        "name": label.name,
        "is_thing": label.is_thing,
        "color": _hex(label.color),
        "ja": label.ja,
        "ko": label.ko,
        "source_id": source_id,
    }


def _swatch(color: Color) -> Text:
    return Text("   ", style=f"on {_hex(color)}") + f" {_hex(color)}"


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
