"""Small real packages, and a small real package index, for the tests of ``coursekit.assets``."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coursekit.assets import obtain
from coursekit.assets.cache import digest
from coursekit.assets.catalogue import Asset, Format, HubSnapshot, Kind, Member, Package, Rights

NAME = "course-sample"
WHEEL = "course_sample-1.0-py3-none-any.whl"
SOURCE = "course_sample-1.0.tar.gz"
FILES = {"data/poem.txt": b"one\n" * 500, "data/song.txt": b"two\n" * 500}
LARGE = {"data/large.bin": os.urandom(300_000)}
_METADATA = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n"


def wheel(files: dict[str, bytes]) -> bytes:
    """Return a valid wheel that holds ``files`` under ``course_sample/``."""
    info = "course_sample-1.0.dist-info"
    entries = {f"course_sample/{path}": content for path, content in files.items()} | {
        f"{info}/METADATA": _METADATA.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*entries, f"{info}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (entries | {f"{info}/RECORD": record.encode()}).items():
            archive.writestr(path, content)
    return buffer.getvalue()


def source_archive(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Return a source archive with ``files`` and symbolic ``links`` (path to target)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in ({"PKG-INFO": _METADATA.encode()} | files).items():
            info = tarfile.TarInfo(f"course_sample-1.0/{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for path, target in (links or {}).items():
            info = tarfile.TarInfo(f"course_sample-1.0/{path}")
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return buffer.getvalue()


def asset(
    package: bytes,
    files: dict[str, bytes],
    *,
    name: str = "sample",
    filename: str = WHEEL,
    hub: HubSnapshot | None = None,
) -> Asset:
    """Return a catalogue entry for ``files``, which lie in the package file ``package``."""
    root = "course_sample/" if filename == WHEEL else "course_sample-1.0/"
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return Asset(
        name=name,
        title=name,
        kind=Kind.TEXT,
        format=Format.PLAIN,
        package=Package(NAME, "1.0", filename, len(package), hashlib.sha256(package).hexdigest()),
        root=root,
        members=(Member(tuple(files), len(files), sum(map(len, files.values())), digest(hashes)),),
        licence="none",
        rights=Rights.OPEN,
        hub=hub,
    )


def offline(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """Put the cache below ``root``; return an empty folder, the only one in which pip looks."""
    folder = root / "links"
    folder.mkdir()
    for variable in [name for name in os.environ if name.startswith(("PIP_", "HF_"))]:
        patch.delenv(variable)
    patch.setenv("COURSEKIT_CACHE", str(root / "cache"))
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def get(entry: Asset) -> Path:
    """Fetch ``entry`` unless it is in the cache; return its folder."""
    return obtain.ensure(entry, (entry,))


def nothing_is_left(tmp_path: Path) -> bool:
    """Whether the cache holds no asset and no remains of one."""
    root = tmp_path / "cache"
    return not [
        path
        for folder in ("assets", "staging")
        for path in (root / folder).rglob("*")
        if path.is_file()
    ]


_CHILD = """
import base64, pickle, sys
limit = int(sys.argv[2])
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from coursekit.assets.errors import AssetError
from coursekit.assets.obtain import ensure
asset = pickle.loads(base64.b64decode(sys.argv[1]))
try:
    print(ensure(asset, (asset,)))
except AssetError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def fetching(entry: Asset, *, largest_file: int = 0) -> subprocess.Popen[str]:
    """Start a process of its own that fetches ``entry``.

    ``largest_file`` in bytes limits what it and its children may write to one file (0: no limit).
    """
    argument = base64.b64encode(pickle.dumps(entry)).decode()
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, argument, str(largest_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        start_new_session=True,
    )


class Server:
    """A local web server: ``pages`` by path, ``requests`` (GET) and ``heads`` as they came.

    One path can be treated badly. Of ``cut_path`` half is sent, then the connection is closed.
    Of ``held_path`` the second half waits: ``half_sent`` is set, and ``go_on`` awaited.
    """

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.headers: dict[str, str] = {}
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.cut_path = ""
        self.held_path = ""
        self.half_sent = threading.Event()
        self.go_on = threading.Event()
        self.address = ""

    def publish(self, filename: str, content: bytes) -> str:
        """Offer a package file, as a package index does; return its path."""
        path = f"/files/{filename}"
        self.pages[f"/simple/{NAME}/"] = f'<a href="{path}">{filename}</a>'.encode()
        self.pages[path] = content
        return path

    def count(self, path: str) -> int:
        """Return how often ``path`` was asked for."""
        return self.requests.count(path)


@contextmanager
def serving() -> Iterator[Server]:
    """Give a running :class:`Server`."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            state.heads.append(self.path)
            self._head()

        def do_GET(self) -> None:
            state.requests.append(self.path)
            content = self._head()
            half = len(content) // 2
            if self.path == state.cut_path:
                self.wfile.write(content[:half])
                self.close_connection = True
            elif self.path == state.held_path:
                self.wfile.write(content[:half])
                self.wfile.flush()
                state.half_sent.set()
                state.go_on.wait(60)
                self.wfile.write(content[half:])
            else:
                self.wfile.write(content)

        def _head(self) -> bytes:
            content = state.pages.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            if self.path.startswith("/simple/"):
                self.send_header("Content-Type", "text/html")
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            return content or b""

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        state.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
