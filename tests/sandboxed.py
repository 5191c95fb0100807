"""Where a test needs a sandbox that this host may not give, or a user that this one is not.

With ``SANDBOX_REQUIRED=1`` in the environment such a test fails where it cannot run, and so nothing
is left out unseen. ``SANDBOX_REQUIRED=user`` is for a run as an ordinary user beside another one as
root: what only root can try is then skipped, and all else is required.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import pytest

REQUIRED = "SANDBOX_REQUIRED"  # the environment variable
ALL_BUT_ROOTS = "user"  # its value that leaves to another run what only root can try


def none_here(reason: str) -> NoReturn:
    """Skip the test, as this host has no sandbox; fail it where one is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(
            f"{reason}\n{REQUIRED} is set, so this test must run. Run the tests as root on Linux "
            "(`grader doctor` says what is missing), or unset the variable."
        )
    pytest.skip(reason)


def only_root() -> None:
    """Go on as root on Linux; else skip the test, or fail it where it is required of this run."""
    if sys.platform == "linux" and os.geteuid() == 0:
        return
    reason = "other kinds of host are made by root on Linux"
    if os.environ.get(REQUIRED) == ALL_BUT_ROOTS:
        pytest.skip(f"{reason}: left to the run as root")
    none_here(reason)
