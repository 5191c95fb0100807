"""For all tests: in what order they run, and which examples hypothesis draws.

The longest files begin first, so that the processes that share the files out end together. A push
is tried with the same examples every time, so that it fails for what it changed; the nightly run
draws new ones.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
LONGEST = (  # half a minute or more each
    "attacks/test_attacks.py",
    "compatibility/test_quickstart.py",
    "compatibility/test_divergences.py",
    "faults/test_kills.py",
    "grader/test_sample_class.py",
    "compatibility/test_nbgraders_notebooks.py",
    "grader/test_cli.py",
    "compatibility/test_homeworks.py",
    "faults/test_hindered_runs.py",
    "grader/test_dispatch.py",
    "coursekit/test_assets_content.py",
)
settings.register_profile("push", derandomize=True)
if "NIGHTLY" not in os.environ:
    settings.load_profile("push")

assert all((TESTS / name).is_file() for name in LONGEST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of those files first; the order is otherwise pytest's own."""
    place = {TESTS / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
