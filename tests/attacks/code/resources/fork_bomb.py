"""Processes fork without end. They are small, so that it is their number that is too much."""
# solves = []
# keeps = []
# stopped = ["process_limit"]

# %% words-solution
import subprocess
import sys

BOMB = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.1)
"""
subprocess.run([sys.executable, "-I", "-S", "-c", BOMB, "__MARK__"])
