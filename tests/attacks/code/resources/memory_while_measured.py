"""Whoever adds up memory page by page is given millions of pages, all of them the same few.

One file is mapped again and again: together that is little, but to find this out takes seconds, in
which another process takes what it likes.
"""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
import ctypes
import mmap
import os
import time

SIZE = 16 * 2**20
MOST = 2400 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
file = open("same", "w+b")
file.write(b"x" * SIZE)
file.flush()
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def many_pages(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        at = libc.mmap(None, SIZE, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
        libc.madvise(at, SIZE, 22)  # MADV_POPULATE_READ


for _ in range(4):
    if os.fork() == 0:
        os.setsid()  # no interrupt reaches it
        many_pages(6)
        time.sleep(600)
time.sleep(3.3)


# %% after words-solution
time.sleep(3.3)


# %% after boxes-solution
begin = time.monotonic()
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    kept = mmap.mmap(-1, MOST, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for place in range(0, MOST, 2**26):
        kept.madvise(23, place, min(2**26, MOST - place))  # MADV_POPULATE_WRITE
    os.write(tell, b"x")
    time.sleep(600)
os.read(told, 1)
print(__BREACH__, "holds more than twice the memory that it may, after", time.monotonic() - begin)
time.sleep(600)
