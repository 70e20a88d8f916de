"""`segweave labels map` and `segweave labels suggest`: one label set said in another."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from segweave.apps.cli.output import print_json, print_table, say
from segweave.errors import LabelError, UsageError, did_you_mean
from segweave.files import replacing
from segweave.labels import LabelMap, LabelSet, LabelTable, draft_yaml, label_table, suggest, table_names

SetName = Annotated[str, typer.Argument(help="A name of `segweave labels list`, or a CSV file of the same columns.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def map_sets(
    source: SetName,
    target: SetName,
    file: Annotated[
        Path | None, typer.Option(help="YAML file of `source name: target name` lines, instead of synonyms.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Print which label of TARGET each label of SOURCE becomes; labels without a counterpart become void.

    By equal names and synonyms, or by a file. Fails where several labels of TARGET fit equally well.

    Examples:

      segweave labels map voc coco_panoptic

      segweave labels map ade20k cityscapes --file map.yaml
    """
    a, b = named_table(source).labels, named_table(target).labels
    label_map = LabelMap.from_yaml(a, b, file) if file else _by_synonyms(a, b, f"{source} {target}")
    whys = ["map file" if file else s.why for s in suggest(a, b)]
    found = zip(a.names, label_map.targets, whys, strict=True)
    pairs = [(name, None, "") if t is None else (name, b[t].name, why) for name, t, why in found]
    mapped = sum(t is not None for t in label_map.targets)
    if json:
        rows = [{"source": name, "target": other, "why": why} for name, other, why in pairs]
        print_json({"source": a.name, "target": b.name, "labels": rows, "mapped": mapped, "of": len(a)})
    else:
        print_table((a.name, b.name, "why"), [(name, other or "(void)", why) for name, other, why in pairs])
    say(f"{mapped} of {len(a)} labels of {a.name} have a counterpart in {b.name}; the others become void")


def suggest_map(
    source: SetName,
    target: SetName,
    out: Annotated[Path | None, typer.Option(help="Write the draft to this file instead of stdout.")] = None,
    json: AsJson = False,
) -> None:
    """Print a draft of a label map as YAML, to be looked through by a person: what each label of SOURCE may become.

    Goes further than `map`: from a kind to the wider label, and to names that are nearly the same.

    Example:  segweave labels suggest ade20k cityscapes --out map.yaml
    """
    if json and out:
        raise UsageError("--json prints and --out writes YAML; give one of them")
    a, b = named_table(source).labels, named_table(target).labels
    if json:
        print_json({"source": a.name, "target": b.name, "suggestions": [asdict(s) for s in suggest(a, b)]})
    elif out:
        with replacing(out) as temporary:
            temporary.write_text(draft_yaml(a, b), encoding="utf-8")
        say(f"{out}: written; look through it, then: segweave labels map {source} {target} --file {out}")
    else:
        print(draft_yaml(a, b), end="")


def named_table(name: str) -> LabelTable:
    """The table a person named: one that ships, or a CSV file."""
    if not name.endswith(".csv") and name not in table_names():
        raise UsageError(f"label set {name!r} is not known; {did_you_mean(name, table_names())}")
    return label_table(name)


def _by_synonyms(source: LabelSet, target: LabelSet, arguments: str) -> LabelMap:
    try:
        return LabelMap.by_synonyms(source, target)
    except LabelError as error:
        raise LabelError(f"{error}: segweave labels suggest {arguments} --out map.yaml makes a draft") from None
