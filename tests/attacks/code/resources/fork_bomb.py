"""Processes fork without end."""
# solves = []
# keeps = []
# stopped = ["process_limit", "timeout", "memory"]

# %% words-solution
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
