"""Memory is taken where no process has it: memfd, System V segments, /dev/shm."""
# solves = []
# keeps = []
# stopped = ["disk"]

# %% words-solution
import ctypes
import os

MOST = 1200 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
BLOCK = b"x" * 2**20
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
held = 0
files = []
try:
    while held < MOST:
        files.append(os.memfd_create("siege"))
        for _ in range(16):
            held += os.write(files[-1], BLOCK)
except OSError:
    pass
while held < MOST and (identifier := libc.shmget(0, 2**26, 0o1600)) >= 0:
    place = libc.shmat(identifier, None, 0)
    if place == 2**64 - 1:
        break
    ctypes.memset(place, 1, 2**26)
    held += 2**26
if held >= MOST:
    print(__BREACH__, "holds more memory than it may")
number = 0
while True:
    number += 1
    try:
        with open(f"/dev/shm/__MARK__-{number}", "wb") as file:
            for _ in range(16):
                file.write(BLOCK)
    except OSError:
        continue
