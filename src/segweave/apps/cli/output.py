"""What every command prints the same way: JSON, tables, lines for people."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

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


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress bar that is on the screen; call it once for each finished piece, with lines to show above it."""

    bar: "Bar"
    task: "TaskID"
    unit: str

    def __call__(self, *lines: str | None) -> None:
        """One more piece is finished. lines: to show above the bar, those that are None left out."""
        for line in lines:
            if line is not None:
                self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        self.bar.advance(self.task)
        state = self.bar.tasks[0]  # rich's own speed is over the last steps only, wild after a failure
        rate = f"{state.completed / state.elapsed:.1f} {self.unit}/s" if state.elapsed else ""
        self.bar.update(self.task, rate=rate)

    def show(self, where: str) -> None:
        """Say beside the bar how far the piece at work is."""
        self.bar.update(self.task, where=where)


@contextmanager
def progress(unit: str, *, total: int | None) -> Iterator[Progress]:
    """A progress bar on stderr with rate and remaining time; total: None where nobody knows."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    fields = (TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[where]}"))
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), *fields)
    with Bar(*columns, console=Console(stderr=True), redirect_stdout=False) as bar:
        yield Progress(bar, bar.add_task(unit, total=total, rate="", where=""), unit)
