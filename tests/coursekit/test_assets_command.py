"""``python -m coursekit.assets``: what it lists, and what it says of a bad call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import assets


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coursekit.assets", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"COURSEKIT_CACHE": str(folder)},
    )


def test_the_list_says_how_to_get_what_is_missing(tmp_path: Path) -> None:
    ran = command("list", "--json", folder=tmp_path)
    rows = json.loads(ran.stdout)
    assert [row["name"] for row in rows] == [asset.name for asset in assets.CATALOGUE]
    assert all(not row["present"] for row in rows)
    assert rows[0]["remedy"] == "python -m coursekit.assets fetch smollm2-135m-instruct"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [((), 2, "--all"), (("smollm3",), 1, "there is no asset named 'smollm3'")],
)
def test_a_bad_call_ends_with_a_message_and_no_traceback(
    tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    ran = command("fetch", *arguments, folder=tmp_path)
    assert ran.returncode == status
    assert message in ran.stderr and "Traceback" not in ran.stderr
