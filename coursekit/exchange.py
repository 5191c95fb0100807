"""The folder in which a test and the student's code hand files to each other.

Tests and student code may run in two processes that share no other folder. A test writes a file
there and passes its path, or passes a path to be written to and reads the file afterwards. Treat
what the student's code wrote as data: read text, JSON, CSV or safetensors, never a pickle.

Never map a file of it into memory either. The student's code can cut the file short at any time,
and whoever reads there then is ended by the operating system, the test's process too.
``safetensors.torch.load_file`` and ``safe_open`` map it, as ``np.load(..., mmap_mode="r")`` does.
Read the bytes, which does not::

    weights = safetensors.torch.load((exchange() / "w.safetensors").read_bytes())
    array = numpy.load(exchange() / "w.npy")
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

VARIABLE = "COURSEKIT_EXCHANGE"


def exchange() -> Path:
    """Return the exchange folder; it is there, and the same path is good on both sides.

    It is the folder in the environment variable ``COURSEKIT_EXCHANGE``, which the grader sets;
    elsewhere a temporary folder that goes when the process ends.
    """
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else Path(_temporary().name)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="exchange-")
