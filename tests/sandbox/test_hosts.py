"""Other kinds of host, made by having the kernel refuse: what is still held, and what to do."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.errors import GraderError
from grader.sandbox import hosts
from grader.sandbox.attempts import PROVED_PARTS
from grader.sandbox.confine import Mechanism
from grader.sandbox.parts import ALWAYS, PARTS, Sandbox, in_force
from grader.sandbox.probe import Host, PartState
from sandbox.helpers import needs_root, on

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
PROBE = """
import json, sys
from grader.sandbox.probe import probe
host = probe()
print(json.dumps([sorted(host.mechanisms), {k: v for k, v in host.left_out.items()},
                  {p.name: [p.in_force, p.holes, p.remedy] for p in host.parts}]))
"""


def probed(kind: str) -> tuple[set[str], dict[str, str], dict[str, Any]]:
    mechanisms, left_out, parts = json.loads(on(kind, ["-c", PROBE], None))
    assert tuple(parts) == PROVED_PARTS
    return set(mechanisms), left_out, parts


def held(parts: dict[str, Any]) -> set[str]:
    return {name for name, (in_force, _, _) in parts.items() if in_force}


def told(host: str) -> tuple[set[str], set[str]]:
    """The parts that docs/security.md says are in force on a host, and those that are not."""
    [cell] = re.findall(rf"^\| {re.escape(host)}[^|]*\| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)
    there, _, missing = re.sub(r"\([^)]*\)", "", cell).partition("; not ")
    return set(re.findall(r"\w+", there)), set(re.findall(r"\w+", missing))


@needs_root
@pytest.mark.parametrize("kind", ["root", "user"])
def test_root_and_an_ordinary_user_have_every_part(kind):
    mechanisms, left_out, parts = probed(kind)
    assert not left_out and mechanisms >= {"namespaces", "landlock", "seccomp"}
    assert ("identity" in mechanisms) == (kind == "root")
    assert all(in_force for in_force, _, _ in parts.values())


@needs_root
def test_a_plain_container_keeps_the_parts_that_need_no_namespaces():
    mechanisms, left_out, parts = probed("docker")
    assert mechanisms == {"landlock", "seccomp", "identity"} and set(left_out) == {"namespaces"}
    assert held(parts) == {"files", "network", "processes", "memory", "examiner"}
    assert told("plain `docker run`, as root") == (held(parts), set(parts) - held(parts))
    _, holes, remedy = parts["disk"]
    assert "write more than allowed" in holes
    assert "CAP_SYS_ADMIN" in remedy or "--cap-add SYS_ADMIN" in remedy


@needs_root
def test_a_user_without_namespaces_keeps_network_processes_memory_and_the_examiner():
    mechanisms, _, parts = probed("restricted-user")
    assert mechanisms == {"landlock", "seccomp"}
    assert held(parts) == {"network", "processes", "memory", "examiner"}
    assert told("a user without namespaces") == (held(parts), set(parts) - held(parts))
    assert parts["files"][1] == ["find a private file"]
    assert parts["ipc"][1] == ["connect to a socket of the host"]


@needs_root
def test_without_landlock_only_the_sockets_folder_is_open():
    mechanisms, left_out, parts = probed("user-without-landlock")
    assert "landlock" not in mechanisms and "444" in left_out["landlock"]
    missing = {name: holes for name, (in_force, holes, _) in parts.items() if not in_force}
    assert missing == {"disk": ["write beside the sockets"]}
    assert "lsm=landlock" in parts["disk"][2] or "Landlock cannot" in parts["disk"][2]


@needs_root
def test_another_user_is_done_without_where_it_could_not_run_this_python():
    """Root's home is closed, its interpreter lies in it, and there is no view to show it in."""
    mechanisms, left_out, parts = probed("closed-home")
    if not Path(sys.base_prefix).is_relative_to(Path.home()):
        pytest.skip("this interpreter is open to everybody")
    assert mechanisms == {"landlock", "seccomp"}
    assert "would lack" in left_out["identity"] and not parts["files"][0]


ALL_HELD = tuple(PartState(part, True) for part in PROVED_PARTS)
HALF = tuple(
    PartState(part, part != "disk", (), "" if part != "disk" else "Buy one.")
    for part in PROVED_PARTS
)


def test_what_is_in_force_follows_from_mode_host_and_isolation():
    whole = Host(frozenset(), {}, ALL_HELD)
    half = Host(frozenset(), {}, HALF)
    assert in_force(Sandbox.REQUIRE, whole, apart=True) == PARTS
    without = tuple(part for part in PARTS if part != "examiner")
    assert in_force(Sandbox.REQUIRE, whole, apart=False) == without
    assert in_force(Sandbox.BEST, half, apart=True) == tuple(p for p in PARTS if p != "disk")
    assert in_force(Sandbox.OFF, whole, apart=True) == ALWAYS


def test_require_names_the_missing_parts_and_what_to_do():
    with pytest.raises(GraderError) as caught:
        in_force(Sandbox.REQUIRE, Host(frozenset(), {}, HALF), apart=True)
    assert "disk" in caught.value.message and "network" not in caught.value.message
    assert "Buy one." in caught.value.remedy and "--sandbox best" in caught.value.remedy


@pytest.mark.parametrize(
    ("settings", "euid", "expected"),
    [
        ({"user/max_user_namespaces": 0}, 1000, "sysctl -w user.max_user_namespaces=15000"),
        ({"kernel/unprivileged_userns_clone": 0}, 1000, "kernel.unprivileged_userns_clone=1"),
        ({"kernel/apparmor_restrict_unprivileged_userns": 1}, 1000, "/etc/apparmor.d/grader"),
        ({}, 0, "CAP_SYS_ADMIN"),
        ({}, 1000, "Grade as root"),
    ],
)
def test_the_remedy_is_that_of_this_host(monkeypatch, tmp_path, settings, euid, expected):
    for name, value in settings.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setattr(hosts, "SYSCTL", tmp_path)
    monkeypatch.setattr(hosts, "CONTAINER_MARKS", ())
    monkeypatch.delenv("container", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: euid)
    monkeypatch.setattr(hosts, "has_capability", lambda number: False)
    assert expected in hosts.remedy({Mechanism.NAMESPACES: "refused"})


@pytest.mark.parametrize(
    ("pattern", "unfiltered", "filtered"),
    [
        ("core", "", ""),
        ("|/bin/apport %p", "|/bin/apport %p", ""),
        ("@/run/it", "@/run/it", "@/run/it"),
    ],
)
def test_what_is_told_of_a_candidates_crash(monkeypatch, tmp_path, pattern, unfiltered, filtered):
    (tmp_path / "kernel").mkdir()
    (tmp_path / hosts.CORE_PATTERN).write_text(f"{pattern}\n")
    monkeypatch.setattr(hosts, "SYSCTL", tmp_path)
    monkeypatch.setattr("resource.getrlimit", lambda kind: (0, -1))
    assert hosts.told_of_crashes(()) == unfiltered
    assert hosts.told_of_crashes({Mechanism.SECCOMP}) == filtered


def test_a_limit_on_core_dumps_that_cannot_be_set_holds_nobody(monkeypatch, tmp_path):
    (tmp_path / "kernel").mkdir()
    (tmp_path / hosts.CORE_PATTERN).write_text("|/bin/apport %p\n")
    monkeypatch.setattr(hosts, "SYSCTL", tmp_path)
    monkeypatch.setattr("resource.getrlimit", lambda kind: (0, 0))
    for euid, told in ((0, ""), (1000, "|/bin/apport %p")):
        monkeypatch.setattr("os.geteuid", lambda euid=euid: euid)
        assert hosts.told_of_crashes({Mechanism.SECCOMP}) == told


@pytest.mark.parametrize(
    ("platform", "expected"), [("darwin", "docker run"), ("win32", "wsl --install")]
)
def test_systems_other_than_linux_have_a_remedy_too(monkeypatch, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    assert expected in hosts.remedy({})


def test_a_container_is_told_how_to_be_started(monkeypatch, tmp_path):
    (mark := tmp_path / "mark").touch()
    monkeypatch.setattr(hosts, "CONTAINER_MARKS", (mark,))
    for euid, expected in ((0, "--cap-add SYS_ADMIN"), (1000, "systempaths=unconfined")):
        monkeypatch.setattr("os.geteuid", lambda euid=euid: euid)
        assert expected in hosts.remedy({Mechanism.NAMESPACES: "refused"})
