"""The description of a network in its ONNX file, without the library onnx."""

from pathlib import Path

from segweave.errors import ModelError
from segweave.files import replacing
from segweave.models.description import METADATA_KEY, ModelDescription


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
