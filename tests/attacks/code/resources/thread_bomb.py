"""Threads are started without end."""
# solves = []
# keeps = []

# %% words-solution
import threading
import time

while True:
    try:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    except RuntimeError:
        pass
