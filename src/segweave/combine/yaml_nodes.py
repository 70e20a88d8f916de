"""YAML as typed entries that know their line; nothing that a file says is ever constructed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segweave.errors import FormatError, did_you_mean

if TYPE_CHECKING:
    import yaml

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of a YAML file. place: file and line, counted from 1."""

    node: "yaml.Node"
    file: Path

    @property
    def place(self) -> str:
        """`plan.yaml:12`."""
        return f"{self.file}:{self.node.start_mark.line + 1}"

    @property
    def is_mapping(self) -> bool:
        """Whether it is a table of keys."""
        return self._kind == "mapping"

    def error(self, reason: str) -> FormatError:
        """The error to raise about this entry."""
        return FormatError(f"{self.place}: {reason}")

    def entries(self, known: Sequence[str], *, needed: Sequence[str]) -> "dict[str, Entry]":
        """The values of a table by key; an unknown, missing or repeated key is an error."""
        found: dict[str, Entry] = {}
        for key, value in self.pairs():
            name = key.text()
            if name not in known:
                raise key.error(f"{name!r} is not known here; {did_you_mean(name, known)}")
            if name in found:
                raise key.error(f"{name!r} stands here a second time")
            found[name] = value
        missing = [name for name in needed if name not in found]
        if missing:
            raise self.error(f"expected the key {missing[0]!r}; found {', '.join(found) or 'none'}")
        return found

    def pairs(self) -> "tuple[tuple[Entry, Entry], ...]":
        """Keys and values of a table; none where nothing stands."""
        if self._is_null:
            return ()
        if not self.is_mapping:
            raise self.error("expected a table of `key: value` lines")
        return tuple((Entry(key, self.file), Entry(value, self.file)) for key, value in self.node.value)

    def items(self) -> "tuple[Entry, ...]":
        """Items of a list; none where nothing stands."""
        if self._is_null:
            return ()
        if self._kind != "sequence":
            raise self.error("expected a list: [a, b] or lines of `- a`")
        return tuple(Entry(item, self.file) for item in self.node.value)

    def text(self) -> str:
        """A name."""
        if self._kind != "scalar" or self.node.tag != _TAG + "str":
            hint = "; quote names like 'on', 'no' and '5'" if self._kind == "scalar" else ""
            raise self.error(f"expected a name; found {self._shown}{hint}")
        return str(self.node.value)

    def flag(self) -> bool:
        """true or false."""
        if self.node.tag != _TAG + "bool":
            raise self.error(f"expected true or false; found {self._shown}")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def number(self) -> float:
        """A finite number."""
        try:
            if self.node.tag in (_TAG + "int", _TAG + "float") and math.isfinite(value := float(self.node.value)):
                return value
        except ValueError:  # 0x10, 1_000, .inf: YAML's, not ours
            pass
        raise self.error(f"expected a number; found {self._shown}")

    def whole(self) -> int:
        """A whole number."""
        value = self.number()
        if value != int(value):
            raise self.error(f"expected a whole number; found {self._shown}")
        return int(value)

    def scalar(self) -> float | bool | str:
        """A number, a flag or a name."""
        if self.node.tag == _TAG + "bool":
            return self.flag()
        return self.number() if self.node.tag in (_TAG + "int", _TAG + "float") else self.text()

    @property
    def _kind(self) -> str:
        return str(getattr(self.node, "id", ""))  # scalar, sequence or mapping

    @property
    def _is_null(self) -> bool:
        return self.node.tag == _TAG + "null"

    @property
    def _shown(self) -> str:
        return repr(str(self.node.value)[:60]) if self._kind == "scalar" else f"a {self._kind}"


def read_yaml(path: Path, what: str) -> Entry:
    """The root of a YAML file; `FormatError` when it cannot be read as `what`."""
    import yaml

    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:  # ValueError: not UTF-8
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise FormatError(f"{path}: cannot be read as {what}: {reason}") from None
    if root is None:
        raise FormatError(f"{path}: is empty; expected {what}")
    return Entry(root, path)
