"""The command line as a fixture."""

import pytest

from cli import Cli, make_cli


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("evaluate", "truth", "guess")` -> exit code, stdout, stderr."""
    return make_cli(monkeypatch, capsys)
