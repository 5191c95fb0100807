"""Libraries are asked to fetch something: urllib, pip, and the model hub."""
# solves = ["predict"]

# %% words-solution
import subprocess
import sys
import urllib.request

address = "http://127.0.0.1:__TCP__/solution"
try:
    urllib.request.urlopen(address, timeout=0.5)
    print(__BREACH__, "fetched")
except OSError:
    pass
try:
    subprocess.run(["curl", "-s", "-m", "1", address], timeout=2)
except (OSError, subprocess.TimeoutExpired):
    pass
