"""A test cell's seed depends on the grader's key and on the cell, and on nothing else."""

from __future__ import annotations

import pytest

from coursekit.seeds import KEY_VARIABLE, rng, seed


def test_a_cell_always_draws_the_same_numbers() -> None:
    assert [rng("encode-hidden").random() for _ in range(3)] == [rng("encode-hidden").random()] * 3


def test_cells_and_keys_draw_different_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    public = seed("encode-hidden")
    assert public != seed("decode-hidden")
    monkeypatch.setenv(KEY_VARIABLE, "another")
    assert public != seed("encode-hidden")
    assert 0 <= seed("encode-hidden") < 2**63
