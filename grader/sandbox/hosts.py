"""What kind of host this is, and what its owner can do to make a part of the sandbox possible."""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from grader.sandbox import landlock
from grader.sandbox.confine import Mechanism

NEEDED_LINUX = (5, 12)
SYSCTL = Path("/proc/sys")
USER_NAMESPACES = "user/max_user_namespaces"
UNPRIVILEGED = "kernel/unprivileged_userns_clone"  # Debian's own, of older kernels
APPARMOR = "kernel/apparmor_restrict_unprivileged_userns"  # Ubuntu's, from 23.10 on
CORE_PATTERN = "kernel/core_pattern"
CAP_SYS_ADMIN = 21
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))

ROOT_FLAGS = (
    "--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
)
USER_FLAGS = (
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined"
)
CONTAINER = f"docker run {ROOT_FLAGS} …"


def remedy(left_out: Mapping[Mechanism, str]) -> str:
    """What to do on this host about the mechanisms that were ``left_out``, most useful first."""
    if sys.platform == "darwin":
        return (
            "macOS has no such mechanism. Grade in a Linux container, with Docker Desktop or "
            f"colima: {CONTAINER} (as root in the container)."
        )
    if sys.platform == "win32":
        return (
            "Windows has no such mechanism. Grade in WSL2: run wsl --install in an administrator's "
            "terminal, then install and start the grader inside the Linux it gives you."
        )
    if not sys.platform.startswith("linux"):
        return "Grade on Linux, or in a Linux virtual machine."
    for mechanism, advise in (
        (Mechanism.NAMESPACES, _namespaces),
        (Mechanism.IDENTITY, _identity),
        (Mechanism.LANDLOCK, _landlock),
        (Mechanism.SECCOMP, _seccomp),
    ):
        if mechanism in left_out:
            return advise(left_out[mechanism])
    return "Every mechanism works, and yet this got through: please report it as a defect."


def _namespaces(error: str) -> str:
    if linux_version() < NEEDED_LINUX:
        needed = ".".join(map(str, NEEDED_LINUX))
        return f"Grade on Linux {needed} or later; this is {platform.release()}."
    if in_container():
        return (
            "This is a container. Start it with: docker run "
            f"{ROOT_FLAGS if os.geteuid() == 0 else USER_FLAGS} … "
            "(podman: with --security-opt unmask=ALL as well)."
        )
    if os.geteuid() == 0:
        if has_capability(CAP_SYS_ADMIN):
            return f"Namespaces cannot be entered: {error}."
        return "Give this root the capability CAP_SYS_ADMIN, or grade as an ordinary user."
    if _setting(USER_NAMESPACES) == 0:
        return _set("user.max_user_namespaces", 15000)
    if _setting(UNPRIVILEGED) == 0:
        return _set("kernel.unprivileged_userns_clone", 1)
    if _setting(APPARMOR):
        return (
            "This Ubuntu lets only named programs make user namespaces. Name the grader's Python: "
            f"write {apparmor_profile()!r} to /etc/apparmor.d/grader-python, then run sudo "
            "apparmor_parser -r /etc/apparmor.d/grader-python. Or allow it to every program: "
            + _set("kernel.apparmor_restrict_unprivileged_userns", 0)
        )
    return f"User namespaces cannot be entered: {error}. Grade as root, or in a virtual machine."


def apparmor_profile() -> str:
    """A profile for AppArmor 4 that lets this interpreter make user namespaces."""
    interpreter = os.path.realpath(sys.executable)
    return (
        "abi <abi/4.0>, include <tunables/global> "
        f'profile grader-python "{interpreter}" flags=(unconfined) {{ userns, }}'
    )


def _set(name: str, value: int) -> str:
    return (
        f"Run sudo sysctl -w {name}={value} (to keep it: echo {name}={value} | sudo tee "
        "/etc/sysctl.d/60-grader.conf)."
    )


def _identity(error: str) -> str:
    return (
        f"Another user cannot run this Python: {error}. Make the environment where everybody may "
        "read it, not below a private home folder."
    )


def _landlock(error: str) -> str:
    if landlock.abi():
        return f"Landlock cannot be applied: {error}."
    active = _text(Path("/sys/kernel/security/lsm")) or "capability,yama,apparmor"
    return (
        "Landlock is not switched on. Add lsm=landlock," + active.replace("landlock,", "") + " to "
        "the kernel's command line and start again (it needs Linux 5.13 or later, built with "
        "CONFIG_SECURITY_LANDLOCK)."
    )


def _seccomp(error: str) -> str:
    return f"System calls cannot be filtered: {error}. Grade on Linux on x86_64 or aarch64."


def told_of_crashes(mechanisms: Collection[Mechanism]) -> str:
    """What of this host each crash of a process confined by ``mechanisms`` calls on, or nothing.

    That is a socket (``@``) or a program (``|``) named by the kernel's `core_pattern`. A program is
    not started for one that is held to :data:`grader.sandbox.privileges.NO_CORE`.
    """
    some = os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    held = some and Mechanism.SECCOMP in mechanisms
    pattern = _text(SYSCTL / CORE_PATTERN)
    return pattern if pattern.startswith(("@",) if held else ("@", "|")) else ""


def linux_version() -> tuple[int, int]:
    """Major and minor version of the running kernel."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def in_container() -> bool:
    """Whether this is a container, as far as container engines say so."""
    return "container" in os.environ or any(mark.exists() for mark in CONTAINER_MARKS)


def has_capability(number: int) -> bool:
    """Whether this process has the capability ``number`` in force."""
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", _text(Path("/proc/self/status")), re.MULTILINE)
    return bool(found and int(found[1], 16) >> number & 1)


def _setting(name: str) -> int | None:
    text = _text(SYSCTL / name)
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
