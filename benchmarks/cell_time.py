"""The cells' own time: what a notebook's code takes in a process that has imported everything.

``python cell_time.py PRELOADS NOTEBOOK...`` imports the modules of PRELOADS (separated by commas),
then forks once for each notebook and runs its code cells there with ``exec``, no kernel about
them; a cell that raises does not stop the next. It prints the seconds as a JSON list.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time
from pathlib import Path


def own_s(notebook: Path) -> float:
    """Seconds that the code cells of ``notebook`` take in a fork of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, repr(_run(notebook)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return float(text)


def _run(notebook: Path) -> float:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    space: dict[str, object] = {"__name__": "__main__"}
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for source in sources:
            with contextlib.suppress(Exception):
                exec(source, space)
    return time.perf_counter() - begin


if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        importlib.import_module(name)
    print(json.dumps([own_s(Path(path)) for path in sys.argv[2:]]))
