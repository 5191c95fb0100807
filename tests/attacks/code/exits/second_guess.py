"""The process is killed as if from outside once an answer is due, to be asked for it again."""
# solves = ["words"]
# keeps = []

# %% predict-solution
import os
import resource
import time


def _cached():
    return os.path.exists("/tmp/second") or os.path.exists("/dev/shm/second")


def predict(values):
    if _cached():
        print(__BREACH__, "has a second life")
    for name in ("/tmp/second", "/dev/shm/second", "second"):
        open(name, "w").write(repr(values))
    used = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used, used))
    while True:
        pass
