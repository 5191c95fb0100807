"""Children end at once and are never collected, as many as there is room for."""
# solves = ["predict"]
# keeps = []

# %% words-solution
import os
import threading

pids = []
while len(pids) < 2000:
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    pids.append(pid)


def count_words(text):
    return {}
