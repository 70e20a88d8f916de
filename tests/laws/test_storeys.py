"""Imports go downstairs only, and heavy packages stay in their rooms (docs/map.md)."""

import pytest

from laws.tree import SOURCES, imports, module_name

STOREYS = {
    "ground": 0,  # errors.py, and files.py beside it
    "labels": 1,
    "segmentation": 2,
    "formats": 3,
    "evaluation": 3,
    "combine": 3,
    "measure": 3,
    "draw": 3,
    "models": 4,
    "report": 4,
    "training": 5,
    "annotation": 5,
    "apps": 6,
    "": 5.5,  # the package's face, segweave/__init__.py: offers the rooms below it; the doors may use it
    "__main__": 7,
}
GROUND = {"errors", "files"}
TORCH = {"torch", "torchvision", "transformers", "timm", "segmentation_models_pytorch", "accelerate", "safetensors"}
TORCH_ROOMS = ("segweave.models.architectures", "segweave.models.adapters", "segweave.training")


def room(module: str) -> str:
    """`segweave.labels.tables` -> `labels`; the package itself -> ''."""
    name = module.partition(".")[2].partition(".")[0]
    return "ground" if name in GROUND else name


def rooms_imported(file: str) -> list[tuple[int, str]]:
    """(line, room) of every import from segweave itself; `from segweave import x` takes x if it is a room."""
    found = []
    for i in imports(file):
        if i.module == "segweave":
            found += [(i.line, name if (name := room(f"segweave.{n}")) in STOREYS else "") for n in i.names or ("",)]
        elif i.module.startswith("segweave."):
            found.append((i.line, room(i.module)))
    return found


@pytest.mark.parametrize("file", SOURCES)
def test_every_file_stands_in_a_room_of_the_house(file: str) -> None:
    assert room(module_name(file)) in STOREYS, f"{file}: this room is not on the plan (docs/map.md, STOREYS here)"


@pytest.mark.parametrize("file", SOURCES)
def test_imports_go_downstairs_only(file: str) -> None:
    here = room(module_name(file))
    upstairs = [
        f"{file}:{line} imports {other or 'the package itself'} (storey {STOREYS.get(other, 'unknown')})"
        for line, other in rooms_imported(file)
        if other != here and STOREYS.get(other, 99) >= STOREYS[here]
    ]
    assert not upstairs, f"{here or 'segweave'} is on storey {STOREYS[here]}: {'; '.join(upstairs)}"


@pytest.mark.parametrize("file", SOURCES)
def test_torch_stays_in_architectures_adapters_and_training(file: str) -> None:
    found = [f"{file}:{i.line}" for i in imports(file) if i.module.split(".")[0] in TORCH]
    assert not found or module_name(file).startswith(TORCH_ROOMS), found


@pytest.mark.parametrize("file", SOURCES)
def test_numba_is_imported_by_kernel_files_only(file: str) -> None:
    found = [f"{file}:{i.line}" for i in imports(file) if i.module.split(".")[0] == "numba"]
    assert not found or file.endswith("/kernels.py"), f"{found}: compiled code goes to a kernels.py, imported lazily"
