"""The YAML file of a label map: `source name: target name` lines, `null` for void."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from segweave.errors import LabelError

if TYPE_CHECKING:
    import yaml

_PLAIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_- ")
_NOT_NAMES = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_TEXT, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"


def read_map(path: str | Path) -> dict[str, str | None]:
    """The pairs of a YAML file; a `LabelError` names file and line of what is no pair of names, or listed twice."""
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)  # nodes only: nothing that a file says is ever constructed
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8
        raise LabelError(f"{path}: cannot be read as a label map: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise LabelError(f"{path}: cannot be read as a label map: it is nested too deeply") from None
    found: dict[str, str | None] = {}
    lines: dict[str, int] = {}
    for line, name, other in _pairs(root, str(path)):
        if name in found:
            raise LabelError(
                f"{path}:{line}: {name!r} is listed a second time, after line {lines[name]}; keep one of them"
            )
        found[name], lines[name] = other, line
    return found


def _pairs(root: "yaml.Node | None", path: str) -> Iterator[tuple[int, str, str | None]]:
    """Line, counted from 1, source name and target name of each pair."""
    import yaml

    expected = "expected lines of `source name: target name`"
    if not isinstance(root, yaml.MappingNode):
        raise LabelError(f"{path}: {expected}; found {'nothing' if root is None else 'something else'}")
    for name, other in root.value:
        line = name.start_mark.line + 1
        for node, tags in ((name, (_TEXT,)), (other, (_TEXT, _NULL))):
            if not isinstance(node, yaml.ScalarNode):
                raise LabelError(f"{path}:{line}: {expected}; found a list or another table")
            if node.tag not in tags:
                raise LabelError(
                    f"{path}:{line}: {expected}; found {node.value[:60]!r}, which YAML does not read as a name; "
                    "quote names like 'on', 'no' and '5'"
                )
        yield line, name.value, None if other.tag == _NULL else other.value


def yaml_line(source: str, target: str | None, *, comment: str = "") -> str:
    """One pair, as `read_map` reads it; the comment must be one line.

    >>> yaml_line("sofa", "couch", comment="synonym"), yaml_line("no", None)
    ('sofa: couch  # synonym', '"no": null')
    """
    key, value = yaml_scalar(source), "null" if target is None else yaml_scalar(target)
    pair = f"{key}: {value}" if len(key) < 1000 else f"? {key}\n: {value}"  # YAML 1.2.2 §7.4.3: short keys only
    return f"{pair}  # {comment}" if comment else pair


def yaml_scalar(text: str) -> str:
    """Plain where YAML reads it back as this text, else in double quotes."""
    if set(text) <= _PLAIN_LETTERS and text[0].isalpha() and text.lower() not in _NOT_NAMES and text == text.strip():
        return text
    letters = (c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(letters)}"'
