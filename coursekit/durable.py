"""Making what was written survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Put names made or replaced in ``folder`` on the disk, where the system can.

    Raises ``OSError`` where the disk refuses. Windows has no such call; nothing is done there.
    """
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
