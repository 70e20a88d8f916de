"""Co-occurrence counts in a file, and back."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segweave.combine import CooccurrenceCounts, Provenance
from segweave.errors import FormatError, OutputError

NAMES = st.lists(st.text(max_size=5), max_size=3).map(tuple)
PROVENANCES = st.builds(
    Provenance,
    primary=st.text(max_size=5),
    secondary=st.text(max_size=5),
    primary_labels=st.sampled_from([(), ("road", "車")]),
    secondary_labels=st.sampled_from([(), ("a", "b\n", "")]),
    primary_preprocess=st.text(max_size=5),
    secondary_preprocess=st.text(max_size=5),
    data=NAMES,
    parts=NAMES,
    n_images=st.integers(0, 2**40),
)
SOME = CooccurrenceCounts(
    pixels=np.arange(18).reshape(2, 3, 3),
    images=np.arange(6).reshape(2, 3),
    provenance=Provenance(primary_labels=("road", "car"), secondary_labels=("floor", "bag", "lamp"), n_images=9),
)


def columns(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def rewritten(path: Path, **changed: object) -> Path:
    """`SOME` saved to `path`, then written again with arrays or entries of `about` changed; None leaves one out."""
    SOME.save(path)
    arrays = columns(path)
    about = json.loads(bytes(arrays["about"]))
    for name, value in changed.items():
        (arrays if name in arrays else about)[name] = value
    if "about" not in changed:
        kept = {name: value for name, value in about.items() if value is not None}
        arrays["about"] = np.frombuffer(json.dumps(kept).encode("ascii"), np.uint8)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@given(st.integers(0, 2**32 - 1), PROVENANCES)
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, seed: int, provenance: Provenance):
    path = tmp_path_factory.mktemp("counts") / "any name"
    pixels = np.random.default_rng(seed).integers(0, 2**62, (2, 3, 3))
    saved = CooccurrenceCounts(pixels=pixels, images=pixels[:, :, 0], provenance=provenance)
    saved.save(path)
    loaded = CooccurrenceCounts.load(str(path))
    assert np.array_equal(loaded.pixels, pixels) and np.array_equal(loaded.images, pixels[:, :, 0])
    assert loaded.pixels.dtype == np.int64 and loaded.provenance == provenance
    assert [p.name for p in path.parent.iterdir()] == ["any name"]


def test_loaded_shards_add_as_counted_ones(tmp_path: Path):
    SOME.save(tmp_path / "a.npz")
    both = CooccurrenceCounts.load(tmp_path / "a.npz") + SOME
    assert np.array_equal(both.pixels, SOME.pixels * 2) and both.provenance.n_images == 18


def test_a_file_carries_the_hashes_of_both_label_lists(tmp_path: Path):
    SOME.save(tmp_path / "a.npz")
    about = json.loads(bytes(columns(tmp_path / "a.npz")["about"]))
    assert about["primary_labels_sha256"] == hashlib.sha256(b"road\ncar").hexdigest()
    assert about["secondary_labels_sha256"] == hashlib.sha256(b"floor\nbag\nlamp").hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        {"primary_labels": ["road", "bus"]},
        {"secondary_labels": ["bag", "floor", "lamp"]},
        {"primary_labels_sha256": "0" * 64},
        {"secondary_labels_sha256": None},
    ],
)
def test_labels_that_do_not_have_their_hash_are_refused(tmp_path: Path, changed: dict[str, object]):
    side = next(iter(changed)).split("_")[0]
    with pytest.raises(FormatError, match=rf"a\.npz: its {side} labels do not have the sha256"):
        CooccurrenceCounts.load(rewritten(tmp_path / "a.npz", **changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"about": None}, "holds something else"),
        ({"about": np.frombuffer(b"{", np.uint8)}, "holds something else"),
        ({"about": np.frombuffer(b"\xff\xfe", np.uint8)}, "holds something else"),
        ({"about": np.frombuffer(b"[]", np.uint8)}, "holds something else"),
        ({"kind": "segweave co-occurrence counts 2"}, "holds something else"),
        ({"primary_labels": None}, "says None of primary_labels"),
        ({"primary_labels": [1, 2]}, r"says \[1, 2\] of primary_labels"),
        ({"data": "rooms"}, "says rooms of data"),
        ({"n_images": "9"}, "says 9 of n_images"),
        ({"primary": 4}, "says 4 of primary"),
        ({"more": 1}, "cannot be used as counts: .*more"),
        ({"pixels": None}, "cannot be used as counts: 'pixels'"),
        ({"pixels": np.zeros((2, 3, 2), int)}, r"cannot be used as counts: .*\(m, n, n\) pixels"),
        ({"pixels": np.full((2, 3, 3), -1)}, "negative"),
        ({"pixels": np.full((2, 3, 3), np.nan)}, "must be integers; found pixels of float64"),
        ({"images": np.full((2, 3), "1")}, "must be integers; found images of <U1"),
        (
            {"pixels": np.zeros((3, 3, 3), int), "images": np.zeros((3, 3), int)},
            "of 3 primary labels; their list names 2",
        ),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, changed: dict[str, object], message: str):
    with pytest.raises(FormatError, match=message) as caught:
        CooccurrenceCounts.load(rewritten(tmp_path / "a.npz", **changed))
    assert str(caught.value).startswith(f"{tmp_path / 'a.npz'}: ")
    assert "expected a file of `segweave extend learn`" in str(caught.value) and "\n" not in str(caught.value)


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_nothing_pickled_is_loaded(tmp_path: Path):
    for name in ("pixels", "about"):
        path = rewritten(tmp_path / "a.npz", **{name: np.array([Trap(tmp_path / "sprung")], object)})
        with pytest.raises(FormatError, match=r"a\.npz: cannot be read \(Object arrays cannot be loaded"):
            CooccurrenceCounts.load(path)
    assert not (tmp_path / "sprung").exists()


def test_broken_files_are_refused(tmp_path: Path):
    path = tmp_path / "a.npz"
    SOME.save(path)
    whole = path.read_bytes()
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError, match=r"a\.npz: cannot be read"):
            CooccurrenceCounts.load(path)
    np.save(tmp_path / "b.npy", SOME.pixels)
    with pytest.raises(FormatError, match=r"b\.npy: cannot be read"):
        CooccurrenceCounts.load(tmp_path / "b.npy")
    np.savez(tmp_path / "c.npz", pixels=SOME.pixels, images=SOME.images)
    with pytest.raises(FormatError, match=r"c\.npz: holds something else"):
        CooccurrenceCounts.load(tmp_path / "c.npz")
    for missing in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(FormatError, match=f"{missing.name}: there is no such file"):
            CooccurrenceCounts.load(missing)


def test_bytes_that_change_on_the_way_never_load_as_other_counts(tmp_path: Path):
    path = tmp_path / "a.npz"
    SOME.save(path)
    whole, refused = path.read_bytes(), 0
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            loaded = CooccurrenceCounts.load(path)
        except FormatError:
            refused += 1
        else:  # a date, a flag
            assert np.array_equal(loaded.pixels, SOME.pixels) and loaded.provenance == SOME.provenance
    assert refused > len(whole) // 14


def test_a_file_that_claims_more_than_memory_holds_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "a.npz"
    SOME.save(path)
    packed = bytearray(path.read_bytes())
    entry = packed.index(b"PK\1\2")  # the directory at the end; the size as unpacked stands 24 bytes on
    packed[entry + 24 : entry + 28] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(packed)
    with pytest.raises(FormatError, match=r"a\.npz: would not fit into memory"):
        CooccurrenceCounts.load(path)


def test_a_file_that_cannot_be_written_is_named_and_what_was_there_stays(tmp_path: Path):
    with pytest.raises(OutputError, match=r"a\.npz: cannot be written"):
        SOME.save(tmp_path / "nowhere" / "a.npz")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OutputError, match="folder: cannot be written"):
        SOME.save(tmp_path / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder"]
