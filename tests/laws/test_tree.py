"""Laws about the files of the repository."""

import re

import pytest

from laws.tree import ROOT, tracked

# Written with classes so that this file does not match itself.
REGISTRY = re.compile(r"p[y]pi\.(or[g]|pytho[n])|pytho[n]hosted|registry\.(np[m]js|yar[n]pkg)|de[b]\.debian")
MACHINE = re.compile(r"/wor[k]/|/tmp/bash[_]jobs|/roo[t]/|/hom[e]/\w|/User[s]/\w|[A-Z]:\\User[s]")


def text_of(file: str) -> str:
    """The text of a tracked file; "" for pictures, models and fonts."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("file", tracked())
def test_a_file_names_no_registry_host_and_no_path_of_one_machine(file: str) -> None:
    lines = text_of(file).splitlines()
    found = [f"{file}:{n}" for n, line in enumerate(lines, 1) if REGISTRY.search(line) or MACHINE.search(line)]
    assert not found, found


@pytest.mark.parametrize("file", [f for f in tracked() if f.startswith("src/") and f.endswith(".py")])
def test_no_unfinished_work_is_left_in_src(file: str) -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    assert not [f"{file}:{n}" for n, line in enumerate(text_of(file).splitlines(), 1) if marks.search(line)]


def test_no_compiled_or_cached_file_is_tracked() -> None:
    cached = [f for f in tracked() if f.endswith((".pyc", ".nbi", ".nbc", ".pkl", ".pt", ".pth"))]
    assert not cached, cached
