"""What a confined process may still ask of the kernel as a user: identity, capabilities, limits."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import resource
import secrets
import signal
from pathlib import Path

from grader.sandbox import linux

# Above every range that systemd's or Linux distributions' tables give to users or containers. Where
# a container maps none of it, any id that nobody has will do.
FREE_UIDS = range(0x7000_0000, 0x7FF0_0000)
# Descriptors that lie unread in sockets count for each user of the host, and who finds more there
# than its own limit can send none. Below the 1024 of other programs, nobody else is kept from it.
OPEN_FILES = 512
PENDING = 1024  # signals and timers; as above, the limits of others are higher
# Too little for a file, and the one limit at which the kernel does not start the program either
# that `core_pattern` may name: at 0 it does. The filter keeps it so.
NO_CORE = 1
THREADS_PER_PROCESS = 4  # RLIMIT_NPROC counts threads
THREADS = 128  # for the kernel itself and the libraries it has loaded
# SECBIT_NOROOT, NO_SETUID_FIXUP, KEEP_CAPS off, NO_CAP_AMBIENT_RAISE; each locked.
SECUREBITS = 0b1110_1111
MIB = 2**20


def free_uid() -> int:
    """A user id that nobody has and that owns no process; for a root that can set it.

    Ids are drawn at random, so that two graders on one machine do not share one. Raise
    :class:`OSError` where there is none.
    """
    ids = _free_range()
    for _ in range(100):
        uid = secrets.choice(ids)
        if not _is_used(uid):
            return uid
    raise OSError(errno.EUSERS, f"no user id in {ids.start}..{ids.stop - 1} is free")


def _free_range() -> range:
    """Where to look for an id: the upper half of the longest range mapped here, at worst."""
    try:
        rows = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return FREE_UIDS
    fields = [list(map(int, row.split())) for row in rows]  # first here, first outside, how many
    mapped = max((range(first, first + many) for first, _, many in fields), key=len)
    whole = FREE_UIDS[0] in mapped and FREE_UIDS[-1] in mapped
    return FREE_UIDS if whole else mapped[len(mapped) // 2 :]


def _is_used(uid: int) -> bool:
    with contextlib.suppress(KeyError):
        pwd.getpwuid(uid)
        return True
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == uid:
                return True
    return False


def leave_session() -> None:
    """Leave the terminal and the keyring that were inherited."""
    with contextlib.suppress(PermissionError):  # it leads a session already
        os.setsid()
    with contextlib.suppress(OSError):  # no keyrings here
        linux.syscall(linux.KEYCTL, linux.KEYCTL_JOIN_SESSION_KEYRING, 0)


def limit(processes: int, disk_mb: float, *, own_count: bool) -> None:
    """Set the limits the kernel keeps: threads, bytes of a file, open files, no core dump.

    ``own_count`` says that no process but the confined ones counts as this user's; elsewhere
    those of the same user that run now are allowed for.
    """
    others = 0 if own_count else _threads_of_user()
    _lower(resource.RLIMIT_NPROC, others + most_threads(processes))
    _lower(resource.RLIMIT_FSIZE, int(disk_mb * MIB))
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_SIGPENDING, PENDING)
    with contextlib.suppress(ValueError):  # none may be had at all, and that is not ours to raise
        resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))
    for kind in ("MEMLOCK", "MSGQUEUE", "NICE", "RTPRIO"):
        _lower(getattr(resource, f"RLIMIT_{kind}"), 0)
    with contextlib.suppress(OSError):  # not ours to write: then it is ended as others are
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def most_threads(processes: int) -> int:
    """Threads that so many ``processes`` may have together."""
    return THREADS + THREADS_PER_PROCESS * processes


def _lower(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (wanted, wanted))


def _threads_of_user() -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == os.getuid():
                count += len(list((process / "task").iterdir()))
    return count


def become(uid: int) -> None:
    """Become the user ``uid``, with its own group and no other, from root."""
    dies_with, parent = linux.death_signal(), os.getppid()
    os.setgroups(())
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if dies_with:  # the kernel forgets it at a change of user
        linux.prctl(linux.PR_SET_PDEATHSIG, dies_with)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def lock_capabilities() -> None:
    """Empty what can be inherited: bounding and ambient sets, and root's power to regain them."""
    with contextlib.suppress(OSError):  # without CAP_SETPCAP there is nothing that could be kept
        linux.prctl(linux.PR_SET_SECUREBITS, SECUREBITS)
        for capability in range(_last_capability() + 1):
            linux.prctl(linux.PR_CAPBSET_DROP, capability)
    linux.prctl(linux.PR_CAP_AMBIENT, linux.PR_CAP_AMBIENT_CLEAR_ALL)


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def drop_capabilities() -> None:
    """Give up every capability for good."""
    linux.drop_all_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
