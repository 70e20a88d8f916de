"""What the class numbers of YOLO-seg files mean: `data.yaml`, `classes.txt`, or a label table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from segweave.errors import FormatError, LabelError
from segweave.formats.dataset import Note
from segweave.formats.label_file import shipped_table
from segweave.labels import Label, LabelSet, LabelTable, label_table

_LARGEST = 4 << 20
_NAMES = re.compile(rb"^[\"']?names[\"']?\s*:", re.MULTILINE)
_IMAGES = re.compile(rb"^[\"']?(train|val|test|path|nc)[\"']?\s*:", re.MULTILINE)
_ALL_THINGS = "does not say which labels are things; all are taken as things (a NAME.labels.csv beside it would say)"


@dataclass(frozen=True, slots=True)
class Classes:
    """label_of: label index of a class number, None for void; other numbers are unknown."""

    labels: LabelSet
    label_of: Mapping[int, int | None]
    notes: tuple[Note, ...] = ()


def has_names(path: Path) -> bool:
    """Is this a YAML file with a key `names`?"""
    return _NAMES.search(_start_of_yaml(path)) is not None


def is_data_yaml(path: Path) -> bool:
    """Is this a YAML file with `names` and a key for the images, as Ultralytics asks for?"""
    start = _start_of_yaml(path)
    return _NAMES.search(start) is not None and _IMAGES.search(start) is not None


def _start_of_yaml(path: Path) -> bytes:
    if path.suffix.lower() not in (".yaml", ".yml"):
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""


def find_data_yaml(folder: Path) -> Path | None:
    """`data.yaml` of a folder, or its only YAML file with `names`; None where there is none."""
    found = sorted(file for pattern in ("*.yaml", "*.yml") for file in folder.glob(pattern) if has_names(file))
    named = [file for file in found if file.stem == "data"]
    if len(named or found) > 1:
        names = ", ".join(file.name for file in found)
        raise FormatError(f"{folder}: holds several YOLO data files: {names}; name the one to read")
    return next(iter(named or found), None)


def load_yaml(path: Path) -> dict[str, object]:
    """The mapping in a YAML file, as `read_yaml` reads it."""
    data = read_yaml(path)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise FormatError(f"{path}: expected lines of `key: value` with `names`, `train` and `val`")
    return data


def read_yaml(path: Path) -> object:
    """The content of a YAML file, of texts, lists and mappings only, so that `no` is a name like any other."""
    import yaml

    try:
        content = path.read_bytes()
        if len(content) > _LARGEST:
            raise ValueError(f"has {len(content):,} bytes; expected up to {_LARGEST:,}")
        data: object = yaml.load(content, Loader=yaml.BaseLoader)  # builds texts, lists and mappings only
    except RecursionError:
        raise FormatError(f"{path}: is nested too deep to be read") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise FormatError(f"{path}: cannot be read as YAML: {reason}") from None
    return data


def classes_of_yaml(data: Mapping[str, object], path: Path, name: str) -> Classes:
    """The label set that `names` (a list, or a mapping from number to name) lists; `nc` must agree."""
    names = data.get("names")
    pairs: list[tuple[object, object]]
    if isinstance(names, list):
        pairs = [(str(k), v) for k, v in enumerate(names)]
    elif isinstance(names, dict):
        pairs = list(names.items())
    else:
        raise FormatError(f"{path}: 'names' must list the classes, as [person, car] or as lines `0: person`")
    known: dict[int, str] = {}
    for key, value in pairs:
        if not isinstance(key, str) or not re.fullmatch(r"\d{1,9}", key) or not isinstance(value, str):
            raise FormatError(f"{path}: 'names' must give a text for each class number from 0; entry {len(known)} not")
        if int(key) in known:
            raise FormatError(f"{path}: 'names' has class {int(key)} twice")
        known[int(key)] = value.strip()
    count = data.get("nc")
    if isinstance(count, str) and count.strip() != str(len(known)):
        raise FormatError(f"{path}: 'nc' is {count[:20]!r}, but 'names' has {len(known)} names; they must agree")
    return _classes(known, path, name)


def classes_of_list(path: Path, name: str) -> Classes:
    """The label set of a `classes.txt`: one name a line, the first is class 0."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read as a list of names in UTF-8: {error}") from None
    while lines and not lines[-1].strip():
        lines.pop()
    return _classes({k: line.strip() for k, line in enumerate(lines)}, path, name)


def classes_of_table(table: LabelTable) -> Classes:
    """A table as the user gave it: by its ids; of one that ships with segweave by its order, as YOLO counts."""
    ids: Iterable[int] = range(len(table.labels)) if table == shipped_table(table.labels) else table.source_ids
    known: dict[int, int | None] = {number: k for k, number in enumerate(ids)}
    if table != shipped_table(table.labels):
        known |= {row.source_id: None for row in table.voids}
    return Classes(table.labels, known)


def _classes(known: Mapping[int, str], path: Path, name: str) -> Classes:
    coco = label_table("coco").labels
    if known == dict(enumerate(coco.names)):
        return Classes(coco, {k: k for k in known})
    numbers = sorted(known)
    try:
        labels = LabelSet(name, tuple(Label(name=known[k], is_thing=True) for k in numbers))
    except LabelError as error:
        raise FormatError(f"{path}: names: {error}") from None
    note = Note(path, "", _ALL_THINGS, "assumed")
    return Classes(labels, {number: k for k, number in enumerate(numbers)}, (note,) if numbers else ())
