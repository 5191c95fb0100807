"""Memory is taken by a process whose first thread has ended: `/proc` shows a zombie without any."""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
import ctypes
import mmap
import os
import select
import threading
import time

MOST = 1600 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
told, tell = os.pipe()


def take():
    time.sleep(0.2)  # until the first thread is gone
    kept = []
    while sum(map(len, kept)) < MOST:
        kept.append(mmap.mmap(-1, 100 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
        kept[-1].madvise(23)  # MADV_POPULATE_WRITE
    time.sleep(0.5)
    os.write(tell, b"x")
    time.sleep(600)


if os.fork() == 0:
    threading.Thread(target=take).start()
    ctypes.CDLL(None).syscall(EXIT, 0)  # this thread alone


def look():
    """For less than a cell's time: on a busy machine so much memory takes longer than that."""
    if select.select([told], [], [], 3)[0]:
        print(__BREACH__, "holds more memory than it may")


look()

# %% after words-solution
look()

# %% after boxes-solution
look()

# %% after ask-solution
look()
