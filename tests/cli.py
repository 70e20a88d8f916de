"""Run the command line in this process and see what a user sees."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from segweave.apps.cli.main import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """The lines on stderr that report a problem."""
        return [line for line in self.err.splitlines() if line.startswith("segweave: ")]


Cli = Callable[..., Said]


def make_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """A function that runs `segweave ARGUMENTS`."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["segweave", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run
