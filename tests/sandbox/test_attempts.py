"""Each part of the sandbox: what it forbids is tried, and what tries it can succeed."""

from __future__ import annotations

import pytest

from grader.sandbox import attempts_processes, attempts_storage, trial  # noqa: F401
from grader.sandbox.attempts import PROVED_PARTS, SEEN_FROM_OUTSIDE, all_parts
from grader.sandbox.confine import Mechanism
from sandbox.helpers import ALL, OF_USER, needs_root, on, tried

N, L, S = Mechanism.NAMESPACES, Mechanism.LANDLOCK, Mechanism.SECCOMP
U = Mechanism.IDENTITY
NONE: frozenset[Mechanism] = frozenset()
pytestmark = needs_root

ROOT_SETS = (
    ALL,
    *(ALL - {one} for one in (N, L, S, U)),
    *(frozenset({o}) for o in (N, L, S)),
    NONE,
)
USER_SETS = (OF_USER, *(OF_USER - {one} for one in (N, L, S)), NONE)
BOTH = [("root", ROOT_SETS), ("user", USER_SETS)]

# These depend on the kernel: whether it has virtual machine sockets and nameless memory files.
MAY_LACK = {"speak to the virtual machine monitor"}
# Refused to a process without capabilities whatever else is done to it.
WITHOUT_CAPABILITIES = {"mount a file system", "read raw packets"}
# What only the filter of system calls refuses.
FILTERED = {
    "hold memory in a nameless file",
    "hold memory in a segment",
    "hold memory that is not mapped",
    "take the processors of others",
}
# Refused by what the keeper does, or seen by it.
BY_THE_KEEPER = set(SEEN_FROM_OUTSIDE)
OF_ROOT = {"read the passwords", "write into the environment", "start more threads than allowed"}


def outcome(host: str, mechanisms: frozenset[Mechanism]) -> dict[str, dict[str, str]]:
    sets = dict(BOTH)[host]
    return tried(host, sets)[sets.index(mechanisms)]


@pytest.mark.parametrize("part", PROVED_PARTS)
@pytest.mark.parametrize(("host", "sets"), BOTH, ids=["root", "user"])
def test_a_confined_process_can_do_nothing_that_a_part_forbids(host, sets, part):
    done = outcome(host, sets[0])
    of_part = {name for name, parts in all_parts().items() if part in parts}
    assert of_part and of_part <= set(done["refused"])
    assert not of_part & set(done["succeeded"]) and not done["lacks"]


def test_every_attempt_succeeds_where_nothing_confines():
    as_user = set(outcome("user", NONE)["succeeded"])
    as_root = set(outcome("root", NONE)["succeeded"])
    provable = set(all_parts()) - WITHOUT_CAPABILITIES - BY_THE_KEEPER - MAY_LACK
    assert provable <= as_user | as_root
    assert provable - OF_ROOT <= as_user


@pytest.mark.parametrize(
    ("host", "without", "got_through"),
    [
        (
            "root",
            N,
            {
                "connect to a socket of the host",
                "write more than allowed",
                "make more files than allowed",
            },
        ),
        ("root", L, {"write beside the sockets"}),
        ("root", S, FILTERED),
        ("root", U, {"start more threads than allowed"}),
        (
            "user",
            N,
            {
                "find a private file",
                "connect to a socket of the host",
                "write more than allowed",
                "make more files than allowed",
            },
        ),
        ("user", L, {"write beside the sockets"}),
        ("user", S, FILTERED),
    ],
)
def test_the_probe_sees_what_gets_through_when_a_mechanism_is_left_out(host, without, got_through):
    everything = ALL if host == "root" else OF_USER
    succeeded = set(outcome(host, everything - {without})["succeeded"])
    # Without namespaces a user's other threads count, and end, so the limit is not exact.
    assert succeeded - MAY_LACK - {"start more threads than allowed"} == got_through - {
        "start more threads than allowed"
    }
    if without is U:
        assert "start more threads than allowed" in succeeded


@pytest.mark.parametrize(
    ("mechanism", "refused"),
    [
        (
            N,
            {
                "read a private file",
                "find a private file",
                "read the course",
                "list the root",
                "write into the environment",
                "change the mode of a file",
                "connect over tcp",
                "send a datagram",
                "see the interfaces",
                "signal the examiner",
                "see the examiner",
                "list the processes",
                "connect to an abstract socket",
                "connect to a socket of the host",
                "attach a segment of the host",
                "open a message queue of the host",
                "hold memory in a device",
                "write more than allowed",
                "make more files than allowed",
            },
        ),
        (
            L,
            {
                "read a private file",
                "read the course",
                "list the root",
                "write into the environment",
                "empty a public file",
                "link to a public file",
                "connect over tcp",
                "signal the examiner",
                "see the examiner",
                "list the processes",
                "connect to an abstract socket",
                "open shared memory of the host",
                "hold memory in a device",
                "write beside the sockets",
            },
        ),
        (
            S,
            {
                "change the mode of a file",
                "change the time of a file",
                "connect over tcp",
                "send a datagram",
                "see the interfaces",
                "limit the examiner",
                "take the processors of others",
                "attach a segment of the host",
                "open a message queue of the host",
                *FILTERED,
            },
        ),
    ],
)
def test_what_a_mechanism_refuses_by_itself(mechanism, refused):
    free = set(outcome("root", NONE)["succeeded"])
    assert refused <= free  # else nothing is shown
    assert refused <= set(outcome("root", frozenset({mechanism}))["refused"])


def test_the_probe_sees_a_process_that_a_keeper_leaves_behind():
    code = """
import sys
from pathlib import Path
from grader.sandbox import trial
trial.end_children = lambda: None  # a keeper that ends nothing
trial.PATIENCE_S = 2.0
with trial.prepared((Path(sys.prefix), Path(sys.base_prefix)), None) as target:
    for mechanisms in (["landlock", "seccomp"], ["namespaces", "landlock", "seccomp"]):
        seen = trial.attempt(target, map(trial.Mechanism, mechanisms))
        print(trial.SURVIVOR in seen.succeeded)
"""
    assert on("root", ["-c", code], None).split() == ["True", "False"]


def test_what_only_capabilities_allow_succeeds_with_them():
    code = """
import sys
from pathlib import Path
from grader.sandbox import mounts, trial
from grader.sandbox.attempts import ATTEMPTS
from grader.sandbox.targets import fresh, prepared
acts = {one.name: one.act for one in ATTEMPTS}
mounts.enter_own_mounts()
with prepared((Path(sys.prefix),), None) as target:
    target = fresh(target, [])
    mounts.lay_out(target.confinement.folder, 0)
    for name in ("mount a file system", "read raw packets"):
        acts[name](target)
print("done")
"""
    assert on("root", ["-c", code], None).strip() == "done"
