"""Memory is read that was never written: no page of it counts, and the tables of pages do not."""
# solves = ["predict"]
# keeps = []
# stopped = ["memory"]

# %% words-solution
import mmap
import time

import numpy as np

MOST = 640 * 2**20  # bytes of tables, where nobody ends this; the limit is 1024 MiB in all
STEP = 2**21  # one table of 4096 bytes each
anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
written = b"x" * (600 * 2**20)
maps = []
for _ in range(MOST // 4096 // 2**14):
    maps.append(mmap.mmap(-1, STEP * 2**14, flags=anonymous, prot=mmap.PROT_READ))
    maps[-1].madvise(15)  # no huge pages
    np.frombuffer(maps[-1], np.uint8)[::STEP].sum()
    time.sleep(0.05)
held = [line for line in open("/proc/self/status") if line.startswith(("VmPTE", "VmRSS"))]
time.sleep(0.5)
print(*held)
if int(held[1].split()[1]) > 500 * 1024:
    print(__BREACH__, "holds more memory than it may")


def count_words(text):
    return {}
