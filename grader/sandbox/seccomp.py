"""seccomp: system calls that a confined process may not make, as a filter the kernel runs.

The filter is written as BPF here rather than with libseccomp, because it must also refuse system
calls that are younger than itself, which a library that works by names cannot say; and because a
grader that needs no further library of the host has one reason less to fail.

Refused calls end in an error, never in death: programs try, and go on without.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator, Mapping
from functools import cache

from grader.sandbox import linux
from grader.sandbox.syscalls import LAST_KNOWN, NUMBERS

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # the bit that marks x86_64's second set of calls
SECCOMP_MODE_FILTER = 2
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
AF_UNIX = 1
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # type into a terminal
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820  # attributes of a file, opened to read
PERSONALITY_ASK = 0xFFFFFFFF
MAP_HUGETLB = 0x40000  # memory that no process is seen to have
MAP_SHARED_ANONYMOUS, MAP_KIND = 0x21, 0x2F  # pages that stay where no process maps them any more
MADV_COLD, MADV_PAGEOUT = 20, 21  # push memory out to swap
RLIMIT_CORE = 4
CLONE_PARENT = 0x8000  # a child for our parent, outside what ends with us
NEW_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
)

# Refused with EPERM: other processes, the machine, its clock, its keys, ways around paths.
FORBIDDEN = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("process_mrelease", "move_pages", "migrate_pages"),
    *("mount", "umount2", "mount_setattr", "move_mount", "open_tree", "open_tree_attr", "fsopen"),
    *("fsconfig", "fsmount", "fspick", "pivot_root", "chroot", "unshare", "setns"),
    *("bpf", "perf_event_open", "fanotify_init", "lookup_dcookie"),
    *("keyctl", "add_key", "request_key", "lsm_set_self_attr"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("create_module", "query_module", "get_kernel_syms", "uselib", "nfsservctl", "_sysctl"),
    *("open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "acct", "syslog"),
    *("reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime"),
    *("sethostname", "setdomainname", "vhangup", "iopl", "ioperm", "modify_ldt", "sysfs", "ustat"),
    *("shmget", "shmat", "shmctl", "semget", "semctl", "semop", "semtimedop"),
    *("msgget", "msgctl", "msgsnd", "msgrcv", "mq_open", "mq_unlink"),
    "vmsplice",  # it keeps whole huge pages in a pipe
    "sched_setaffinity",  # it has its share of the cores
)
# Answered as a kernel without them does, because programs then take another way.
UNKNOWN = (
    *("clone3", "memfd_create", "memfd_secret", "userfaultfd"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup"),
    # What these keep is in no process's memory, and a process may have very much of it.
    *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"),
    *("inotify_init", "inotify_init1"),
)
# Everybody's disks would be waited for: programs are told that it was done.
FLUSHES = ("sync", "syncfs")
# Without a view of its own the process sees the host's files, and another user's or its own rights
# over them are all that Landlock leaves open. Programs that copy files set these as a courtesy, so
# they are told that it was done.
WITHOUT_VIEW = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat", "file_setattr"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
)
# Of these only the own process may be meant, and never all of its user's: index of an argument →
# what it has to be.
ON_OTHERS = {
    "setpriority": {0: 0, 1: 0},
    "ioprio_set": {0: 1, 1: 0},
    "sched_setscheduler": {0: 0},
    "sched_setparam": {0: 0},
    "sched_setattr": {0: 0},
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def supported() -> bool:
    """Whether the filter knows this machine's system calls."""
    return platform.machine() in AUDIT_ARCH


def install(*, own_root: bool) -> None:
    """Lay the filter on this process and its children for good.

    ``own_root`` says that a view shows this process its own files only. The process must have
    given up new privileges. Raise :class:`OSError` where the kernel or machine cannot do it.
    """
    if not supported():
        raise OSError(errno.ENOSYS, f"no system call filter for {platform.machine()}")
    code = program(platform.machine(), own_root=own_root)
    loaded = _Program(length=len(code) // 8, filter=code)
    address = ctypes.cast(ctypes.byref(loaded), ctypes.c_void_p).value or 0
    linux.prctl(linux.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address)


# One BPF instruction: operation, jump if true, jump if false, operand.
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
AND = 0x54
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data


def _instruction(operation: int, operand: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, yes, no, operand)


def _load(offset: int) -> bytes:
    return _instruction(LOAD, offset)


def _load_argument(index: int) -> bytes:
    """The lower half of an argument; the kernel looks at no more of those tested here."""
    return _load(ARGUMENTS + 8 * index)


def _finish(action: int) -> bytes:
    return _instruction(RETURN, action)


def _on(number: int, body: bytes) -> bytes:
    """Run ``body``, which must return, where the system call is ``number``."""
    return _instruction(JUMP_EQUAL, number, yes=0, no=len(body) // 8) + body


@cache
def program(machine: str, *, own_root: bool) -> bytes:
    """The filter's instructions for ``machine``, one of :data:`grader.sandbox.linux.MACHINES`."""
    start = (
        _load(ARCHITECTURE)
        + _instruction(JUMP_EQUAL, AUDIT_ARCH[machine], yes=1)
        + _finish(KILL)  # another machine's calls have other numbers
        + _load(NUMBER)
        + _instruction(JUMP_AT_LEAST, LAST_KNOWN + 1, no=1)  # x32 as well
        + _finish(ERROR | errno.ENOSYS)
    )
    numbers = NUMBERS[linux.MACHINES.index(machine)]
    rules = (
        _on(numbers[name], body) for name, body in _bodies(own_root=own_root) if name in numbers
    )
    return start + b"".join(rules) + _finish(ALLOW)


def _bodies(*, own_root: bool) -> Iterator[tuple[str, bytes]]:
    """What is done at each system call that is not simply allowed."""
    unix_only = (
        _load_argument(0)
        + _instruction(JUMP_EQUAL, AF_UNIX, no=1)
        + _finish(ALLOW)
        + _finish(ERROR | errno.EAFNOSUPPORT)
    )
    yield "socket", unix_only
    yield "socketpair", unix_only
    yield "clone", _refuse_bits(0, NEW_NAMESPACES | CLONE_PARENT)
    yield "mmap", _REFUSE_UNSEEN_MEMORY
    yield "madvise", _refuse_values(2, MADV_COLD, MADV_PAGEOUT)
    yield "ioctl", _refuse_values(1, TIOCSTI, TIOCLINUX, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR)
    # What ends this process with the grader must stay; torch sets its own for its workers.
    yield "prctl", _KEEP_ENDING_AND_FILTERS
    yield "personality", _allow_values(0, 0, PERSONALITY_ASK)
    yield "setrlimit", _refuse_values(0, RLIMIT_CORE)
    yield "prlimit64", _KEEP_CORE_LIMIT + _allow_only({} if own_root else {0: 0})
    for name in FORBIDDEN:
        yield name, _finish(ERROR | errno.EPERM)
    for name in UNKNOWN:
        yield name, _finish(ERROR | errno.ENOSYS)
    for name in FLUSHES:
        yield name, _finish(ERROR)
    if not own_root:
        for name in WITHOUT_VIEW:
            yield name, _finish(ERROR)
        yield "utimensat", _REFUSE_TOUCH
        for name, arguments in ON_OTHERS.items():
            yield name, _allow_only(arguments)


# "Now" for a path is what pathlib asks before it makes a file, and takes for "it is there": an
# error. Other times, and those of an open file, are a courtesy again.
_REFUSE_TOUCH = (
    _load_argument(1)
    + _instruction(JUMP_EQUAL, 0, no=1)
    + _finish(ERROR)
    + _load_argument(2)
    + _instruction(JUMP_EQUAL, 0, no=1)
    + _finish(ERROR | errno.EPERM)
    + _finish(ERROR)
)


_REFUSE_UNSEEN_MEMORY = (
    _load_argument(3)
    + _instruction(JUMP_ANY_BIT, MAP_HUGETLB, yes=2)
    + _instruction(AND, MAP_KIND)
    + _instruction(JUMP_EQUAL, MAP_SHARED_ANONYMOUS, no=1)
    + _finish(ERROR | errno.EPERM)
    + _finish(ALLOW)
)

_KEEP_ENDING_AND_FILTERS = (
    _load_argument(0)
    + _instruction(JUMP_EQUAL, linux.PR_SET_PDEATHSIG, no=1)
    + _finish(ERROR)
    + _instruction(JUMP_EQUAL, linux.PR_SET_SECCOMP, no=1)
    + _finish(ERROR | errno.EINVAL)
    + _finish(ALLOW)
)

# Refuse a new limit on core dumps; goes on where it is another limit, or only asked for: its third
# argument is then a null pointer, both halves of it.
_KEEP_CORE_LIMIT = (
    _load_argument(1)
    + _instruction(JUMP_EQUAL, RLIMIT_CORE, no=5)
    + _load_argument(2)
    + _instruction(JUMP_EQUAL, 0, no=2)
    + _load(ARGUMENTS + 8 * 2 + 4)
    + _instruction(JUMP_EQUAL, 0, yes=1)
    + _finish(ERROR | errno.EPERM)
)


def _refuse_bits(index: int, bits: int) -> bytes:
    return (
        _load_argument(index)
        + _instruction(JUMP_ANY_BIT, bits, no=1)
        + _finish(ERROR | errno.EPERM)
        + _finish(ALLOW)
    )


def _refuse_values(index: int, *values: int) -> bytes:
    tests = b"".join(
        _instruction(JUMP_EQUAL, value, no=1) + _finish(ERROR | errno.EPERM) for value in values
    )
    return _load_argument(index) + tests + _finish(ALLOW)


def _allow_only(arguments: Mapping[int, int]) -> bytes:
    """Allow it where each of the ``arguments``, by index, is as given."""
    tests = b"".join(
        _load_argument(index)
        + _instruction(JUMP_EQUAL, value, yes=1)
        + _finish(ERROR | errno.EPERM)
        for index, value in arguments.items()
    )
    return tests + _finish(ALLOW)


def _allow_values(index: int, *values: int) -> bytes:
    tests = b"".join(_instruction(JUMP_EQUAL, value, no=1) + _finish(ALLOW) for value in values)
    return _load_argument(index) + tests + _finish(ERROR | errno.EPERM)
