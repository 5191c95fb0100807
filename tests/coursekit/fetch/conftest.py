"""Where the tests of fetching let pip look: an empty folder, or an index of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asset_packages import Server, offline, serving


@pytest.fixture(autouse=True)
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and pip told to look in an empty folder only."""
    return offline(tmp_path, monkeypatch)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A package index over HTTP, the only one pip is told of."""
    with serving() as running:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", f"{running.address}/simple")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running
