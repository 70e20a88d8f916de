"""A hub of Hugging Face on this machine, with as much of its protocol as a download needs."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

Files = Mapping[str, bytes]
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Hub:
    """repositories: "owner/name" -> revision -> files. offers: of pull requests, (author, title, number) by repository.

    served: the paths of what was asked for.
    """

    repositories: dict[str, dict[str, Files]] = field(default_factory=dict)
    offers: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """The hub, answering at `hub.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, hub)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def answer(request: Any, hub: Hub) -> None:
    """One answer of the hub: what is in a repository, its pull requests, or a file."""
    path = unquote(urlsplit(request.path).path).strip("/")
    hub.served.append(path)
    parts = path.split("/")
    name = "/".join(parts[2:4]) if parts[0] == "api" else "/".join(parts[:2])
    if name not in hub.repositories:
        return reply(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
    revisions = hub.repositories[name]
    if parts[0] == "api" and parts[4:5] == ["discussions"]:
        return reply(request, 200, offers(name, hub.offers.get(name, [])))
    wanted = "/".join(parts[5:]) if parts[0] == "api" else parts[3]
    found = next((r for r in revisions if wanted in (r, sum_of(r))), None)
    if found is None:
        return reply(request, 404, b"{}", {"X-Error-Code": "RevisionNotFound"})
    if parts[0] == "api":
        listed = parts[4] == "tree"
        return reply(request, 200, tree(revisions[found]) if listed else about(name, found, revisions[found]))
    file = "/".join(parts[4:])
    if file not in revisions[found]:
        return reply(request, 404, b"", {"X-Error-Code": "EntryNotFound"})
    return reply(request, 200, revisions[found][file], headers_of(file, revisions[found][file], found))


def reply(request: Any, code: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send an answer; a part of it where a part was asked for."""
    start = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
    request.send_response(206 if start else code)
    for key, value in {"Content-Length": str(len(content) - start), **(headers or {})}.items():
        request.send_header(key, value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(content[start:])


def sum_of(revision: str) -> str:
    """The commit of a revision, 40 hex digits."""
    return hashlib.sha1(revision.encode()).hexdigest()


def headers_of(file: str, content: bytes, revision: str) -> dict[str, str]:
    """Large files are named by their SHA-256, small ones by git's sum."""
    name = hashlib.sha256(content).hexdigest() if is_large(file) else hashlib.sha1(content).hexdigest()
    return {"ETag": f'"{name}"', "X-Repo-Commit": sum_of(revision), "Accept-Ranges": "bytes"}


def is_large(file: str) -> bool:
    """Does the hub keep the file as a large one?"""
    return file.endswith((".safetensors", ".bin"))


def about(name: str, revision: str, files: Files) -> bytes:
    """What `repo_info` reads."""
    return json.dumps({"id": name, "sha": sum_of(revision), "siblings": [{"rfilename": f} for f in files]}).encode()


def tree(files: Files) -> bytes:
    """What `list_repo_tree` reads."""
    listed = []
    for file, content in files.items():
        entry: dict[str, Any] = {"type": "file", "path": file, "size": len(content)}
        entry["oid"] = hashlib.sha1(content).hexdigest()
        if is_large(file):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        listed.append(entry)
    return json.dumps(listed).encode()


def offers(name: str, found: list[tuple[str, str, int]]) -> bytes:
    """What `get_repo_discussions` reads."""
    listed = [
        {
            "title": title,
            "num": number,
            "author": {"name": author},
            "createdAt": "2023-03-16T00:00:00.000Z",
            "status": "open",
            "repo": {"name": name, "type": "model"},
            "isPullRequest": True,
        }
        for author, title, number in found
    ]
    return json.dumps({"discussions": listed, "count": len(listed), "start": 0}).encode()


def python(code: str, hub: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program whose hub is at this address; the address is read once, when huggingface_hub is imported."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    env = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(home), "PYTHONPATH": paths, "HF_HUB_DISABLE_TELEMETRY": "1"}
    for unwanted in ("HF_HUB_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_OFFLINE"):
        env.pop(unwanted, None)
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
