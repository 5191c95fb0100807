"""The course into whose gradebook the tests record."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorded import Recorded, copy_course


@pytest.fixture
def course(tmp_path: Path) -> Recorded:
    return copy_course(tmp_path / "course")
