"""The documentation runs: every Python block of README.md and docs/, and every `$ segweave` command of the README."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from laws.tree import ROOT, files

README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
PAGES = ["README.md", *files(ROOT / "docs", "*.md")]
SHIM = """#!/bin/sh
exec "{python}" -c 'import sys; sys.path.insert(0, "{src}"); sys.argv[0] = "segweave"
from segweave.apps.cli.main import main
sys.exit(main())' "$@"
"""


def blocks(page: str, language: str) -> list[tuple[int, str]]:
    """(first line, text) of every fenced block of a language."""
    path = ROOT / page
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start(2)) + 1, m[2]) for m in BLOCK.finditer(text) if m[1] == language]


def commands(page: str) -> list[tuple[int, str]]:
    """(line, command) of the lines `$ segweave ...` in console blocks; a `\\` at the end joins the next line."""
    found = []
    for first, text in blocks(page, "console"):
        joined = re.sub(r"\\\n\s*(?:>\s*)?", " ", text)
        for line in joined.splitlines():
            if line.startswith("$ segweave"):
                found.append((first, line[2:]))
    return found


@pytest.fixture
def desk(tmp_path: Path, china: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with photo.jpg, as a reader of the documentation has it."""
    shutil.copy(china, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_is_a_readme_with_python_and_commands_to_run() -> None:
    assert README.is_file(), "README.md is missing: it is the map of the project"
    assert blocks("README.md", "python"), "README.md has no ```python block"
    assert commands("README.md"), "README.md has no ```console block with a line `$ segweave ...`"


@pytest.mark.parametrize("page", ["README.md", *(p for p in PAGES[1:] if blocks(p, "python"))])
def test_the_python_of_a_page_runs(page: str, desk: Path) -> None:
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for line, text in blocks(page, "python"):
        if ">>>" not in text:
            exec(compile("\n" * (line - 1) + text, page, "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(text, names, page, page, line - 1)
        runner.run(test, out=report.append, clear_globs=False)
        names = test.globs
    assert runner.failures == 0, "".join(report)
    assert (desk / "photo.jpg").is_file()


def test_the_commands_of_the_readme_run(desk: Path) -> None:
    """One after the other in one folder, as a reader types them."""
    shim = desk / ".bin" / "segweave"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=sys.executable, src=str(ROOT / "src")), encoding="utf-8")
    shim.chmod(0o755)
    path = os.pathsep.join([str(shim.parent), os.environ["PATH"]])
    for line, command in commands("README.md"):
        shell = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(
            shell, cwd=desk, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"README.md:{line}: `{command}` exits {done.returncode}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_to_files(page: str) -> None:
    assert (ROOT / page).is_file(), f"{page} is missing"
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text) if "://" not in t]
    assert [t for t in targets if not (ROOT / page).parent.joinpath(t).exists()] == []


def test_the_map_names_only_files_that_exist() -> None:
    """A path on the map is written from src/segweave or from the root of the repository."""
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.py)`", text))
    assert len(named) > 10
    assert sorted(n for n in named if not ((ROOT / "src" / "segweave" / n).exists() or (ROOT / n).exists())) == []
