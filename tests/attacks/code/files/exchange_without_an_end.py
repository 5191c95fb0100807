"""A file is exchanged for a pipe after the answer, and somebody writes into that without end."""
# solves = ["words", "save", "predict"]
# keeps = ["words"]

# %% save-solution
import os
import time


def save(folder, tables):
    import json

    for name, numbers in tables.items():
        (folder / f"{name}.json").write_text(json.dumps(numbers))
    if os.fork() == 0:
        names = [folder / f"{name}.json" for name in tables]
        while True:
            for name in names:
                try:
                    os.unlink(name)
                    os.mkfifo(name)
                except OSError:
                    pass
                try:
                    out = os.open(name, os.O_WRONLY | os.O_NONBLOCK)
                    os.set_blocking(out, True)
                    while True:
                        os.write(out, b" " * 65536)
                except OSError:
                    continue
