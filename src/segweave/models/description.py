"""What a network's file says about itself, so that the file alone is enough to predict: labels, preprocessing, decoder.

In an ONNX file it is one metadata entry, `segweave`, whose value is this JSON:

    {"version": 2, "labels": "camvid11", "preprocess": {"kind": "stretched", "pixels": 196608, "multiple": 32, ...},
     "decoder": {"kind": "pixels", "logits": "name of the output"}}

labels: the name of a label set that ships, or {"name": ..., "labels": [{"name", "is_thing", "color", "ja", "ko"}]}.
preprocess: `Preprocess` is "stretched", `FramedPreprocess` is "framed". decoder: a row of `DECODERS`. Where needed also
"columns" and "voids" (`NetworkLabels`), "windows" (`Windows`), "task_input" and "shown_input" (`ModelDescription`).
Version 1, which had neither kinds of preprocessing nor these, is still read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from segweave.errors import ModelError, SegweaveError, did_you_mean
from segweave.labels import Label, LabelSet, label_set, table_names
from segweave.models.answers import DECODERS, Centers, Decoder, Pixels, Queries
from segweave.models.decode import CenterRule
from segweave.models.decode_queries import QueryRule
from segweave.models.network_labels import NetworkLabels
from segweave.models.preprocess import Frame, FramedPreprocess, Preprocess
from segweave.models.windows import Windows

METADATA_KEY = "segweave"
VERSION = 2
PREPROCESSES: Mapping[str, type[Preprocess] | type[FramedPreprocess]] = {
    "stretched": Preprocess,
    "framed": FramedPreprocess,
}
"""What a file calls it -> the class."""

_NEEDED = {"version", "labels", "preprocess", "decoder"}
_OPTIONAL = {"columns", "voids", "windows", "task_input", "shown_input"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """Everything around the network: its label set, how images go in, how outputs become results.

    columns: the output's column of each label; None: in order. voids: the columns that mean void. windows: the network
    sees a photograph window by window, and its results are semantic. task_input: the input that hears OneFormer's
    question, float32 (1, tokens). shown_input: the input that is told how much of the image is no padding, int64
    (height, width) px from the top left.
    """

    labels: LabelSet
    preprocess: Preprocess | FramedPreprocess
    decoder: Decoder
    columns: tuple[int, ...] | None = None
    voids: tuple[int, ...] = ()
    windows: Windows | None = None
    task_input: str | None = None
    shown_input: str | None = None

    def __post_init__(self) -> None:
        columns = self.known.columns
        every = sorted((*columns, *self.voids))
        if len(columns) != len(self.labels) or every != list(range(len(every))):
            raise ModelError(
                f"each of the {len(self.labels)} labels needs a column of its own, and every other column must be"
                f" void; found columns {columns} and voids {self.voids}"
            )
        if self.windows and not isinstance(self.preprocess, FramedPreprocess):
            raise ModelError("a photograph is cut into windows after `FramedPreprocess`; found `Preprocess`")

    @property
    def known(self) -> NetworkLabels:
        """The labels and the columns they have."""
        columns = tuple(range(len(self.labels))) if self.columns is None else self.columns
        return NetworkLabels(self.labels, columns, self.voids)

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        shipped = self.labels.name in table_names() and label_set(self.labels.name) == self.labels
        parts = {
            "version": VERSION,
            "labels": self.labels.name if shipped else asdict(self.labels),
            "preprocess": {"kind": _kind(self.preprocess, PREPROCESSES), **asdict(self.preprocess)},
            "decoder": {"kind": _kind(self.decoder, DECODERS), **asdict(self.decoder)},
            "columns": self.columns,
            "voids": self.voids or None,
            "windows": asdict(self.windows) if self.windows else None,
            "task_input": self.task_input,
            "shown_input": self.shown_input,
        }
        return json.dumps({name: part for name, part in parts.items() if part is not None}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "ModelDescription":
        """Read what `to_json` wrote; `ModelError` says which part is wrong."""
        found = _parsed(text)
        read = {**_PARTS, "decoder": _old_decoder} if found["version"] == 1 else _PARTS
        parts = {name: _build(name, read[name], part) for name, part in found.items() if name in read}
        try:
            return cls(**parts)
        except ModelError as error:
            raise ModelError(f"the model's description is wrong: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModelError(f"the model's description is not JSON: {error}") from None
    if not isinstance(found, dict) or not _NEEDED <= set(found) <= _NEEDED | _OPTIONAL:
        raise ModelError(
            f"the model's description must have {', '.join(sorted(_NEEDED))}, may have {', '.join(sorted(_OPTIONAL))},"
            " and nothing else"
        )
    if found["version"] not in (1, VERSION):
        raise ModelError(f"the model's description has version {found['version']!r}; known are 1 and {VERSION}")
    return found


def _build(part: str, build: Callable[[Any], _T], found: object) -> _T:
    try:
        return build(found)
    except (SegweaveError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"the model's description has a wrong part {part!r}: {error}") from None


def _labels(found: Any) -> LabelSet:
    if isinstance(found, str):
        return label_set(found)
    labels = tuple(Label(**{**label, "color": tuple(label["color"])}) for label in found["labels"])
    return LabelSet(found["name"], labels)


def _preprocess(found: Any) -> Preprocess | FramedPreprocess:
    fields: dict[str, Any] = {n: tuple(value) if n in ("mean", "std") else value for n, value in found.items()}
    build = _named(fields, PREPROCESSES, default="stretched")
    if build is FramedPreprocess:
        sizes = {name: tuple(fields["frame"][name]) for name in ("exact", "pad_to") if fields["frame"].get(name)}
        fields["frame"] = Frame(**{**fields["frame"], **sizes})
    return build(**fields)


def _decoder(found: Any) -> Decoder:
    fields = dict(found)
    build = _named(fields, DECODERS)
    if "rule" in fields and build in (Centers, Queries):
        fields["rule"] = (CenterRule if build is Centers else QueryRule)(**fields["rule"])
    return build(**fields)


def _old_decoder(found: Any) -> Decoder:
    """Version 1 called `Pixels` "logits", and its output "semantic" where it did not say."""
    if found.get("kind") == "logits":
        return Pixels(**{"logits": "semantic", **{name: value for name, value in found.items() if name != "kind"}})
    return _decoder(found)


def _named(fields: dict[str, Any], table: Mapping[str, _T], *, default: str | None = None) -> _T:
    """The row of the table that "kind" names, which is taken out of the fields."""
    kind = fields.pop("kind", default)
    if kind not in table:
        raise ModelError(f"unknown kind {kind!r}; {did_you_mean(str(kind), table)}")
    return table[kind]


def _kind(part: object, table: Mapping[str, type]) -> str:
    return next(name for name, kind in table.items() if type(part) is kind)


def _whole_numbers(found: Any) -> tuple[int, ...]:
    if not isinstance(found, list) or not all(type(n) is int for n in found):
        raise ModelError(f"expected a list of whole numbers; found {found!r}")
    return tuple(found)


def _name(found: Any) -> str:
    if not isinstance(found, str) or not found:
        raise ModelError(f"expected the name of an input; found {found!r}")
    return found


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "labels": _labels,
    "preprocess": _preprocess,
    "decoder": _decoder,
    "columns": _whole_numbers,
    "voids": _whole_numbers,
    "windows": lambda found: Windows(**found),
    "task_input": _name,
    "shown_input": _name,
}
