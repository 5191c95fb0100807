"""The kernel's own first thread ends, and another one goes on and takes memory."""
# solves = ["words"]
# keeps = ["words"]
# stopped = ["memory"]

# %% boxes-solution
import ctypes
import mmap
import os
import threading
import time


def live():
    time.sleep(0.1)
    kept = mmap.mmap(-1, 1400 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for place in range(0, len(kept), 2**26):
        kept.madvise(23, place, min(2**26, len(kept) - place))
        time.sleep(0.03)
    time.sleep(600)


threading.Thread(target=live, daemon=True).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
