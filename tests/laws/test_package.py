"""What is built is complete and light: the wheel, its licences, its dependencies."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from laws.tree import ROOT, SOURCES, SRC, imports

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = {"torch", "torchvision", "transformers", "timm", "accelerate", "tensorboard", "gradio", "av", "ray"}


def plain(requirement: str) -> str:
    """`Foo_Bar[x]>=1` -> `foo-bar`."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


@pytest.mark.slow
def test_the_wheel_carries_tables_models_fonts_and_licences(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
    there = [p for p in SRC.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix != ".part"]
    expected = {f"segweave/{p.relative_to(SRC).as_posix()}" for p in there}
    assert sorted(expected - inside) == []
    assert "segweave/py.typed" in inside
    assert any(name.startswith("segweave/models/assets/") and name.endswith(".onnx") for name in inside)
    assert any(name.endswith("licenses/NOTICE") for name in inside)
    assert not [name for name in inside if "__pycache__" in name or name.startswith("tests")]


@pytest.mark.parametrize("requirement", [r for r in PROJECT["dependencies"]])
def test_a_core_dependency_is_bounded_and_explained(requirement: str) -> None:
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8").lower()
    assert ">=" in requirement and "<" in requirement
    assert f"| {plain(requirement)} |" in page


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_every_dependency_of_an_extra_is_explained(extra: str) -> None:
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8").lower()
    wanted = {plain(r) for r in PROJECT["optional-dependencies"][extra]} - {"segweave"}
    assert sorted(name for name in wanted if f"| {name} |" not in page) == []


def test_the_licence_of_the_fonts_lies_beside_them() -> None:
    texts = [p.read_text(encoding="utf-8") for p in (SRC / "draw" / "fonts").glob("*.txt")]
    assert any("SIL OPEN FONT LICENSE" in text.upper() for text in texts)


def test_the_core_needs_no_optional_package() -> None:
    assert sorted(OPTIONAL & {plain(r) for r in PROJECT["dependencies"]}) == []


def test_every_dependency_of_core_and_dev_has_a_pinned_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.+]*", line)] == []
    wanted = {plain(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]}
    assert sorted(wanted - {plain(line) for line in pins}) == []


@pytest.mark.parametrize("file", SOURCES)
def test_a_file_imports_only_what_the_project_declares(file: str) -> None:
    import_names = {"pillow": "PIL", "pyyaml": "yaml", "segmentation-models-pytorch": "segmentation_models_pytorch"}
    import_names |= {"kornia-rs": "kornia_rs", "huggingface-hub": "huggingface_hub"}
    extras = [r for name, rs in PROJECT["optional-dependencies"].items() if name != "dev" for r in rs]
    declared = {import_names.get(plain(r), plain(r)) for r in PROJECT["dependencies"] + extras} | {"segweave"}
    foreign = {i.module.split(".")[0] for i in imports(file)} - set(sys.stdlib_module_names)
    assert sorted(foreign - declared) == []
