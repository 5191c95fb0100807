"""Shared memory is filled and then mapped no more: no process has it, and it is not given back."""
# solves = ["predict"]
# keeps = []
# reasons = { words-visible = ["memory", "candidate_lost", "not_run", "exception"] }

# %% words-solution
import mmap
import time

MOST = 1200 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
STEP = 50 * 2**20
kept = mmap.mmap(-1, MOST)
for place in range(0, MOST, STEP):
    kept[place : place + STEP] = bytes(b"x" * STEP)
    kept.madvise(mmap.MADV_DONTNEED, place, STEP)
    time.sleep(0.05)
time.sleep(0.5)
print(__BREACH__, "holds more memory than it may")


def count_words(text):
    return {}
