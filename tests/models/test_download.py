"""One file from a server on this machine: whole, in parts, damaged, or not at all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_hub import Hub, running
from segweave.errors import ModelError, OutputError
from segweave.models.download import fetch_file

CONTENT = bytes(range(256)) * 9000  # 2.3 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A server of one file."""
    with running(Hub({"models/net": {"main": {"w.pth": CONTENT}}})) as found:
        yield found


def test_a_file_is_fetched_once_and_its_sum_may_be_a_beginning(hub: Hub, tmp_path: Path) -> None:
    url, path = f"{hub.url}/models/net/resolve/main/w.pth", tmp_path / "deep" / "w.pth"
    assert fetch_file(url, path, sha256=SHA256[:8]) == path
    assert path.read_bytes() == CONTENT and sorted(p.name for p in path.parent.iterdir()) == ["w.pth"]
    fetch_file(url, path, sha256=SHA256)
    assert len(hub.served) == 1


@pytest.mark.parametrize("there", [1, 1000, len(CONTENT)])
def test_a_download_that_was_interrupted_goes_on(there: int, hub: Hub, tmp_path: Path) -> None:
    """What is there already is not what the server has; so the result tells that it was kept."""
    path = tmp_path / "w.pth"
    mine = b"?" * there
    path.with_name("w.pth.part").write_bytes(mine)
    expected = mine + CONTENT[there:]
    fetch_file(f"{hub.url}/models/net/resolve/main/w.pth", path, sha256=hashlib.sha256(expected).hexdigest())
    assert path.read_bytes() == expected


def test_what_came_damaged_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    url = f"{hub.url}/models/net/resolve/main/w.pth"
    with pytest.raises(ModelError, match=r"are damaged or have changed .*; try again"):
        fetch_file(url, tmp_path / "w.pth", sha256="0" * 8)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "w.pth").write_bytes(b"old")
    with pytest.raises(ModelError, match="delete the file and try again"):
        fetch_file(url, tmp_path / "w.pth", sha256=SHA256)


def test_without_a_network_the_file_to_put_where_is_named(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    for url in ("http://127.0.0.1:9/w.pth", f"{hub.url}/models/other/w.pth"):
        with pytest.raises(ModelError) as told:
            fetch_file(url, path, sha256=SHA256)
        assert f"download it on another machine and put it here: {path} (its sha256 begins with {SHA256[:12]})" in str(
            told.value
        )


def test_a_place_that_cannot_be_written_to_is_told(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch_file(f"{hub.url}/models/net/resolve/main/w.pth", tmp_path / "file" / "w.pth", sha256=SHA256)
