"""Threads are started without end."""
# solves = []
# keeps = []
# stopped = ["timeout"]

# %% words-solution
import threading
import time

started = 0
while True:
    try:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        started += 1
        if started == 400:
            print(__BREACH__, "has more threads than it may")
    except BaseException:
        pass
