"""What each attack gains and learns where one kernel runs everything is what its header says.

An attack that gets nothing there either shows nothing about the examination: it may just not work.
"""

from __future__ import annotations

import pytest

from attacks.attack import Attack, attacks, by_name
from attacks.siege import Siege

ALL = attacks()
OPTIONS = ("--isolation", "kernel", "--sandbox", "require")
pytestmark = pytest.mark.nightly


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
