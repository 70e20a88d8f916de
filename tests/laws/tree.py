"""What the laws look at: the files of the repository and what is defined and imported in them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "segweave"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(top: Path, pattern: str) -> list[str]:
    """Paths relative to the repository root, sorted: ids of parametrised tests."""
    return sorted(str(p.relative_to(ROOT)) for p in top.rglob(pattern) if "__pycache__" not in p.parts)


SOURCES = files(SRC, "*.py")
TESTS = files(ROOT / "tests", "test_*.py")


def tracked() -> list[str]:
    """Files git tracks or would track; without git, every file outside caches and environments."""
    try:
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = files(ROOT, "*")
    hidden = ("__pycache__", ".venv-dev", ".venv-demo", ".git")
    return [f for f in listed if f and (ROOT / f).is_file() and not set(hidden) & set(Path(f).parts)]


@cache
def parse(file: str) -> ast.Module:
    """The syntax tree of a file given relative to the repository root."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=file)


def module_name(file: str) -> str:
    """`src/segweave/labels/tables.py` -> `segweave.labels.tables`."""
    parts = Path(file).relative_to("src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, and the names taken from it (empty for `import x`)."""

    module: str
    names: tuple[str, ...]
    line: int


def imports(file: str) -> Iterator[Import]:
    """Every import of a file, at its top and inside functions; relative ones are made absolute."""
    name = module_name(file) if file.startswith("src") else ""
    package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, (), node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = ".".join([*above, module]).strip(".")
            yield Import(module, tuple(alias.name for alias in node.names), node.lineno)


def functions(file: str) -> list[Function]:
    """Every function and method, nested ones too."""
    return [n for n in ast.walk(parse(file)) if isinstance(n, Function)]


def methods(file: str) -> set[Function]:
    """The functions that stand directly in a class."""
    classes = [n for n in ast.walk(parse(file)) if isinstance(n, ast.ClassDef)]
    return {n for c in classes for n in c.body if isinstance(n, Function)}


def named(node: ast.AST) -> str:
    """The plain name a decorator, base class or called function goes by."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
