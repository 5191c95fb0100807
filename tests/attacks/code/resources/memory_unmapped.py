"""Shared memory is filled and then mapped no more: no process has it, and it is not given back."""
# solves = ["predict"]

# %% words-solution
import mmap
import time

MOST = 1200 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
STEP = 50 * 2**20
try:
    kept = mmap.mmap(-1, MOST)
except OSError:
    kept = None
for place in range(0, MOST if kept else 0, STEP):
    kept[place : place + STEP] = bytes(b"x" * STEP)
    kept.madvise(mmap.MADV_DONTNEED, place, STEP)
    time.sleep(0.05)
if kept:
    time.sleep(0.5)
    print(__BREACH__, "holds more memory than it may")


def count_words(text):
    return {}
