"""Descriptors 1 and 2 are written without end, past the kernel's own streams."""
# solves = []
# keeps = []
# stopped = ["output"]

# %% words-solution
import os
import subprocess
import time

until = time.monotonic() + 2
while time.monotonic() < until:
    os.write(1, b"x" * 65536)
    os.write(2, b"x" * 65536)
subprocess.Popen("yes __MARK__", shell=True, start_new_session=True)
