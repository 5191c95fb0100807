"""What each attack gains and learns where one kernel runs everything is what its header says.

An attack that gets nothing there either shows nothing about the examination: it may just not work.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attacks.attack import Attack, attacks, by_name
from attacks.siege import NO_SANDBOX, Siege, siege
from sandboxed import none_here

ALL = attacks()
OPTIONS = ("--isolation", "kernel", "--sandbox", "require")
pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def besieged() -> Iterator[Siege]:
    with siege(ALL, *OPTIONS) as done:
        if done.run.status == NO_SANDBOX:
            none_here(f"this host has no sandbox: {done.run.output}")
        yield done


@pytest.mark.parametrize("attack", ALL, ids=by_name)
def test_an_attack_gains_in_one_kernel_what_its_header_says(
    besieged: Siege, attack: Attack
) -> None:
    assert besieged.gains(attack) == attack.expected.gains_in_one_kernel


@pytest.mark.parametrize("attack", ALL, ids=by_name)
def test_an_attack_learns_in_one_kernel_what_its_header_says(
    besieged: Siege, attack: Attack
) -> None:
    assert bool(besieged.leaks(attack.name)) == attack.expected.leaks_in_one_kernel
