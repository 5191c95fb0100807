"""The siege that a module's tests look at: every attack, graded in one class."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attacks.attack import attacks
from attacks.siege import NO_SANDBOX, Siege, siege
from sandboxed import none_here


@pytest.fixture(scope="module")
def besieged(request: pytest.FixtureRequest) -> Iterator[Siege]:
    """All attacks, graded with the ``OPTIONS`` of the module that asks."""
    with siege(attacks(), *request.module.OPTIONS) as done:
        if done.run.status == NO_SANDBOX:
            none_here(f"this host has no sandbox: {done.run.output}")
        yield done
