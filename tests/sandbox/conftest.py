"""What a test of the sandbox needs of the host that it runs on."""

from __future__ import annotations

import pytest

from grader.sandbox import landlock, seccomp
from sandboxed import none_here, only_root


@pytest.fixture(scope="session")
def as_root() -> None:
    """Other kinds of host are made by root."""
    only_root()


@pytest.fixture(scope="session")
def with_landlock() -> None:
    """The operating system's kernel has Landlock."""
    if not landlock.abi():
        none_here("this kernel has no Landlock")


@pytest.fixture(scope="session")
def with_seccomp() -> None:
    """There is a filter of system calls for this machine."""
    if not seccomp.supported():
        none_here("no filter for this machine")
