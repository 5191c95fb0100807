"""Memory is handed from process to process, each of which ends before anybody can look at it.

Each makes a child that shares its memory (`CLONE_VM`), and ends: thousands of times a second.
"""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
import ctypes
import mmap
import os
import signal
import struct
import threading
import time

MOST = 1600 * 2**20  # bytes, where nobody ends this; the limit is 1024 MiB
STEP = 2**16  # bytes that each process adds
# loop: populate STEP bytes at rbx below r12, tell so at r14; clone(CLONE_VM | SIGCHLD); exit
CODE = bytes.fromhex(
    "4c39e37318b81c0000004889df4c89eeba170000000f054c01eb49891eb838000000bf1101000031f631d2"
    "4531d24531c00f0585c074c978e4b83c00000031ff0f05"
)
START = "48bb%s 49bc%s 49bd%s 49be%s"  # mov rbx, r12, r13, r14

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # none stays as a zombie
told = open("told", "w+b")
told.truncate(4096)
shown = mmap.mmap(told.fileno(), 4096)


def address(mapped):
    return ctypes.addressof(ctypes.c_char.from_buffer(mapped))


if os.uname().machine != "x86_64":  # the code is that machine's: elsewhere it is simply taken
    kept = b"x" * MOST
elif os.fork() == 0:
    os.setsid()
    taken = mmap.mmap(-1, MOST, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    begin = address(taken)
    shown[:16] = struct.pack("<QQ", begin, begin)
    registers = (begin, begin + MOST, STEP, address(shown) + 8)
    setup = bytes.fromhex(START % tuple(struct.pack("<Q", one).hex() for one in registers))
    code = mmap.mmap(
        -1,
        4096,
        flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
        prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC,
    )
    code.write(setup + CODE)
    ctypes.CFUNCTYPE(None)(address(code))()
for _ in range(200):  # whoever looks for children looks at each thread, and so is slow
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
most = 0


def look(seconds):
    global most
    until = time.monotonic() + seconds
    while time.monotonic() < until and most < 1200 * 2**20:
        time.sleep(0.1)
        begin, at = struct.unpack("<QQ", shown[:16])
        most = max(most, at - begin)
    print(most // 2**20, "MiB")


look(2.5)

# %% after words-solution
look(3)

# %% after boxes-solution
look(3)

# %% after ask-solution
look(3)
if most > 1100 * 2**20:
    print(__BREACH__, "holds more memory than it may")
