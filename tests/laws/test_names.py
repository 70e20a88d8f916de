"""The public face: names, version, entry point."""

import tomllib
from importlib import import_module

import pytest

import segweave
from laws.tree import ROOT, SOURCES, module_name

PUBLIC = {
    "Instances",
    "Label",
    "LabelMap",
    "LabelSet",
    "Rle",
    "Segment",
    "Segmentation",
    "SegweaveError",
    "__version__",
    "combine",
    "contact",
    "draw",
    "evaluation",
    "formats",
    "label_set",
    "labels",
    "load_model",
    "models",
    "open_dataset",
    "overlap",
    "read_image",
    "save_dataset",
    "segmentation",
    "table_names",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_public_names_are_these() -> None:
    assert set(segweave.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(segweave, name) is not None


@pytest.mark.parametrize("file", [f for f in SOURCES if f.endswith("__init__.py")])
def test_what_a_room_lists_in_all_exists_and_is_listed_once(file: str) -> None:
    module = import_module(module_name(file))
    listed = getattr(module, "__all__", [])
    assert sorted(set(listed)) == sorted(listed)
    assert [name for name in listed if not hasattr(module, name)] == []


def test_the_version_of_the_package_is_the_version_of_the_project() -> None:
    assert segweave.__version__ == PROJECT["version"]


def test_the_command_of_the_project_can_be_called() -> None:
    module, _, name = PROJECT["scripts"]["segweave"].partition(":")
    assert callable(getattr(import_module(module), name))
