"""Imports without the garbage collector.

What an import makes lives as long as its process. To look through it for garbage, again and again
while it grows, is a fifth of the time that large libraries take to import, and to look through it
a last time is most of the time that the process takes to end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept() -> Iterator[None]:
    """Collect nothing meanwhile, and never anything that there is at the end of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
