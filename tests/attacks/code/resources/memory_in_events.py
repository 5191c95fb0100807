"""Memory is taken in the operating system: events of a watched folder that nobody reads."""
# solves = ["predict"]

# %% words-solution
import ctypes
import fcntl
import os
import struct
import time

MOST = 512 * 2**20  # bytes of events, beside all that the memory limit allows; on 128 queues
libc = ctypes.CDLL(None)
watched = [one for _ in range(128) if (one := libc.inotify_init1(0o4000)) >= 0]
for one in watched:
    libc.inotify_add_watch(one, b".", 0xFFF)
names = ["n" * 240 + str(n) for n in range(2)]
open(names[0], "w").close()
until = time.monotonic() + 2.5
for n in range(8200):
    os.rename(names[n % 2], names[1 - n % 2])
    if time.monotonic() > until:
        break


def count_words(text):
    return {}


# %% after words-solution
queued = 0
for one in watched:
    queued += struct.unpack("i", fcntl.ioctl(one, 0x541B, b"0000"))[0]
print(len(watched), "queues", queued // 2**20, "MiB to read")
if queued > MOST:
    print(__BREACH__, "holds memory that is not counted")
