"""Progress bars: on standard error in a terminal, as a cell's output in a notebook."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as RichProgress

_POLL_S = 0.1


class Progress:
    """Shows what is being fetched and converted."""

    def __init__(self) -> None:
        in_notebook = "ipykernel" in sys.modules
        self._console = Console() if in_notebook else Console(stderr=True)

    @contextmanager
    def download(self, label: str, size: int, work: Path) -> Iterator[Callable[[], None]]:
        """Show a bar of ``size`` bytes; the function given moves it to what ``work`` now holds.

        The function waits a moment itself, so that it can be called in a loop.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        with RichProgress(*columns, console=self._console) as bar:
            task = bar.add_task(label, total=size)

            def follow() -> None:
                time.sleep(_POLL_S)
                bar.update(task, completed=min(size, _largest(work)))

            yield follow
            bar.update(task, completed=min(size, _largest(work)))

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Show that ``label`` is being done, and for how long."""
        columns = (TextColumn("{task.description}"), SpinnerColumn(), TimeElapsedColumn())
        with RichProgress(*columns, console=self._console) as bar:
            bar.add_task(label, total=None)
            yield


def _largest(folder: Path) -> int:
    """Return the size in bytes of the largest file below ``folder``.

    pip makes and removes files and folders there at the same time: what vanishes is passed over.
    """
    largest = 0
    for place, _, names in os.walk(folder):  # unlike rglob it goes on where a folder has vanished
        for name in names:
            with suppress(OSError):
                largest = max(largest, Path(place, name).stat().st_size)
    return largest
