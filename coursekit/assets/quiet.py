"""Keeps transformers' progress bars off standard error, which nbgrader counts as a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Switch transformers' progress bars and warnings off, and then back as they were."""
    from transformers.utils import logging

    switch: Any = logging  # its functions have no annotations
    had_bars = switch.is_progress_bar_enabled()
    verbosity = switch.get_verbosity()
    switch.disable_progress_bar()
    switch.set_verbosity_error()
    try:
        yield
    finally:
        switch.set_verbosity(verbosity)
        if had_bars:
            switch.enable_progress_bar()
