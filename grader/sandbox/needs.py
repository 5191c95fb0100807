"""What a confined process must still be able to do, because a kernel needs it."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path


def lacking(sockets: Path) -> dict[str, str]:
    """What a kernel needs and cannot have here: name → why."""
    needs: dict[str, Callable[[], object]] = {
        "modules": lambda: importlib.util.find_spec("numpy") and __import__("colorsys"),
        "a program": lambda: subprocess.run(
            [sys.executable, "-I", "-S", "-c", "pass"], check=True, capture_output=True
        ),
        "a thread": lambda: threading.Thread(target=int).start(),
        "a folder to write": lambda: Path("mine").write_text("mine"),
        "a socket": lambda: socket.socket(socket.AF_UNIX).bind(os.fspath(sockets / "own")),
        "the null device": lambda: Path(os.devnull).write_text(""),
    }
    lacks = {}
    for name, have in needs.items():
        try:
            have()
        except Exception as error:
            lacks[name] = str(error)
    return lacks
