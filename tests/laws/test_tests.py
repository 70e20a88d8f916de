"""Laws about the tests themselves."""

import ast

import pytest

from laws.tree import TESTS, Function, functions, named, parse


def can_fail(node: Function, file: str) -> bool:
    """Does the test assert something that is not a constant, expect an error, or call a helper here that does?"""
    helpers = {f.name: f for f in functions(file) if f is not node and not f.name.startswith("test")}
    for part in ast.walk(node):
        if isinstance(part, ast.Assert) and not isinstance(part.test, ast.Constant):
            return True
        if isinstance(part, ast.Call):
            name = named(part)
            if name in ("raises", "warns") or name.startswith("assert_"):
                return True
            if name in helpers and any(isinstance(inner, ast.Assert) for inner in ast.walk(helpers[name])):
                return True
    return False


def of_file(file: str) -> list[Function]:
    """The test functions and methods of a file."""
    return [f for f in functions(file) if f.name.startswith("test")]


@pytest.mark.parametrize("file", TESTS)
def test_every_test_has_an_assertion_that_can_fail(file: str) -> None:
    idle = [f"{file}:{f.lineno} {f.name}" for f in of_file(file) if not can_fail(f, file)]
    assert not idle, idle


@pytest.mark.parametrize("file", TESTS)
def test_a_test_is_named_by_a_sentence(file: str) -> None:
    short = [f"{file}:{f.lineno} {f.name}" for f in of_file(file) if f.name.count("_") < 3]
    assert not short, f"{short}: say in the name what must hold"


@pytest.mark.parametrize("file", TESTS)
def test_no_two_tests_of_a_file_share_a_name(file: str) -> None:
    names = [f.name for f in parse(file).body if isinstance(f, Function)]
    assert len(names) == len(set(names)), f"{file}: {sorted({n for n in names if names.count(n) > 1})}"
