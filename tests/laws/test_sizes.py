"""Small functions, small files, few parameters, flat classes, and words on everything public."""

import ast
import re

import pytest

from laws.tree import ROOT, SOURCES, TESTS, Function, functions, methods, named, parse

# Words of the glossary's "avoid" column. formats/ speaks the words of the files it reads.
AVOID = {"category", "categories", "gt", "gts", "dt", "dts", "anno", "annos", "background", "foreground", "ignore"}


# Signatures that users of other tools know, or that an issue fixed: name -> parameters.
FIXED = {"guarded_table": 8}


def lines_of(node: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    doc = node.body[0] if ast.get_docstring(node) is not None else None
    return node.end_lineno - node.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)


def is_option(annotation: ast.expr) -> bool:
    """Is it `Annotated[..., typer.Option(...)]`?"""
    return any(isinstance(p, ast.Call) and named(p) in ("Option", "Argument") for p in ast.walk(annotation))


SHARED_OPTIONS = {
    target.id
    for file in SOURCES
    if "/apps/cli/" in file
    for node in parse(file).body
    if isinstance(node, ast.Assign) and is_option(node.value)
    for target in node.targets
    if isinstance(target, ast.Name)
}
"""Names for options that several commands have, like `Labels = Annotated[..., typer.Option(...)]`."""


def on_the_command_line(parameter: ast.arg) -> bool:
    """Users give such a parameter by its name on the command line."""
    annotation = parameter.annotation
    if isinstance(annotation, ast.Name | ast.Attribute) and named(annotation) in SHARED_OPTIONS:
        return True
    return annotation is not None and is_option(annotation)


def positional(node: Function, file: str) -> list[str]:
    """Parameters that may be given by position, without self, cls, and those of the command line."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if not on_the_command_line(a)]
    bound = node in methods(file) and "staticmethod" not in map(named, node.decorator_list)
    return names[1:] if bound else names


@pytest.mark.parametrize("file", SOURCES + TESTS)
def test_a_function_has_at_most_40_lines(file: str) -> None:
    long = [f"{file}:{f.lineno} {f.name} ({n})" for f in functions(file) if (n := lines_of(f)) > 40]
    assert not long, long


@pytest.mark.parametrize("file", SOURCES + TESTS)
def test_a_file_has_at_most_300_lines(file: str) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("file", SOURCES)
def test_a_function_has_at_most_7_parameters(file: str) -> None:
    many = [
        f"{file}:{f.lineno} {f.name} ({n})"
        for f in functions(file)
        if (n := len(positional(f, file)) + len(f.args.kwonlyargs)) > FIXED.get(f.name, 7)
    ]
    assert not many, many


@pytest.mark.parametrize("file", [f for f in SOURCES if not f.endswith("/kernels.py")])  # numba: by position
def test_options_of_public_functions_are_keyword_only(file: str) -> None:
    """Two arguments by position (three where all are required); an option beyond the second needs its name."""
    loose = []
    for f in functions(file):
        names = positional(f, file)
        options = len(f.args.defaults)
        if not f.name.startswith("_") and len(names) > (2 if options else 3):
            loose.append(f"{file}:{f.lineno} {f.name}({', '.join(names)})")
    assert not loose, loose


CLASSES = {n.name: n for file in SOURCES for n in ast.walk(parse(file)) if isinstance(n, ast.ClassDef)}


def levels(name: str) -> int:
    """How many of our own classes stand above each other, this one included."""
    return 1 + max((levels(named(b)) for b in CLASSES[name].bases if named(b) in CLASSES), default=0)


@pytest.mark.parametrize("file", SOURCES)
def test_classes_are_at_most_2_levels_deep(file: str) -> None:
    most = 3 if file.endswith("/errors.py") else 2  # the exception tree: SegweaveError, its kinds, their kinds
    deep = [n.name for n in ast.walk(parse(file)) if isinstance(n, ast.ClassDef) and levels(n.name) > most]
    assert not deep, f"{file}: {deep}"


def undocumented(body: list[ast.stmt], prefix: str = "") -> list[str]:
    """Public functions, classes and their public methods without a docstring; dunders, setters, overloads aside."""
    found = []
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if {"overload", "setter"} & set(map(named, node.decorator_list)):
            continue
        if not (ast.get_docstring(node) or "").strip():
            found.append(f"line {node.lineno} {prefix}{node.name}")
        if isinstance(node, ast.ClassDef):
            found += undocumented(node.body, f"{node.name}.")
    return found


@pytest.mark.parametrize("file", SOURCES)
def test_everything_public_has_a_docstring(file: str) -> None:
    module = parse(file)
    assert ast.get_docstring(module), f"{file}: say in one line what this module is for"
    assert not undocumented(module.body), f"{file}: {undocumented(module.body)}"


def words_bound(file: str) -> set[tuple[int, str]]:
    """(line, word) of every name a file defines, cut at underscores and capitals."""
    names: list[tuple[int, str]] = []
    for node in ast.walk(parse(file)):
        if isinstance(node, Function | ast.ClassDef):
            names.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            names.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append((node.lineno, node.id))
    return {(line, word.lower()) for line, name in names for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


@pytest.mark.parametrize("file", [f for f in SOURCES if "/formats/" not in f])
def test_names_use_the_words_of_the_glossary(file: str) -> None:
    wrong = sorted((line, word) for line, word in words_bound(file) if word in AVOID)
    assert not wrong, f"{file}: {wrong}; docs/glossary.md has the word to use instead"
