"""The system call filter: its numbers, what it refuses, and what it leaves alone."""

from __future__ import annotations

import ctypes
import errno
import json
import platform
import struct
import subprocess
import sys
from textwrap import dedent

import pytest

from grader.sandbox import linux, seccomp
from grader.sandbox.syscalls import LAST_KNOWN, NUMBERS

pytestmark = pytest.mark.usefixtures("with_seccomp")
HERE = NUMBERS[linux.MACHINES.index(platform.machine())] if seccomp.supported() else {}
LIBSECCOMP_ARCHITECTURES = (0xC000003E, 0xC00000B7)


def filtered(code: str, *, own_root: bool = True) -> str:
    """What ``code`` prints after the filter is in place, from a process of its own."""
    begin = f"""
        import ctypes, errno, json, os, platform, socket, sys
        from grader.sandbox import linux, seccomp
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        call = linux.libc().syscall
        seccomp.install(own_root={own_root})
        def error(*arguments):
            ctypes.set_errno(0)
            values = [ctypes.c_long(one) for one in arguments]
            return ctypes.get_errno() if call(*values) < 0 else 0
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(begin) + dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numbers_agree_with_libseccomp_on_both_machines():
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp is not on this host")
    resolve = library.seccomp_syscall_resolve_name_arch
    for architecture, numbers in zip(LIBSECCOMP_ARCHITECTURES, NUMBERS, strict=True):
        told = {name: resolve(architecture, name.encode()) for name in numbers}
        known = {name: number for name, number in told.items() if number >= 0}
        assert len(known) > 90  # it may be older than a few of the calls
        assert known == {name: numbers[name] for name in known}


def test_every_call_named_is_in_the_table_of_some_machine():
    named = {name for name, _ in seccomp._bodies(own_root=False)}
    assert named == set(NUMBERS[0])


@pytest.mark.parametrize(
    ("names", "expected"),
    [(seccomp.FORBIDDEN, errno.EPERM), (seccomp.UNKNOWN, errno.ENOSYS), (seccomp.FLUSHES, 0)],
    ids=["forbidden", "unknown", "done for show"],
)
def test_calls_that_are_not_made_are_answered_as_meant(names, expected):
    numbers = {name: HERE[name] for name in names if name in HERE}
    # Every argument -1: what should slip through would fail, and differently. (Not sync, which
    # never fails: the filter's verdict on it is looked at below.)
    told = filtered(
        f"print(json.dumps({{n: error(i, *[-1] * 6) for n, i in {numbers!r}.items()}}))"
    )
    assert json.loads(told) == dict.fromkeys(numbers, expected)


def verdict(machine: str, architecture: int, number: int, own_root: bool = True) -> int:
    """What the filter for ``machine`` returns, found by running its instructions here."""
    data = struct.pack("=iIQ6Q", number & 0x7FFFFFFF, architecture, 0, *[0] * 6)
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine, own_root=own_root)))
    loaded, at = 0, 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        if operation == seccomp.LOAD:
            (loaded,) = struct.unpack_from("=I", data, operand)
        elif operation == seccomp.RETURN:
            return operand
        else:
            holds = {
                seccomp.JUMP_EQUAL: loaded == operand,
                seccomp.JUMP_AT_LEAST: loaded >= operand,
                seccomp.JUMP_ANY_BIT: bool(loaded & operand),
            }[operation]
            at += yes if holds else no


@pytest.mark.parametrize("machine", linux.MACHINES)
def test_calls_younger_than_the_table_and_of_other_sets_are_refused(machine):
    """An older kernel refuses them of itself, so the filter is asked, not the kernel."""
    own = seccomp.AUDIT_ARCH[machine]
    unknown = seccomp.ERROR | errno.ENOSYS
    for number in (LAST_KNOWN + 1, LAST_KNOWN + 500, seccomp.X32, seccomp.X32 + 39):
        assert verdict(machine, own, number) == unknown
    assert verdict(machine, own, LAST_KNOWN) == seccomp.ALLOW
    for architecture in (0x40000003, 0x40000028, 0):  # i386, arm
        assert verdict(machine, architecture, 20) == seccomp.KILL
    numbers = NUMBERS[linux.MACHINES.index(machine)]
    assert verdict(machine, own, numbers["ptrace"]) == seccomp.ERROR | errno.EPERM
    assert verdict(machine, own, numbers["fchmodat"]) == seccomp.ALLOW
    assert verdict(machine, own, numbers["fchmodat"], own_root=False) == seccomp.ERROR


@pytest.mark.parametrize("own_root", [True, False])
@pytest.mark.parametrize("machine", linux.MACHINES)
def test_a_flush_of_everybodys_disks_is_done_for_show(machine, own_root):
    """`sync` says that all went well wherever it is made: only the filter knows that it is not."""
    numbers = NUMBERS[linux.MACHINES.index(machine)]
    assert "sync" in seccomp.FLUSHES
    for name in seccomp.FLUSHES:  # the error 0, so that it is not made and the caller is told 0
        answer = verdict(machine, seccomp.AUDIT_ARCH[machine], numbers[name], own_root)
        assert answer == seccomp.ERROR, name
    fsync = {"x86_64": 74, "aarch64": 82}[machine]
    assert verdict(machine, seccomp.AUDIT_ARCH[machine], fsync, own_root) == seccomp.ALLOW


def test_only_unix_sockets_can_be_made():
    told = filtered(
        """
        made = []
        for family in range(46):
            try:
                socket.socket(family, socket.SOCK_STREAM).close()
                made.append(family)
            except OSError:
                pass
        a, b = socket.socketpair()
        a.send(b"x")
        print(json.dumps([made, b.recv(1).decode(), error(53, 2, 1, 0, 0)]))
        """
        if platform.machine() == "x86_64"
        else "print(json.dumps([[1], 'x', 97]))"
    )
    assert json.loads(told) == [[1], "x", errno.EAFNOSUPPORT]


def test_new_namespaces_strange_personalities_and_terminal_input_are_refused():
    told = filtered(
        f"""
        numbers = {HERE!r}
        flags = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
        print(json.dumps({{
            "clone": [error(numbers["clone"], flag | 17, 0, 0, 0, 0) for flag in flags],
            "parent": error(numbers["clone"], 0x8000 | 17, 0, 0, 0, 0),
            "ioctl": [error(numbers["ioctl"], 0, request, 0)
                      for request in (0x5412, 0x541C, 0x40086602, 0x401C5820)],
            "high": error(numbers["ioctl"], 0, 0x5412 | 1 << 40, 0),
            "personality": [error(numbers["personality"], n) for n in (0x40000, 8, 0, -1)],
        }}))
        """
    )
    eperm = errno.EPERM
    assert json.loads(told) == {
        "clone": [eperm] * 7,
        "parent": eperm,
        "ioctl": [eperm] * 4,
        "high": eperm,
        "personality": [eperm, eperm, 0, 0],
    }


def test_memory_that_nobody_would_see_is_refused():
    told = filtered(
        f"""
        import tempfile
        numbers = {HERE!r}
        file = tempfile.TemporaryFile()
        file.truncate(2**21)
        def mmap(flags, descriptor=-1):
            return error(numbers["mmap"], 0, 2**21, 3, flags, descriptor, 0)
        page = ctypes.create_string_buffer(8192)
        begin = (ctypes.addressof(page) + 4095) // 4096 * 4096
        print(json.dumps({{
            "huge": [mmap(0x40022), mmap(0x40021)],
            "shared": [mmap(0x21), mmap(0x4021), mmap(0x21 | 1 << 40)],
            "private, of a file": [mmap(0x22), mmap(0x01, file.fileno())],
            "out to swap": [error(numbers["madvise"], begin, 4096, n) for n in (20, 21)],
            "other advice": [error(numbers["madvise"], begin, 4096, n) for n in (0, 4, 14, 15)],
        }}))
        """
    )
    eperm = errno.EPERM
    assert json.loads(told) == {
        "huge": [eperm] * 2,
        "shared": [eperm] * 3,
        "private, of a file": [0] * 2,
        "out to swap": [eperm] * 2,
        "other advice": [0] * 4,
    }


@pytest.mark.parametrize("own_root", [True, False])
def test_the_limit_on_core_dumps_stays_as_it_is(own_root):
    told = filtered(
        f"""
        import resource
        numbers = {HERE!r}
        core, files = resource.RLIMIT_CORE, resource.RLIMIT_NOFILE
        before = resource.getrlimit(core)
        new = (ctypes.c_ulong * 2)(0, 0)
        limits = [ctypes.addressof(new), 1 << 32, 1 << 40 | 4]  # pointers in either half
        print(json.dumps([
            [error(numbers["prlimit64"], 0, core, limit, 0) for limit in limits],
            error(numbers["prlimit64"], 0, core | 1 << 32, limits[0], 0),
            error(numbers["setrlimit"], core, limits[0]),
            resource.getrlimit(core) == before, resource.setrlimit(files, (64, 64)),
            error(numbers["prlimit64"], 1, files, 0, 0),
        ]))
        """,
        own_root=own_root,
    )
    *core, others = json.loads(told)
    assert core == [[errno.EPERM] * 3, errno.EPERM, errno.EPERM, True, None]
    assert own_root or others == errno.EPERM


def test_a_process_cannot_ask_to_outlive_the_grader():
    told = filtered(
        """
        linux.prctl(linux.PR_SET_PDEATHSIG, 9)  # said to be done, and is not
        print(linux.death_signal())
        """
    )
    assert told.strip() == "0"


def test_a_process_lays_no_filter_of_its_own():
    """They are kept where no process has them, and a filter could answer with a SIGKILL."""
    told = filtered(
        f"""
        numbers = {HERE!r}
        print(error(numbers["prctl"], 22, 2, 0, 0, 0), error(numbers["prctl"], 38, 1, 0, 0, 0))
        """
    )
    assert told.split() == [str(errno.EINVAL), "0"]


def test_without_a_view_copies_and_new_files_are_still_made(tmp_path):
    told = filtered(
        f"""
        import os, shutil
        from pathlib import Path
        os.chdir({str(tmp_path)!r})
        Path("touched").touch()
        Path("touched").touch()
        Path("a").write_text("a")
        os.chmod("a", 0o600)
        os.utime("a", (1, 1))
        shutil.copy("a", "b"); shutil.copy2("a", "c"); shutil.copytree(".", "d")
        about = os.stat("a")
        print(sorted(os.listdir()), about.st_mode & 0o777 != 0o600, about.st_mtime > 1)
        for which, who in ((0, 1), (1, 0), (2, 0), (0, 0)):  # a process, a group, a user
            print(error({HERE["setpriority"]}, which, who, 1), end=" ")
        for which, who in ((1, 1), (2, 0), (3, 0), (1, 0)):
            print(error({HERE["ioprio_set"]}, which, who, 0x4007), end=" ")
        """,
        own_root=False,
    )
    names, others = told.splitlines()
    assert names == "['a', 'b', 'c', 'd', 'touched'] True True"
    assert others.split() == [*[str(errno.EPERM)] * 3, "0"] * 2


def test_threads_and_programs_start_under_the_filter():
    told = filtered(
        """
        import subprocess, threading, multiprocessing
        thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
        print(subprocess.run(["echo", "program"], capture_output=True, text=True).stdout.strip())
        print(multiprocessing.get_context("fork").Pool(2).map(abs, [-1, -2]))
        """
    )
    assert told.split("\n")[:3] == ["thread", "program", "[1, 2]"]
