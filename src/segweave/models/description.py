"""What a network file says about itself, so that the file alone is enough to predict: labels, preprocessing, decoder.

In an ONNX file it is one metadata entry, `segweave`, whose value is this JSON:

    {"version": 1, "labels": "camvid11", "preprocess": {"pixels": 196608, "multiple": 32, ...},
     "decoder": {"kind": "logits", "logits": "name of the output"}}

labels: the name of a label set that ships, or {"name": ..., "labels": [{"name", "is_thing", "color", "ja", "ko"}]}.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from segweave.errors import ModelError, SegweaveError, did_you_mean
from segweave.files import replacing
from segweave.labels import Label, LabelSet, label_set, table_names
from segweave.models.decode import CenterRule
from segweave.models.decoder import DECODERS, CentersDecoder, Decoder
from segweave.models.preprocess import Preprocess

METADATA_KEY = "segweave"
VERSION = 1

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """Everything around the network: its label set, how images go in, how outputs become results."""

    labels: LabelSet
    preprocess: Preprocess
    decoder: Decoder

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        shipped = self.labels.name in table_names() and label_set(self.labels.name) == self.labels
        kind = next(name for name, decoder in DECODERS.items() if isinstance(self.decoder, decoder))
        return json.dumps(
            {
                "version": VERSION,
                "labels": self.labels.name if shipped else asdict(self.labels),
                "preprocess": asdict(self.preprocess),
                "decoder": {"kind": kind, **asdict(self.decoder)},
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "ModelDescription":
        """Read what `to_json` wrote; `ModelError` says which part is wrong."""
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise ModelError(f"the model's description is not JSON: {error}") from None
        parts = {"version", "labels", "preprocess", "decoder"}
        if not isinstance(found, dict) or set(found) != parts or found["version"] != VERSION:
            raise ModelError(f"the model's description must have {', '.join(sorted(parts))} with version {VERSION}")
        return cls(
            labels=_build("labels", _labels, found["labels"]),
            preprocess=_build("preprocess", _preprocess, found["preprocess"]),
            decoder=_build("decoder", _decoder, found["decoder"]),
        )


def describe_onnx(source: str | Path, target: str | Path, description: ModelDescription) -> None:
    """Copy an ONNX file and add its description, so that `segweave predict --model TARGET` needs nothing else.

    Any exporter's file will do; the graph is not touched. A file that has a description already is refused
    (`ModelError`), for it would then have two.
    """
    content = Path(source).read_bytes()
    key = METADATA_KEY.encode()
    if _field(1, key) in content:
        raise ModelError(f"{source}: has a segweave description already; start from the file as it was exported")
    entry = _field(1, key) + _field(2, description.to_json().encode())
    # onnx.proto: ModelProto.metadata_props = 14, StringStringEntryProto key = 1, value = 2. A repeated field may be
    # appended to a serialised message (Protocol Buffers, "Encoding": last one wins, repeated fields concatenate).
    with replacing(target) as temporary:
        temporary.write_bytes(content + _field(14, entry))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


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


def _preprocess(found: Any) -> Preprocess:
    triples = {name: tuple(found[name]) for name in ("mean", "std") if name in found}
    return Preprocess(**{**found, **triples})


def _decoder(found: Any) -> Decoder:
    fields = dict(found)
    kind = fields.pop("kind", None)
    if kind not in DECODERS:
        raise ModelError(f"unknown kind of decoder {kind!r}; {did_you_mean(str(kind), DECODERS)}")
    if DECODERS[kind] is CentersDecoder and "rule" in fields:
        fields["rule"] = CenterRule(**fields["rule"])
    return DECODERS[kind](**fields)
