"""Memory is taken by many processes, none of which takes much."""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
import os
import time

for _ in range(12):
    if os.fork() == 0:
        taken = bytearray(b"x" * (150 * 2**20))
        time.sleep(600)
time.sleep(600)
