"""Folders are nested thousands deep, closed to everybody, and filled with names that are no text."""
# solves = ["predict"]
# keeps = []
# stopped = ["output"]

# %% words-solution
import os
import tempfile

here = os.getcwd()
for place in (os.environ["COURSEKIT_EXCHANGE"], tempfile.gettempdir(), here, "/dev/shm"):
    os.chdir(place)
    for number in range(40):
        for name in (b"\xff\n\x1b[2J%d" % number, "\u202e=HYPERLINK".encode() + b"%d" % number):
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0))
    os.mkdir("closed", 0)
    for _ in range(1500):
        try:
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        except OSError:
            break
    os.chdir(here)


def count_words(text):
    return {}
