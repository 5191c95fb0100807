"""Many processes compute, each in a session of its own, so that each has a share of the time."""
# solves = ["words"]

# %% prepend words-solution
import os
import time

for _ in range(8):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
time.sleep(1)
