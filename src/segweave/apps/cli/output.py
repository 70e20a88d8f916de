"""What every command prints the same way: JSON, tables, lines for people."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Mapping[str, "Json"] | Sequence["Json"] | str | float | int | bool | None


def print_json(value: Json) -> None:
    """One JSON document on stdout, non-ASCII letters as they are."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1)
    print()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Sequence[str] = ()) -> None:
    """A table on stdout; the columns named in `right` are aligned right. Not wrapped when stdout is a file."""
    console = Console() if sys.stdout.isatty() else Console(width=200)
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def say(line: str) -> None:
    """One line of talk, on stderr, so that stdout holds results only."""
    print(line, file=sys.stderr)


@contextmanager
def progress(unit: str, *, total: int | None) -> Iterator[Callable[[str | None], None]]:
    """A progress bar on stderr with rate and remaining time; total: None where nobody knows.

    Yields a function to call once for each finished piece, with a line to show above the bar or None.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TextColumn("{task.fields[rate]}"))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, redirect_stdout=False) as bar:
        task = bar.add_task(unit, total=total, rate="")

        def advance(line: str | None) -> None:
            if line is not None:
                console.print(line, markup=False, highlight=False, soft_wrap=True)
            bar.advance(task)
            elapsed = bar.tasks[0].elapsed  # rich's own speed is over the last steps only, wild after a failure
            bar.update(task, rate=f"{bar.tasks[0].completed / elapsed:.1f} {unit}/s" if elapsed else "")

        yield advance
