"""Zygotes, and a way to start kernels from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.kernels.client import Zygote
from small_kernels import Start, kernels


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts kernels in an empty folder."""
    (tmp_path / "work").mkdir()
    with kernels(tmp_path / "work") as starter:
        yield starter


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """A zygote with numpy and torch loaded."""
    made = Zygote(preloads=["numpy", "torch"], threads=2, hash_seed=7)
    yield made
    made.close()


@pytest.fixture
def bare() -> Iterator[Zygote]:
    """A zygote of its own, with nothing loaded."""
    made = Zygote()
    yield made
    made.close()
